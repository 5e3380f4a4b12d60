"""Train an autoencoder in the manner of Lightning, with a logger as its WandbLogger.

    python examples/training/lightning_style.py

The logger starts the run when it is first asked for, keeps the hyperparameters as config, has all
metrics go over `trainer/global_step`, and logs tensors as pictures with captions.
"""

from functools import cached_property

import torch
import wandb
from torch import nn


class WandbLogger:
    def __init__(self, name=None, project="lightning_logs", id=None, log_model=False, **kwargs):
        self._wandb_init = dict(name=name, project=project, id=id, resume="allow", **kwargs)

    @cached_property
    def experiment(self):
        if wandb.run is not None:
            return wandb.run
        run = wandb.init(**self._wandb_init)
        run.define_metric("trainer/global_step")
        run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
        return run

    def watch(self, model, log="gradients", log_freq=100, log_graph=False):
        self.experiment.watch(model, log=log, log_freq=log_freq, log_graph=log_graph)

    def log_hyperparams(self, params):
        self.experiment.config.update(params, allow_val_change=True)

    def log_metrics(self, metrics, step=None):
        if step is None:
            self.experiment.log(dict(metrics))
        else:
            self.experiment.log(dict(metrics, **{"trainer/global_step": step}))

    def log_image(self, key, images, step=None, **kwargs):
        each = [{name: kwargs[name][i] for name in kwargs} for i in range(len(images))]
        pictures = [wandb.Image(image, **one) for image, one in zip(images, each, strict=True)]
        self.log_metrics({key: pictures}, step)

    def finalize(self):
        wandb.finish()


class LitAutoEncoder(nn.Module):
    def __init__(self, width=8, lr=0.01):
        super().__init__()
        self.hparams = {"width": width, "lr": lr, "optimizer": {"name": "Adam", "amsgrad": False}}
        self.encoder = nn.Sequential(nn.Linear(3 * 12 * 12, width), nn.Tanh())
        self.decoder = nn.Sequential(nn.Linear(width, 3 * 12 * 12), nn.Sigmoid())

    def forward(self, batch):
        return self.decoder(self.encoder(batch.flatten(1))).view(batch.shape)

    def training_step(self, batch):
        return nn.functional.mse_loss(self(batch), batch)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams["lr"])


class Trainer:
    def __init__(self, logger, max_epochs, log_every_n_steps):
        self.logger = logger
        self.max_epochs = max_epochs
        self.log_every_n_steps = log_every_n_steps
        self.global_step = 0

    def fit(self, model, train_batches, val_batch):
        self.logger.log_hyperparams(model.hparams)
        optimizer = model.configure_optimizers()
        for epoch in range(self.max_epochs):
            for batch in train_batches:
                loss = model.training_step(batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                self.global_step += 1
                if self.global_step % self.log_every_n_steps == 0:
                    self.logger.log_metrics(
                        {"train_loss": loss.item(), "epoch": epoch}, self.global_step
                    )
            self.validate(model, val_batch, epoch)

    @torch.no_grad()
    def validate(self, model, batch, epoch):
        made = model(batch)
        loss = nn.functional.mse_loss(made, batch)
        self.logger.log_metrics({"val_loss": loss.item(), "epoch": epoch}, self.global_step)
        self.logger.log_image(
            "val/pairs",
            [torch.stack([given, own]) for given, own in zip(batch[:3], made[:3], strict=True)],
            caption=[f"epoch {epoch}, sample {i}" for i in range(3)],
        )


def colour_batches(count, size):
    """Smooth colour fields of shape (N, 3, 12, 12), in [0, 1]."""
    corners = torch.rand(count, size, 3, 2, 2)
    return [
        nn.functional.interpolate(batch, size=(12, 12), mode="bilinear", align_corners=True)
        for batch in corners
    ]


def main():
    torch.manual_seed(1)
    logger = WandbLogger(name="autoencoder", project="fields", tags=["lightning", "fields"])
    model = LitAutoEncoder()
    logger.watch(model)
    trainer = Trainer(logger, max_epochs=3, log_every_n_steps=5)
    *train, val = colour_batches(11, 16)
    trainer.fit(model, train, val)
    logger.finalize()


if __name__ == "__main__":
    main()
