"""Train a classifier as timm's train.py does, and log it as that script does.

    python examples/training/timm_style.py --epochs 3

All arguments are the config. One row an epoch has the learning rate, the training loss and the
scores, and here also the pictures that are classified wrongly.
"""

import argparse
import logging
from collections import OrderedDict

import torch
import wandb
from torch import nn

logger = logging.getLogger("train")

SHAPES = ("disk", "square", "cross")

parser = argparse.ArgumentParser(description="Training of a small network")
parser.add_argument("--experiment", default="shapes", help="the project")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--lr", type=float, default=0.05)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--log-wandb", action=argparse.BooleanOptionalAction, default=True)


def create_loader(batches, batch_size, seed):
    """Yield batches of (N, 1, 24, 24) pictures and their classes."""
    generator = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    for _ in range(batches):
        target = torch.randint(0, len(SHAPES), (batch_size,), generator=generator)
        centre = torch.randint(7, 17, (batch_size, 2, 1, 1), generator=generator)
        dy, dx = (y - centre[:, 0]).abs(), (x - centre[:, 1]).abs()
        disk, square = dy**2 + dx**2 < 30, torch.maximum(dy, dx) < 6
        cross = (torch.minimum(dy, dx) < 2) & square
        shapes = torch.stack([disk, square, cross], dim=1)
        picture = shapes[torch.arange(batch_size), target].float()[:, None]
        yield picture + 0.3 * torch.rand(picture.shape, generator=generator), target


def train_one_epoch(model, loader, optimizer, loss_fn):
    losses = []
    for picture, target in loader:
        loss = loss_fn(model(picture), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return OrderedDict(loss=sum(losses) / len(losses))


@torch.no_grad()
def validate(model, loader, loss_fn):
    picture, target = next(iter(loader))
    output = model(picture)
    guess = output.argmax(dim=1)
    wrong = [
        wandb.Image(
            picture[i],
            caption=f"{SHAPES[guess[i]]}, is a {SHAPES[target[i]]}",
            grouping=4,
        )
        for i in (guess != target).nonzero().flatten().tolist()[:8]
    ]
    metrics = OrderedDict(
        loss=loss_fn(output, target).item(), top1=100 * (guess == target).float().mean().item()
    )
    return metrics, wrong


def update_summary(epoch, train_metrics, eval_metrics, lr, log_wandb):
    row = OrderedDict(epoch=epoch)
    row.update([("train_" + name, value) for name, value in train_metrics.items()])
    row.update([("eval_" + name, value) for name, value in eval_metrics.items()])
    row["lr"] = lr
    if log_wandb:
        wandb.log(row)


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    if args.log_wandb:
        wandb.init(project=args.experiment, config=args)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(800, len(SHAPES))
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    loss_fn = nn.CrossEntropyLoss()
    best_metric = best_epoch = None
    for epoch in range(args.epochs):
        loader_train = create_loader(8, args.batch_size, seed=epoch)
        train_metrics = train_one_epoch(model, loader_train, optimizer, loss_fn)
        eval_metrics, wrong = validate(model, create_loader(1, 128, seed=-1), loss_fn)
        if args.log_wandb and wrong:
            wandb.log({"wrong": wrong}, commit=False)
        lr = schedule.get_last_lr()[0]
        update_summary(epoch, train_metrics, eval_metrics, lr, args.log_wandb)
        schedule.step()
        if best_metric is None or eval_metrics["top1"] > best_metric:
            best_metric, best_epoch = eval_metrics["top1"], epoch
    if args.log_wandb:
        wandb.run.summary["best_top1"] = best_metric
        wandb.run.summary["best_epoch"] = best_epoch
    logger.info(f"*** Best metric: {best_metric} (epoch {best_epoch})")


if __name__ == "__main__":
    main()
