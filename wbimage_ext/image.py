"""Image: checks arguments, calls the core once, and keeps what came back.

In: anything that holds an image (see inputs/). Out: an encoded file, and JSON for the history.
Attribute names are those of wandb.Image, because wandb and its integrations read them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from . import _core, batch, inputs
from .annotations import BoundingBoxes2D, Classes, ImageMask, checked_classes
from .arrays import guess_mode, to_uint8
from .encoding.options import EncodeOptions
from .encoding.pixels import encode as encode_pixels
from .files.digest import sha256_of
from .files.stored import MadeFile
from .imported import imported
from .inputs.kinds import Array, EncodedFile, EncodedImage, Pixels, Reference, Source
from .media import Media
from .wording import shown


class Image(Media):
    """An image to be logged. It is encoded when it is made; logging puts its file into a run.

    `data_or_path` is one of these:

    - an array of NumPy, JAX, TensorFlow or pandas, anything with an array view, or nested lists, of
      bool, integer or float values: (H, W) is gray, (H, W, 3) RGB, (H, W, 4) RGBA. Of more than two
      dimensions, those of length 1 are squeezed away. Masked values become 0.
    - a torch tensor (H, W), (C, H, W) or (N, C, H, W): laid out and stretched to the full range as
      by `torchvision.utils.make_grid(normalize=True)`. Of a subclass, such as fastai's images,
      (H, W) and (H, W, C) are arrays.
    - a PIL image: it keeps its mode, size and colour profile, and `mode` has no effect.
    - a matplotlib figure, axes or artist, or `matplotlib.pyplot`: as `savefig` draws it.
    - a path to an image file: the file is checked, not decoded, and copied when it is logged.
    - an encoded image as `bytes`, `bytearray`, `memoryview` or an open binary file: checked too.
    - a `gs://`, `s3://` or `http(s)://` reference, for artifacts and tables.
    - another Image: the same file, without its boxes and masks.

    Args:
        data_or_path: see above.
        mode: "L", "LA", "RGB", "RGBA", or with Pillow any mode that it has. None: by the shape.
        caption: text for display.
        grouping: a number.
        classes: `Classes`, or a sequence of `{"id": int, "name": str}`.
        boxes: `{layer: BoundingBoxes2D or its dict}`.
        masks: `{layer: ImageMask or its dict}`.
        file_type: "png" (default), "jpg", "jpeg" or "bmp". No effect on an encoded image.
        normalize: True: `to_uint8`'s rule. False: values are clipped to 0..255 and truncated.
            (lo, hi): lo becomes 0, hi 255, linear, clipped.
        quality: of JPEG, 1 to 100.
        compress_level: of PNG. None: the fast encoder. 0 to 9: more time for a smaller file.
        colormap: for two-dimensional data, a (256, 3) uint8 table, a matplotlib colormap or its
            name. The file is an indexed PNG.
        nan_color: with a colormap, the RGB triple of NaN and masked values.
        bit_depth: 8, or 16 for a 16-bit PNG: integers keep their values from 0 to 65535, floats go
            by `normalize` with 65535 in place of 255. `mode="I;16"` is the same for (H, W).

    Raises:
        TypeError: a dtype or type that holds no pixels; boxes, masks or classes of wrong structure.
        ValueError: an unsupported shape, an empty array, a side over MAX_DIMENSION, an unknown
            file type or mode, a file that is truncated or no image.
        OSError: a path that cannot be read, or no room to write.
    """

    # wandb's limit for a list of images, here because wandb reads it; a LocalRun keeps all.
    MAX_ITEMS = 108
    MAX_DIMENSION: ClassVar[int] = _core.MAX_DIMENSION

    _log_type = "image-file"

    # What boxes, masks and classes given as dicts become.
    _boxes_class: ClassVar[Any] = BoundingBoxes2D
    _mask_class: ClassVar[Any] = ImageMask
    _classes_class: ClassVar[Any] = Classes

    format: str | None

    # What samples stand for, where they are not the values themselves.
    _scale: dict[str, float] | None = None

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: float | None = None,
        classes: Any = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool | tuple[float, float] = True,
        *,
        quality: int = 75,
        compress_level: int | None = None,
        colormap: Any = None,
        nan_color: Sequence[int] | None = None,
        bit_depth: int = 8,
    ) -> None:
        self._init_media()
        self.format = None
        self._grouping: float | None = None
        self._width: int | None = None
        self._height: int | None = None
        self._image: Any = None
        self._classes: Any = None
        self._boxes: dict[str, Any] | None = None
        self._masks: dict[str, Any] | None = None
        self._file_type: str | None = None

        if self._is_image(data_or_path):
            self._copy_image(data_or_path)
        else:
            options = EncodeOptions(
                "png" if file_type is None else file_type,
                mode,
                normalize,
                quality,
                compress_level,
                colormap,
                nan_color,
                bit_depth,
            )
            self._set_source(inputs.resolve(data_or_path, options), options)
        if grouping is not None:
            self._grouping = grouping
        if caption is not None:
            self._caption = caption
        if classes is not None or boxes is not None or masks is not None:
            self._set_layers(classes, boxes, masks)

    # Where the pixels come from.

    @classmethod
    def _is_image(cls, data: Any) -> bool:
        return isinstance(data, Image)

    def _copy_image(self, other: Image) -> None:
        # The image and its file, not its boxes or masks.
        for name in (
            "_grouping",
            "_caption",
            "_width",
            "_height",
            "_classes",
            "_extension",
            "format",
            "_file_type",
            "_scale",
            "_artifact_source",
            "_artifact_target",
        ):
            setattr(self, name, getattr(other, name))
        if other._file is None:
            self._path, self._sha256 = other._path, other._sha256
        else:
            self._hold(other._file)

    def _set_source(self, source: Source, options: EncodeOptions) -> None:
        if isinstance(source, Pixels):
            source = encode_pixels(source, options)
        if isinstance(source, EncodedImage):
            self.format = options.file_type
            self._width, self._height = source.width, source.height
            self._extension = f".{self.format}"
            self._scale = source.scale
            self._hold(MadeFile(source.data, self._extension))
        elif isinstance(source, EncodedFile):
            self._set_encoded_file(source)
        else:
            self._set_reference(source)

    def _set_encoded_file(self, source: EncodedFile) -> None:
        self._hold(source.file)
        self._width, self._height = source.width, source.height
        self.format = source.file.extension[1:]
        if not self.format:
            self.format = source.format
            self._extension = f".{source.format}"

    def _set_reference(self, reference: Reference) -> None:
        self._path = reference.url
        self._sha256 = sha256_of(reference.url.encode())
        from urllib.parse import urlparse

        self.format = urlparse(reference.url).path.split("/")[-1].split(".")[-1]

    # What is known besides the pixels.

    def _set_layers(
        self, classes: Any, boxes: Mapping[str, Any] | None, masks: Mapping[str, Any] | None
    ) -> None:
        names: dict[Any, str] = {}
        self._boxes = self._layers("boxes", boxes, self._boxes_class)
        for layer in (self._boxes or {}).values():
            names.update(layer._class_labels)
        self._masks = self._layers("masks", masks, self._mask_class)
        for layer in (self._masks or {}).values():
            names.update(getattr(layer, "_val", {}).get("class_labels", {}))
        if classes is not None:
            class_set = getattr(classes, "_class_set", None)
            if class_set is None:
                class_set = checked_classes(classes)
            names.update({item["id"]: item["name"] for item in class_set})
        if names:
            self._classes = self._classes_class(
                [{"id": key, "name": name} for key, name in names.items()]
            )

    @staticmethod
    def _layers(argument: str, layers: Any, layer_class: Any) -> dict[str, Any] | None:
        """The layers as objects; None where there are none."""
        if layers is None or (isinstance(layers, (list, tuple)) and not layers):
            return None
        name = layer_class.__name__
        article = "an" if name.startswith("I") else "a"
        if not isinstance(layers, Mapping):
            raise ValueError(
                f'Images "{argument}" argument must be a dictionary of layers, such as '
                f'{{"prediction": {name}(...) or its dict}}, not {shown(layers)}'
            )
        built = {}
        for key, layer in layers.items():
            if isinstance(layer, Media) or hasattr(layer, "bind_to_run"):
                built[key] = layer
            elif isinstance(layer, Mapping):
                try:
                    built[key] = layer_class(layer, key)
                except (TypeError, ValueError) as error:
                    kind = TypeError if isinstance(error, TypeError) else ValueError
                    raise kind(f"{error}, in {argument}[{shown(key)}]") from None
            else:
                raise TypeError(
                    f"{argument}[{shown(key)}] must be a dict or {article} {name}, "
                    f"not {shown(layer)}"
                )
        return built or None

    @classmethod
    def from_batch(
        cls,
        data: Any,
        *,
        captions: Sequence[str | None] | str | None = None,
        dataformats: str = "NHWC",
        num_threads: int | None = None,
        **image_arguments: Any,
    ) -> list[Any]:
        """One image for each item of a batch, encoded on threads, in the batch's order.

        Args:
            data: array or tensor of shape (N, H, W, C), or as `dataformats` says; or a list of
                anything that Image takes, of which arrays are laid out as `dataformats` says.
            captions: one for each item, or one for all.
            dataformats: "NHWC", "NCHW" or "NHW".
            num_threads: None for as many as there are CPUs for this process.
            **image_arguments: arguments of Image, for every item; `grouping`, `classes`, `masks`
                and `boxes` may be a sequence with one value for each item.

        Returns:
            images as Image makes them of each item alone. A warning comes once for all.

        Raises:
            ValueError: a shape that `dataformats` does not fit, an empty batch, or sequences of
                other lengths than the batch.
            TypeError, ValueError, OSError, ...: what Image says of an item, with a note (PEP 678)
                of the item's index.
        """
        return batch.build(cls, data, captions, dataformats, num_threads, image_arguments)

    # Conversion, as class methods of the reference.

    @classmethod
    def to_uint8(
        cls, data: Any, normalize: bool | tuple[float, float] = True
    ) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """See the module's to_uint8."""
        return to_uint8(data, normalize)

    def guess_mode(self, data: Any, file_type: str | None = None) -> str:
        """See the module's guess_mode."""
        return guess_mode(data, file_type)

    # The run.

    @classmethod
    def get_media_subdir(cls) -> str:
        """`media/images`."""
        return os.path.join("media", "images")

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        """The dict that a run's history holds for this image, which must be bound to it."""
        json_dict = {**super().to_json(run_or_artifact), **self._description()}
        if self._scale:
            json_dict["scale"] = dict(self._scale)
        if self._boxes:
            json_dict["boxes"] = _layers_json(self._boxes, run_or_artifact)
        if self._masks:
            json_dict["masks"] = _layers_json(self._masks, run_or_artifact)
        return json_dict

    def _description(self) -> dict[str, Any]:
        """What is said of an image wherever it goes."""
        described = {
            "_type": Image._log_type,
            "format": self.format,
            "width": self._width,
            "height": self._height,
            "grouping": self._grouping or None,
            "caption": self._caption,
        }
        return {name: value for name, value in described.items() if value is not None}

    @classmethod
    def from_json(cls, json_obj: Mapping[str, Any], source_artifact: Any) -> Any:
        """Read an image back from what to_json gave.

        Args:
            json_obj: the dict.
            source_artifact: anything with `get_entry(path).download()`, as an artifact has.
        """
        path = source_artifact.get_entry(json_obj["path"]).download()
        return cls(path, caption=json_obj.get("caption"), grouping=json_obj.get("grouping"))

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Any, key: str, step: int | str) -> dict[str, Any]:
        """One dict for a list of images, all bound to `run`; opens no file."""
        jsons = [image.to_json(run) for image in seq]
        media_dir = cls.get_media_subdir().replace(os.sep, "/")
        for described in jsons:
            if "path" in described and not described["path"].startswith(media_dir):
                raise ValueError(
                    f"Files in an array of Image's must be in the {media_dir} directory, not "
                    f"{described['path']}"
                )
        width, height = seq[0]._width, seq[0]._height
        if any((image._width, image._height) != (width, height) for image in seq):
            import logging

            logging.getLogger("wandb").warning(
                "Images sizes do not match. This will causes images to be display incorrectly in "
                "the UI."
            )
        meta = {
            "_type": "images/separated",
            "width": width,
            "height": height,
            "format": jsons[0]["format"],
            "count": len(seq),
            "filenames": [
                described.get("path", described.get("artifact_path")) for described in jsons
            ],
        }
        for name, collected in (
            ("captions", cls.all_captions(seq)),
            ("scales", any(image._scale for image in seq) and [image._scale for image in seq]),
            ("all_masks", cls.all_masks(seq, run, key, step)),
            ("all_boxes", cls.all_boxes(seq, run, key, step)),
        ):
            if collected:
                meta[name] = collected
        return meta

    @classmethod
    def all_masks(
        cls, images: Sequence[Any], run: Any, run_key: str, step: int | str
    ) -> list[dict[str, Any] | None] | bool:
        """For each image the dicts of its masks or None; False where no image has any."""
        return _collect([image._masks for image in images], run)

    @classmethod
    def all_boxes(
        cls, images: Sequence[Any], run: Any, run_key: str, step: int | str
    ) -> list[dict[str, Any] | None] | bool:
        """For each image the dicts of its boxes or None; False where no image has any."""
        return _collect([image._boxes for image in images], run)

    @classmethod
    def all_captions(cls, images: Sequence[Any]) -> list[str | None] | bool:
        """The captions, or False where the first image has none."""
        return cls.captions(images)

    # Pixels back.

    @property
    def image(self) -> Any:
        """The file as a PIL image; None for a reference.

        Raises:
            ImportError: Pillow is not installed.
        """
        if self._image is not None:
            return self._image
        if self._file is None:
            return None
        from .inputs.pillow import require_pillow

        pillow = require_pillow("Image.image")
        with self._file.open() as file, pillow.open(file) as image:
            image.load()
            return image

    def to_data_array(self) -> list[list[Any]]:
        """Rows of pixels: numbers for one channel, tuples for more. Needs no Pillow for PNG, JPEG
        and BMP; an empty list for a reference.
        """
        pixels = self._pixels()
        if pixels is None:
            return []
        rows = pixels.tolist()
        if pixels.ndim == 2:
            return rows  # type: ignore[no-any-return]
        return [[tuple(pixel) for pixel in row] for row in rows]

    def _pixels(self) -> Array | None:
        """The decoded file, (H, W) or (H, W, C); None for a reference."""
        if self._file is None:
            return None
        most = _check_pixel_count(self._width or 0, self._height or 0)
        with self._file.open() as file:
            data = file.read()
        try:
            pixels, _mode, sample_bytes = _core.decode(data, max_pixels=most, keep_16_bits=True)
        except ValueError:
            # Of a format that Pillow knows.
            image = self.image
            # NumPy sees one bit a pixel as bool.
            return np.asarray(image.convert("L") if image.mode == "1" else image)
        if sample_bytes == 2:
            pixels = pixels.view(np.uint16)
        return pixels[:, :, 0] if pixels.shape[2] == 1 else pixels

    def __repr__(self) -> str:
        name = type(self).__name__
        if self._file is None:
            described = f"{name} {shown(self._path)}"
        else:
            described = f"{name} {self._width}x{self._height} {self.format}"
        if self._caption is not None:
            described += f" {shown(self._caption)}"
        return f"<{described}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the image with its caption, masks and boxes."""
        from .notebook import image_bundle

        return image_bundle(self)

    def _free_ram(self) -> None:
        """Part of wandb's protocol; no decoded pixels are kept here."""
        if self.file_is_set():
            self._image = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return False
        if self._file is None or other._file is None:
            # References, which are compared by their URLs.
            return self._sha256 == other._sha256
        return (
            self._grouping == other._grouping
            and self._caption == other._caption
            and (self._width, self._height) == (other._width, other._height)
            and self._classes == other._classes
            and (self._sha256 == other._sha256 or self._has_same_pixels(other))
        )

    __hash__ = None

    def _has_same_pixels(self, other: Image) -> bool:
        mine, its = self._pixels(), other._pixels()
        return mine is not None and its is not None and np.array_equal(mine, its)


# Of an image that is read back, unless Pillow's user allows more.
_MOST_PIXELS = 2**28


def _check_pixel_count(width: int, height: int) -> int | None:
    """Refuse to decode what may be a decompression bomb, by the limit that Pillow's users set.

    Returns:
        the limit, None where there is none: a user's file may be another one by now.
    """
    allowed = imported("PIL.Image", "MAX_IMAGE_PIXELS", _MOST_PIXELS)
    if allowed is None:
        return None
    most: int = max(_MOST_PIXELS, allowed)
    if width * height > most:
        raise ValueError(
            f"the image has {width} x {height} pixels; over {most} it is taken for a decompression "
            "bomb and not decoded. PIL.Image.MAX_IMAGE_PIXELS = None allows it"
        )
    return most


def _layers_json(layers: Mapping[str, Any], run_or_artifact: Any) -> dict[str, Any]:
    return {key: layer.to_json(run_or_artifact) for key, layer in layers.items()}


def _collect(
    layers_of_images: Sequence[Mapping[str, Any] | None], run: Any
) -> list[dict[str, Any] | None] | bool:
    if not any(layers_of_images):
        return False
    return [_layers_json(layers, run) if layers else None for layers in layers_of_images]
