"""Learn to walk through a maze with a callback as the one that wandb has for Stable-Baselines3.

    python examples/training/stable_baselines3_style.py

The callback adds the model's settings to the config without replacing the script's, and saves the
model with the run. Frames of an episode are logged as a list of pictures.
"""

import json
import os

import numpy as np
import wandb


class WandbCallback:
    def __init__(self, model_save_path, model_save_freq, gradient_save_freq=0):
        if wandb.run is None:
            raise wandb.Error("You must call wandb.init() before WandbCallback()")
        self.model_save_path = model_save_path
        self.model_save_freq = model_save_freq
        self.gradient_save_freq = gradient_save_freq
        os.makedirs(model_save_path, exist_ok=True)
        self.path = os.path.join(model_save_path, "model.json")

    def on_training_start(self, model):
        wandb.config.setdefaults({"algo": type(model).__name__, **model.settings})
        if self.gradient_save_freq > 0:
            wandb.watch(model.policy, log_freq=self.gradient_save_freq, log="all")

    def on_episode(self, model, episode, length, frames):
        wandb.log({"rollout/ep_len": length, "time/episodes": episode}, step=model.num_timesteps)
        if episode % self.model_save_freq == 0:
            pictures = [wandb.Image(frame, caption=str(i)) for i, frame in enumerate(frames)]
            wandb.log({"rollout/frames": pictures}, step=model.num_timesteps)

    def on_training_end(self, model):
        with open(self.path, "w") as file:
            json.dump(model.values.round(3).tolist(), file)
        wandb.save(self.path, base_path=self.model_save_path)


class Maze:
    """A field of 8 x 8; the goal is at the lower right, walls cannot be entered."""

    def __init__(self, seed):
        self.walls = np.random.default_rng(seed).random((8, 8)) < 0.15
        self.walls[0, 0] = self.walls[7, 7] = False

    def step(self, place, action):
        moved = np.clip(np.add(place, ((0, 1), (1, 0), (0, -1), (-1, 0))[action]), 0, 7)
        return place if self.walls[tuple(moved)] else (int(moved[0]), int(moved[1]))

    def render(self, place):
        frame = np.where(self.walls[..., None], 40, 220).astype(np.uint8).repeat(3, axis=2)
        frame[7, 7], frame[place] = (30, 160, 60), (200, 40, 40)
        return frame.repeat(6, axis=0).repeat(6, axis=1)


class QLearning:
    def __init__(self, env, gamma, exploration, seed):
        self.settings = {"gamma": gamma, "exploration": exploration, "policy_type": "greedy"}
        self.env = env
        self.random = np.random.default_rng(seed)
        self.values = np.zeros((8, 8, 4))
        self.policy = None
        self.num_timesteps = 0

    def learn(self, total_episodes, callback):
        callback.on_training_start(self)
        for episode in range(total_episodes):
            place, frames, length = (0, 0), [], 0
            while place != (7, 7) and length < 300:
                is_random = self.random.random() < self.settings["exploration"]
                scores = self.values[place] + 1e-3 * self.random.random(4)
                action = int(self.random.integers(4) if is_random else scores.argmax())
                new = self.env.step(place, action)
                target = 1.0 if new == (7, 7) else self.settings["gamma"] * self.values[new].max()
                self.values[place][action] += 0.5 * (target - self.values[place][action])
                if length % 20 == 0:
                    frames.append(self.env.render(place))
                place, length = new, length + 1
                self.num_timesteps += 1
            callback.on_episode(self, episode, length, frames)
        callback.on_training_end(self)


def main():
    config = {"gamma": 0.9, "total_episodes": 30, "env_name": "Maze"}
    run = wandb.init(
        project="sb3", config=config, sync_tensorboard=False, monitor_gym=False, save_code=False
    )
    model = QLearning(Maze(seed=2), gamma=0.5, exploration=0.1, seed=0)
    model.settings["gamma"] = run.config.gamma
    callback = WandbCallback(f"models/{run.id}", model_save_freq=10)
    model.learn(config["total_episodes"], callback)
    run.finish()


if __name__ == "__main__":
    main()
