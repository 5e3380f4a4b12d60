"""Segment pictures with callbacks as those that wandb has for Keras.

    python examples/training/keras_style.py

One callback logs metrics by batch and by epoch, each over its own axis. The other logs, after each
epoch, pictures of the validation with the true and the predicted mask.
"""

import numpy as np
import wandb

LABELS = {0: "background", 1: "bright", 2: "brightest"}


class WandbMetricsLogger:
    def __init__(self, log_freq="epoch", initial_global_step=0):
        if wandb.run is None:
            raise wandb.Error("You must call wandb.init() before WandbMetricsLogger()")
        self.log_freq = log_freq
        self.global_batch = initial_global_step
        wandb.define_metric("batch/batch_step")
        wandb.define_metric("batch/*", step_metric="batch/batch_step")
        wandb.define_metric("epoch/epoch")
        wandb.define_metric("epoch/*", step_metric="epoch/epoch")

    def on_batch_end(self, batch, logs):
        self.global_batch += 1
        if isinstance(self.log_freq, int) and batch % self.log_freq == 0:
            values = {f"batch/{name}": value for name, value in logs.items()}
            wandb.log({**values, "batch/batch_step": self.global_batch})

    def on_epoch_end(self, epoch, logs):
        values = {f"epoch/{name}": value for name, value in logs.items()}
        wandb.log({**values, "epoch/epoch": epoch})


class SegmentationCallback:
    def __init__(self, validation_data):
        self.pictures, self.masks = validation_data

    def on_epoch_end(self, epoch, logs, model):
        guesses = model.predict(self.pictures)
        wandb.log(
            {
                "predictions": [
                    wandb.Image(
                        picture,
                        masks={
                            "ground_truth": {"mask_data": mask, "class_labels": LABELS},
                            "predictions": {"mask_data": guess, "class_labels": LABELS},
                        },
                    )
                    for picture, mask, guess in zip(self.pictures, self.masks, guesses, strict=True)
                ]
            }
        )


class Model:
    """Two thresholds on the gray level, moved towards where the classes meet."""

    def compile(self, learning_rate):
        self.rate = learning_rate
        self.thresholds = np.array([20.0, 240.0])

    def predict(self, pictures):
        return (pictures[..., None] > self.thresholds).sum(axis=-1)

    def fit(self, pictures, masks, epochs, batch_size, callbacks):
        for epoch in range(epochs):
            logs = []
            for batch, start in enumerate(range(0, len(pictures), batch_size)):
                part = slice(start, start + batch_size)
                logs.append(self.train_on_batch(pictures[part], masks[part]))
                callbacks[0].on_batch_end(batch, logs[-1])
            mean = {name: float(np.mean([log[name] for log in logs])) for name in logs[0]}
            callbacks[0].on_epoch_end(epoch, mean)
            callbacks[1].on_epoch_end(epoch, mean, self)

    def train_on_batch(self, pictures, masks):
        is_over = pictures[..., None] > self.thresholds
        should_be = masks[..., None] > np.arange(2)
        error = is_over.mean(axis=(0, 1, 2)) - should_be.mean(axis=(0, 1, 2))
        self.thresholds += self.rate * error
        return {
            "loss": float(np.abs(error).sum()),
            "accuracy": float((is_over == should_be).mean()),
        }


def made_data(count, seed):
    """Gray pictures (N, 30, 30) uint8 with two bright areas, and the areas as masks."""
    random = np.random.default_rng(seed)
    masks = np.zeros((count, 30, 30), np.uint8)
    for mask, (top, left) in zip(masks, random.integers(2, 12, (count, 2)), strict=True):
        mask[top : top + 14, left : left + 14] = 1
        mask[top + 4 : top + 9, left + 4 : left + 9] = 2
    noise = random.integers(0, 40, masks.shape)
    return (30 + 90 * masks.astype(int) + noise).clip(2, 255).astype(np.uint8), masks


def main():
    config = {"epochs": 3, "batch_size": 8, "learning_rate": 120.0, "loss": "area"}
    with wandb.init(project="segmentation", config=config):
        model = Model()
        model.compile(wandb.config.learning_rate)
        callbacks = [WandbMetricsLogger(log_freq=2), SegmentationCallback(made_data(4, seed=1))]
        model.fit(
            *made_data(32, seed=0),
            epochs=wandb.config.epochs,
            batch_size=wandb.config.batch_size,
            callbacks=callbacks,
        )


if __name__ == "__main__":
    main()
