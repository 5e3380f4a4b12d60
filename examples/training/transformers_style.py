"""Fine-tune with a callback as the WandbCallback of Hugging Face Transformers.

    WANDB_PROJECT=attention python examples/training/transformers_style.py

The trainer calls the callback; the callback starts the run in `on_train_begin`, and has all metrics
go over `train/global_step`. What is logged once, at the end, goes into the summary.
"""

import dataclasses
import os

import numpy as np
import wandb


@dataclasses.dataclass
class TrainingArguments:
    output_dir: str = "out"
    run_name: str = "copy-the-marked"
    learning_rate: float = 2.0
    max_steps: int = 60
    logging_steps: int = 20
    seed: int = 5

    def to_dict(self):
        return dataclasses.asdict(self)


class WandbCallback:
    SUMMARY = ("train_runtime_steps", "total_flos", "train_loss")

    def __init__(self):
        self._initialized = False

    def setup(self, args, model):
        self._initialized = True
        combined = {**args.to_dict(), **model.config}
        if wandb.run is None:
            project = os.getenv("WANDB_PROJECT", "huggingface")
            wandb.init(project=project, name=args.run_name, group="attention")
        wandb.config.update(combined, allow_val_change=True)
        if getattr(wandb, "define_metric", None):
            wandb.define_metric("train/global_step")
            wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
        wandb.config["model/num_parameters"] = model.weights.size

    def on_train_begin(self, args, model):
        if not self._initialized:
            self.setup(args, model)

    def on_log(self, logs, step):
        for name in self.SUMMARY:
            if name in logs:
                wandb.run.summary[name] = logs[name]
        logs = {f"train/{k}": v for k, v in logs.items() if k not in self.SUMMARY}
        if logs:
            wandb.log({**logs, "train/global_step": step})

    def on_evaluate(self, attention, tokens):
        caption = " ".join(map(str, tokens))
        wandb.log({"eval": {"attention": wandb.Image(attention, caption=caption)}})

    def on_train_end(self):
        wandb.finish()


class Attention:
    """One head that learns which position to read; its weights are scores by position."""

    def __init__(self, length=12):
        self.config = {"model_type": "one-head", "length": length, "vocab": [0, 9]}
        self.weights = np.zeros((length, length))

    def __call__(self):
        powers = np.exp(self.weights)
        return powers / powers.sum(axis=1, keepdims=True)


class Trainer:
    """Teaches position i to read position n - 1 - i."""

    def __init__(self, model, args, callback):
        self.model, self.args, self.callback = model, args, callback

    def train(self):
        random = np.random.default_rng(self.args.seed)
        wanted = np.eye(self.model.config["length"])[::-1]
        self.callback.on_train_begin(self.args, self.model)
        losses = []
        for step in range(1, self.args.max_steps + 1):
            attention = self.model()
            losses.append(-np.log(attention[wanted == 1]).mean())
            self.model.weights += self.args.learning_rate * (wanted - attention)
            if step % self.args.logging_steps == 0:
                rate = {"learning_rate": self.args.learning_rate, "epoch": step / 30}
                self.callback.on_log({"loss": np.float32(losses[-1]), **rate}, step)
                gray = np.round(255 * self.model()).astype(np.uint8).repeat(4, 0).repeat(4, 1)
                self.callback.on_evaluate(gray, random.integers(0, 10, 12))
        self.callback.on_log({"train_runtime_steps": step, "train_loss": np.mean(losses)}, step)
        self.callback.on_train_end()


if __name__ == "__main__":
    Trainer(Attention(), TrainingArguments(), WandbCallback()).train()
