"""Train a small network in plain PyTorch, and log what it sees to wandb.

    WANDB_MODE=offline python examples/train_pytorch.py

Next to a script that logs with wandb.Image, one line differs: the import of Image.
"""

import torch
import wandb
from torch import nn

from wbimage_ext import Image

SHAPES = {0: "nothing", 1: "square"}


def batch_of_squares(size: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise of shape (N, 1, 32, 32), and the squares hidden in it, of shape (N, 32, 32)."""
    pictures = torch.rand(size, 1, 32, 32, generator=generator) * 0.6
    squares = torch.zeros(size, 32, 32, dtype=torch.long)
    corners = torch.randint(0, 20, (size, 2), generator=generator)
    for picture, square, (top, left) in zip(pictures, squares, corners.tolist(), strict=True):
        square[top : top + 10, left : left + 10] = 1
        picture[0, top : top + 10, left : left + 10] += 0.3
    return pictures, squares


def main(steps: int = 40) -> None:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.Conv2d(16, 2, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    with wandb.init(project="wbimage-example") as run:
        for step in range(steps):
            pictures, squares = batch_of_squares(16, generator)
            scores = network(pictures)
            loss = nn.functional.cross_entropy(scores, squares)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            row = {"loss": loss.item()}
            if step % 10 == 0:
                guesses = scores.argmax(dim=1)
                row["pictures"] = [
                    Image(
                        picture,
                        caption=f"step {step}",
                        masks={
                            "truth": {"mask_data": square, "class_labels": SHAPES},
                            "guess": {"mask_data": guess, "class_labels": SHAPES},
                        },
                    )
                    for picture, square, guess in zip(
                        pictures[:8], squares[:8], guesses[:8], strict=True
                    )
                ]
            run.log(row)


if __name__ == "__main__":
    main()
