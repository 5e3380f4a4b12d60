"""A picture that is computed: discs and rings over a horizon, with its masks and its boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

CLASS_LABELS = {0: "sky", 1: "ground", 2: "disc", 3: "ring"}


def scene(random: np.random.Generator, shift: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A float picture (H, W, 3) in [0, 1] of discs over a horizon, its masks and its boxes."""
    height, width = 320, 480
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    horizon = 0.62 * height + 12 * np.sin(x / 70 + shift)
    sky = y < horizon
    picture = np.where(
        sky[..., None],
        np.stack([0.35 + 0.4 * y / height, 0.55 + 0.35 * y / height, 0.9 - 0.1 * y / height], -1),
        np.stack([0.30 + 0.1 * x / width, 0.42 - 0.15 * y / height, 0.18 + 0 * x], -1),
    )
    classes = np.where(sky, 0, 1).astype(np.uint8)
    predicted = classes.copy()
    box_data = []
    for i in range(4):
        radius = 24.0 + 12 * i
        center_x = (90 + 100 * i + 25 * shift) % (width - 60) + 30
        center_y = 90 + 50 * (i % 3)
        distance = np.hypot(x - center_x, y - center_y)
        is_ring = i % 2 == 1
        inside = (distance < radius) & ~(is_ring & (distance < 0.55 * radius))
        light = 1 - 0.5 * np.hypot(x - center_x + radius / 3, y - center_y + radius / 3) / radius
        color = np.array([[0.95, 0.45, 0.25], [0.3, 0.75, 0.9]][is_ring], np.float32)
        picture[inside] = (np.clip(light, 0.25, 1)[..., None] * color)[inside]
        class_id = 3 if is_ring else 2
        classes[inside] = class_id
        predicted[np.roll(inside, (5, -7), (0, 1))] = class_id
        box_data.append(
            {
                "position": {
                    "minX": float(center_x - radius),
                    "maxX": float(center_x + radius),
                    "minY": float(center_y - radius),
                    "maxY": float(center_y + radius),
                },
                "domain": "pixel",
                "class_id": class_id,
                "box_caption": CLASS_LABELS[class_id],
                "scores": {"confidence": round(0.95 - 0.18 * i, 2)},
            }
        )
    picture += random.normal(0, 0.01, picture.shape)
    masks = {
        "ground_truth": {"mask_data": classes, "class_labels": CLASS_LABELS},
        "predictions": {"mask_data": predicted, "class_labels": CLASS_LABELS},
    }
    boxes = {"predictions": {"box_data": box_data, "class_labels": CLASS_LABELS}}
    return np.clip(picture, 0, 1), masks, boxes
