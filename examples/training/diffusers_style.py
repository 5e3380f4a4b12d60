"""Train and validate as the training scripts of Hugging Face Diffusers do.

    python examples/training/diffusers_style.py --num_train_epochs 3

The validation makes Pillow images for a prompt, and logs them with their prompts as captions. At
the end the best one goes into the summary.
"""

import argparse

import numpy as np
import wandb
from PIL import Image


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracker_project_name", default="text2image")
    parser.add_argument("--validation_prompt", default="a red disk in the fog")
    parser.add_argument("--num_validation_images", type=int, default=4)
    parser.add_argument("--num_train_epochs", type=int, default=3)
    parser.add_argument("--validation_epochs", type=int, default=1)
    parser.add_argument("--learning_rate", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Pipeline:
    """Takes noise away from pictures of one thing, as far as it has learnt that."""

    def __init__(self, thing):
        self.thing = thing
        self.learnt = np.zeros_like(thing)

    def train_step(self, rate):
        error = self.thing - self.learnt
        self.learnt += rate * error
        return float((error**2).mean())

    def __call__(self, prompt, num_inference_steps, generator):
        picture = generator.normal(0.5, 0.3, self.thing.shape)
        for _ in range(num_inference_steps):
            picture += 0.3 * (self.learnt - picture)
        return Image.fromarray((255 * picture.clip(0, 1)).astype(np.uint8))


def log_validation(pipeline, args, run, epoch, is_final_validation=False):
    generator = np.random.default_rng(args.seed)
    images = [
        pipeline(args.validation_prompt, num_inference_steps=5, generator=generator)
        for _ in range(args.num_validation_images)
    ]
    phase_name = "test" if is_final_validation else "validation"
    run.log(
        {
            phase_name: [
                wandb.Image(image, caption=f"{i}: {args.validation_prompt}")
                for i, image in enumerate(images)
            ],
            "epoch": epoch,
        }
    )
    return images


def main():
    args = parse_args()
    run = wandb.init(project=args.tracker_project_name, config=vars(args), job_type="train")
    y, x = np.mgrid[0:40, 0:56]
    disk = np.hypot(y - 20, x - 28) < 12
    pipeline = Pipeline(np.where(disk[..., None], (0.9, 0.1, 0.1), 0.8))
    global_step = 0
    for epoch in range(args.num_train_epochs):
        for _ in range(2):
            loss = pipeline.train_step(args.learning_rate)
            global_step += 1
            run.log({"step_loss": loss, "lr": args.learning_rate, "global_step": global_step})
        if args.validation_prompt is not None and epoch % args.validation_epochs == 0:
            log_validation(pipeline, args, run, epoch)
    images = log_validation(pipeline, args, run, args.num_train_epochs, is_final_validation=True)
    run.summary["final"] = wandb.Image(images[0], caption=args.validation_prompt, file_type="jpg")
    run.finish()


if __name__ == "__main__":
    main()
