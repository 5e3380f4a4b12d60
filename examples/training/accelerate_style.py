"""Train with a tracker as that of Hugging Face Accelerate.

    python examples/training/accelerate_style.py

`init_trackers` starts the run and stores the config, `log` gives a step with each row, the tracker
logs pictures by key, and `end_training` finishes the run.
"""

import numpy as np
import wandb


class WandBTracker:
    name = "wandb"

    def __init__(self, run_name, **kwargs):
        self.run = wandb.init(project=run_name, **kwargs)

    def store_init_configuration(self, values):
        wandb.config.update(values, allow_val_change=True)

    def log(self, values, step=None, **kwargs):
        self.run.log(values, step=step, **kwargs)

    def log_images(self, values, step=None, **kwargs):
        for key, images in values.items():
            self.log({key: [wandb.Image(image, **kwargs) for image in images]}, step=step)

    def finish(self):
        self.run.finish()


class Accelerator:
    is_main_process = True

    def __init__(self, log_with):
        self.log_with = log_with
        self.trackers = []

    def init_trackers(self, project_name, config, init_kwargs):
        if self.log_with == "wandb":
            tracker = WandBTracker(project_name, **init_kwargs.get("wandb", {}))
            tracker.store_init_configuration(config)
            self.trackers.append(tracker)

    def get_tracker(self, name):
        return next(tracker for tracker in self.trackers if tracker.name == name)

    def log(self, values, step=None):
        for tracker in self.trackers:
            tracker.log(values, step=step)

    def end_training(self):
        for tracker in self.trackers:
            tracker.finish()


def main():
    config = {"num_iterations": 60, "learning_rate": 0.4, "loss_function": "mse", "seed": 3}
    accelerator = Accelerator(log_with="wandb")
    accelerator.init_trackers(
        "fit-a-picture", config, init_kwargs={"wandb": {"name": "waves", "notes": "a sum of waves"}}
    )

    # A picture as a sum of waves: linear regression on their colours.
    random = np.random.default_rng(config["seed"])
    y, x = np.mgrid[0:1:32j, 0:1:48j]
    waves = [np.cos(np.pi * (i * y + j * x)) for i in range(6) for j in range(6)]
    features = np.stack(waves, axis=-1).reshape(-1, 36)
    target = np.stack([x, y, np.hypot(x - 0.5, y - 0.5)], axis=-1).reshape(-1, 3)
    weights = random.normal(0, 0.01, (36, 3))
    for step in range(config["num_iterations"]):
        error = features @ weights - target
        weights -= config["learning_rate"] * features.T @ error / len(error)
        if step % 10 == 0:
            accelerator.log({"train_loss": (error**2).mean(), "lr": 0.4}, step=step)
        if step % 20 == 0 and accelerator.is_main_process:
            made = np.clip(features @ weights, 0, 1).reshape(32, 48, 3)
            pictures = (255 * np.stack([made, target.reshape(made.shape)])).astype(np.uint8)
            tracker = accelerator.get_tracker("wandb")
            tracker.log_images({"made and wanted": pictures}, step=step, file_type="png")
    accelerator.end_training()


if __name__ == "__main__":
    main()
