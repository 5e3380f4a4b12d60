"""wandb's classes, and those of their methods that install() replaces, as wandb defines them.

In: the installed wandb, 0.16.3 to 0.31.0. Out: names for the rest of this folder. What the
subclasses and install() share calls the originals from here.
"""

from wandb.sdk.data_types import _dtypes
from wandb.sdk.data_types.base_types.media import BatchableMedia as WandbBatchableMedia
from wandb.sdk.data_types.base_types.media import Media as WandbMedia
from wandb.sdk.data_types.base_types.wb_value import WBValue
from wandb.sdk.data_types.helper_types.bounding_boxes_2d import BoundingBoxes2D as WandbBoxes
from wandb.sdk.data_types.helper_types.classes import Classes as WandbClasses
from wandb.sdk.data_types.helper_types.image_mask import ImageMask as WandbMask
from wandb.sdk.data_types.image import Image as WandbImage
from wandb.sdk.lib import filesystem
from wandb.sdk.wandb_run import Run, TeardownHook, TeardownStage

__all__ = [
    "Run",
    "TeardownHook",
    "TeardownStage",
    "WBValue",
    "WandbBatchableMedia",
    "WandbBoxes",
    "WandbClasses",
    "WandbImage",
    "WandbMask",
    "WandbMedia",
    "_dtypes",
    "filesystem",
    "wandb_bind_boxes",
    "wandb_bind_image",
    "wandb_bind_mask",
    "wandb_boxes_to_json",
    "wandb_image_pixels",
    "wandb_image_to_json",
    "wandb_mask_to_json",
    "wandb_seq_to_json",
]

wandb_image_pixels = WandbImage.image.fget
wandb_image_to_json = WandbImage.to_json
wandb_boxes_to_json = WandbBoxes.to_json
wandb_mask_to_json = WandbMask.to_json
wandb_bind_image = WandbImage.bind_to_run
wandb_bind_boxes = WandbBoxes.bind_to_run
wandb_bind_mask = WandbMask.bind_to_run
wandb_seq_to_json = vars(WandbImage)["seq_to_json"].__func__
