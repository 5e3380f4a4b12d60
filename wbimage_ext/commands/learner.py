"""A small neural network that learns the class of each pixel of a picture.

In: features of the pixels of a picture, and their classes. Out: probabilities of the classes. It is
here so that the demo has a loss that falls, and predictions that become better.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_HIDDEN = 32
_PIXELS_A_STEP = 512
# Adam's usual decay rates.
_DECAY, _DECAY_OF_SQUARES = 0.9, 0.999


class Learner:
    """One hidden layer, trained by Adam on random pixels.

    Args:
        class_count: how many classes there are.
        rate: the learning rate.
        seed: of the first weights and of the pixels that are chosen.
    """

    def __init__(self, class_count: int, rate: float, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._rate = rate
        self._step = 0
        inputs = features_of(np.zeros((3, 3, 3), np.float32)).shape[-1]
        self._weights = [
            self._random.normal(0, inputs**-0.5, (inputs, _HIDDEN)).astype(np.float32),
            np.zeros(_HIDDEN, np.float32),
            self._random.normal(0, _HIDDEN**-0.5, (_HIDDEN, class_count)).astype(np.float32),
            np.zeros(class_count, np.float32),
        ]
        self._means = [np.zeros_like(weights) for weights in self._weights]
        self._squares = [np.zeros_like(weights) for weights in self._weights]

    def learn(self, features: Array, classes: Array) -> float:
        """Train once, on some of the pixels (H, W) of a picture, and return their loss before."""
        chosen = self._random.integers(0, classes.size, _PIXELS_A_STEP)
        return self._learn(features.reshape(classes.size, -1)[chosen], classes.ravel()[chosen])

    def probabilities(self, features: Array) -> Array:
        """The probability of each class at each pixel, (H, W, classes)."""
        return self._forward(features)[1]

    def _forward(self, features: Array) -> tuple[Array, Array]:
        first, first_bias, second, second_bias = self._weights
        hidden = np.tanh(features @ first + first_bias)
        scores = hidden @ second + second_bias
        exponentials = np.exp(scores - scores.max(-1, keepdims=True))
        return hidden, exponentials / exponentials.sum(-1, keepdims=True)

    def _learn(self, features: Array, classes: Array) -> float:
        hidden, probabilities = self._forward(features)
        right = probabilities[np.arange(len(classes)), classes]
        error = probabilities
        error[np.arange(len(classes)), classes] -= 1
        error /= len(classes)
        error_of_hidden = (error @ self._weights[2].T) * (1 - hidden**2)
        self._descend(
            [
                features.T @ error_of_hidden,
                error_of_hidden.sum(0),
                hidden.T @ error,
                error.sum(0),
            ]
        )
        return float(-np.log(np.maximum(right, 1e-7)).mean())

    def _descend(self, gradients: list[Array]) -> None:
        self._step += 1
        for i, gradient in enumerate(gradients):
            self._means[i] += (1 - _DECAY) * (gradient - self._means[i])
            self._squares[i] += (1 - _DECAY_OF_SQUARES) * (gradient**2 - self._squares[i])
            mean = self._means[i] / (1 - _DECAY**self._step)
            square = self._squares[i] / (1 - _DECAY_OF_SQUARES**self._step)
            self._weights[i] -= self._rate * mean / (np.sqrt(square) + 1e-8)


def features_of(picture: Array) -> Array:
    """Of each pixel of (H, W, 3) its colour, its neighbourhood's colour, contrast, and place."""
    height, width, _ = picture.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    around = _mean_around(picture, 6)
    contrast = np.abs(picture - around)
    place = np.stack([x, y, np.abs(y)], -1)
    return np.concatenate([2 * picture - 1, 2 * around - 1, 4 * contrast, place], -1)


def _mean_around(picture: Array, reach: int) -> Array:
    """The mean of the pixels at most `reach` away, by sums over rows and columns."""
    for axis in (0, 1):
        padding = [(0, 0)] * 3
        padding[axis] = (reach + 1, reach)
        sums = np.pad(picture, padding, mode="edge").cumsum(axis, dtype=np.float64)
        length = 2 * reach + 1
        ends = sums.take(range(length, sums.shape[axis]), axis)
        starts = sums.take(range(sums.shape[axis] - length), axis)
        picture = ((ends - starts) / length).astype(np.float32)
    return picture
