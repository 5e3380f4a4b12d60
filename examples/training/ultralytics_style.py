"""Detect shapes with callbacks as those that Ultralytics calls for wandb.

    python examples/training/ultralytics_style.py

The trainer starts a run unless the program has one, logs the metrics of each epoch under its number
as step, the pictures that it wrote as files, and validation pictures with boxes and scores.
"""

import argparse
import pathlib

import numpy as np
import wandb
from PIL import Image

NAMES = {0: "light", 1: "dark"}


def on_pretrain_routine_start(trainer):
    if not wandb.run:
        args = trainer.args
        wandb.init(
            project=str(args.project).replace("/", "-"),
            name=str(args.name).replace("/", "-"),
            config=vars(args),
        )


def on_fit_epoch_end(trainer):
    wandb.run.log(trainer.metrics, step=trainer.epoch + 1)
    wandb.run.log({"val/batch": trainer.validation}, step=trainer.epoch + 1)


def on_train_epoch_end(trainer):
    wandb.run.log({"lr/pg0": trainer.lr}, step=trainer.epoch + 1)
    if trainer.epoch == 1:
        _log_plots(trainer.plots, step=trainer.epoch + 1)


def on_train_end(trainer):
    _log_plots(trainer.plots, step=trainer.epoch + 1)
    wandb.run.summary.update({"fitness": trainer.metrics["metrics/mAP50"]})
    wandb.run.finish()


def _log_plots(plots, step):
    for path in plots:
        wandb.run.log({path.stem: wandb.Image(str(path))}, step=step)


def box(position, class_id, score=None):
    left, top, right, bottom = map(float, position)
    return {
        "position": {"minX": left, "minY": top, "maxX": right, "maxY": bottom},
        "domain": "pixel",
        "class_id": class_id,
        "box_caption": NAMES[class_id] if score is None else f"{NAMES[class_id]} {score:.2f}",
        **({} if score is None else {"scores": {"score": score}}),
    }


class Trainer:
    """Finds what is lighter or darker than the gray ground, at one threshold."""

    def __init__(self, args):
        self.args = args
        self.random = np.random.default_rng(args.seed)
        self.threshold = 90.0
        self.plots = []

    def train(self):
        on_pretrain_routine_start(self)
        pathlib.Path("plots").mkdir(exist_ok=True)
        for epoch in range(self.args.epochs):
            self.epoch = epoch
            self.lr = 0.01 / (self.epoch + 1)
            self.threshold *= 0.5
            scores, self.validation = [], []
            for _ in range(3):
                picture, place, class_id = self.scene()
                found, score = self.detect(picture, place)
                scores.append(score)
                truth = {"box_data": [box(place, class_id)], "class_labels": NAMES}
                boxes = [box(found, class_id, round(score, 2))] if found else []
                guess = {"box_data": boxes, "class_labels": NAMES}
                self.validation.append(
                    wandb.Image(picture, boxes={"ground_truth": truth, "predictions": guess})
                )
            self.metrics = {"metrics/mAP50": float(np.mean(scores)), "val/box_loss": self.threshold}
            path = pathlib.Path("plots", f"labels_{self.epoch}.jpg")
            Image.fromarray(picture).save(path, quality=85)
            self.plots = [path]
            on_train_epoch_end(self)
            on_fit_epoch_end(self)
        on_train_end(self)

    def scene(self):
        """A picture (48, 64, 3) uint8, the box of the shape in it, and its class."""
        picture = self.random.integers(110, 140, (48, 64, 3))
        left, top = (int(n) for n in self.random.integers(4, 24, 2))
        class_id = int(self.random.integers(2))
        picture[top : top + 16, left : left + 20] += 60 if class_id == 0 else -60
        return picture.astype(np.uint8), (left, top, left + 20, top + 16), class_id

    def detect(self, picture, place):
        rows, columns = np.nonzero(np.abs(picture.mean(axis=2) - 125) > self.threshold)
        if not len(rows):
            return None, 0.0
        found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        area = (found[2] - found[0]) * (found[3] - found[1])
        return found, float((place[2] - place[0]) * (place[3] - place[1]) / area)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", default="runs/detect")
    parser.add_argument("--name", default="train")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    Trainer(parser.parse_args()).train()


if __name__ == "__main__":
    main()
