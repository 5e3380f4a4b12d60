"""torch tensors: the values of torchvision's normalised grid, without torchvision, read in place.

`torch_grid` is `torchvision.utils.make_grid` written again in plain torch, from its documentation;
where torchvision is installed the two are compared.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, LocalRun, inputs

from ..scenario import check_run

torch = pytest.importorskip("torch")

FLOATS = ["float32", "float64"]
HALVES = ["float16", "bfloat16"]
INTEGERS = ["uint8", "int8", "int16", "int32", "int64", "bool"]
SHAPES = [
    (9, 14),
    (1, 9, 14),
    (3, 9, 14),
    (4, 9, 14),
    (1, 3, 9, 14),
    (1, 1, 9, 14),
    (5, 1, 6, 7),
    (11, 3, 6, 7),
    (8, 3, 5, 5),
    (9, 4, 5, 6),
]


def torch_grid(tensor: Any, normalize: bool = True, nrow: int = 8, padding: int = 2) -> Any:
    """(C, H, W): values brought to 0..1 by the range of all of them, then laid out."""
    if tensor.ndim == 2:
        tensor = tensor[None]
    if tensor.ndim == 3:
        tensor = tensor[None]
    if tensor.shape[1] == 1:
        tensor = tensor.expand(-1, 3, -1, -1)
    if normalize:
        low, high = float(tensor.min()), float(tensor.max())
        tensor = (tensor - low) / max(high - low, 1e-5)
    count, channels, height, width = tensor.shape
    if count == 1:
        return tensor[0]
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    grid = torch.zeros(
        channels,
        rows * (height + padding) + padding,
        columns * (width + padding) + padding,
        dtype=tensor.dtype,
    )
    for index in range(count):
        top = (index // columns) * (height + padding) + padding
        left = (index % columns) * (width + padding) + padding
        grid[:, top : top + height, left : left + width] = tensor[index]
    return grid


def expected(tensor: Any) -> np.ndarray[Any, Any]:
    """(H, W, C) uint8: what wandb.Image saves of a tensor."""
    tensor = tensor.detach()
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    elif not tensor.dtype.is_floating_point:
        tensor = tensor.to(torch.float64)
    grid = torch_grid(tensor)
    return grid.mul(255).clamp(0, 255).byte().permute(1, 2, 0).numpy()


def tensor_of(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(rng.normal(20.0, 70.0, shape))
    if dtype == "bool":
        return values > 20
    if dtype == "uint8":
        values = values.clamp(3, 250)
    if dtype == "int8":
        values = values.clamp(-128, 127)
    return values.to(getattr(torch, dtype))


def pixels_of(image: Image) -> np.ndarray[Any, Any]:
    return np.array(image.to_data_array(), np.uint8)


@pytest.mark.parametrize("dtype", FLOATS + HALVES + INTEGERS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_tensor_becomes_its_normalised_grid(shape: tuple[int, ...], dtype: str) -> None:
    tensor = tensor_of(shape, dtype)
    image = Image(tensor)
    np.testing.assert_array_equal(pixels_of(image), expected(tensor))
    assert image.format == "png"
    assert (image._height, image._width) == expected(tensor).shape[:2]


@pytest.mark.parametrize("seed", range(20))
def test_float32_is_bit_equal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-6, 7)
    tensor = torch.from_numpy(rng.normal(rng.normal(), scale, (7, 3, 17, 19)).astype(np.float32))
    np.testing.assert_array_equal(pixels_of(Image(tensor)), expected(tensor))


def test_the_grid_is_torchvisions() -> None:
    utils = pytest.importorskip("torchvision.utils", exc_type=(ImportError, RuntimeError))
    for shape in SHAPES:
        tensor = tensor_of(shape, "float32")
        theirs = utils.make_grid(tensor, normalize=True)
        assert torch.equal(torch_grid(tensor), theirs)


@pytest.mark.parametrize(
    "values", [[0.5, 0.5], [0.0, 0.0], [3.0, 3.000001], [-1e-7, 1e-7]], ids=str
)
def test_flat_tensors(values: list[float]) -> None:
    tensor = torch.tensor(values, dtype=torch.float32).reshape(1, 1, 2).expand(3, 4, 2)
    np.testing.assert_array_equal(pixels_of(Image(tensor)), expected(tensor))


LAYOUTS = {
    "transposed": lambda t: t.transpose(-1, -2),
    "sliced": lambda t: t[..., ::2, 1:-1],
    "flipped copy": lambda t: t.flip(-1),
    "permuted": lambda t: t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
    "channels last": lambda t: t.to(memory_format=torch.channels_last),
    "expanded": lambda t: t[:1].expand(6, -1, -1, -1),
    "one value": lambda t: t[:1, :1, :1, :1].expand(4, 3, 5, 6),
    "offset": lambda t: t[1:],
}


@pytest.mark.parametrize("dtype", ["uint8", "float32", "bfloat16"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(layout: Any, dtype: str) -> None:
    tensor = layout(tensor_of((4, 3, 8, 10), dtype))
    np.testing.assert_array_equal(pixels_of(Image(tensor)), expected(tensor))


def test_a_photograph(photo: np.ndarray[Any, Any]) -> None:
    tensor = torch.from_numpy(photo).permute(2, 0, 1)
    np.testing.assert_array_equal(pixels_of(Image(tensor)), expected(tensor))
    scaled = tensor.float() / 127.5 - 1
    np.testing.assert_array_equal(pixels_of(Image(scaled)), expected(scaled))


def test_tensors_that_need_grad_keep_their_history() -> None:
    leaf = tensor_of((3, 6, 6), "float32").requires_grad_()
    result = leaf * 2
    np.testing.assert_array_equal(pixels_of(Image(result)), expected(result))
    np.testing.assert_array_equal(
        pixels_of(Image(torch.nn.Parameter(leaf.detach()))), expected(leaf)
    )
    assert result.requires_grad
    assert result.grad_fn is not None


def test_a_negated_view() -> None:
    tensor = torch.complex(tensor_of((3, 4, 5), "float32"), tensor_of((3, 4, 5), "float32", 1))
    imaginary = tensor.conj().imag
    assert imaginary.is_neg()
    np.testing.assert_array_equal(pixels_of(Image(imaginary)), expected(imaginary.clone()))


@pytest.mark.parametrize("dtype", FLOATS + HALVES + INTEGERS)
def test_tensors_on_the_cpu_are_read_in_place(dtype: str) -> None:
    tensor = tensor_of((3, 4, 5), dtype)
    for view in (tensor, tensor.transpose(1, 2), tensor[:, ::2], tensor[:1].expand(4, -1, -1)):
        array = inputs.as_pixels(view).array
        assert array.__array_interface__["data"][0] == view.data_ptr()
        assert array.shape == tuple(view.shape)


class DeviceTensor(torch.Tensor):  # type: ignore[misc, name-defined]
    """A tensor that says it is on a device, and counts its moves."""

    moves = 0

    @property
    def device(self) -> Any:
        return torch.device("cuda", 0)

    def detach(self) -> Any:
        return self

    def cpu(self) -> Any:
        DeviceTensor.moves += 1
        return torch.Tensor(self.as_subclass(torch.Tensor))

    def numpy(self) -> Any:
        raise AssertionError("only memory of the CPU is an array")


def test_a_device_tensor_is_moved_once() -> None:
    tensor = tensor_of((2, 3, 8, 8), "float32")
    on_device = tensor.as_subclass(DeviceTensor)
    DeviceTensor.moves = 0
    np.testing.assert_array_equal(pixels_of(Image(on_device)), expected(tensor))
    assert DeviceTensor.moves == 1


def test_no_scaling_and_limits_keep_the_grid() -> None:
    tensor = tensor_of((5, 3, 6, 7), "float32")
    plain = torch_grid(tensor, normalize=False).permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(
        pixels_of(Image(tensor, normalize=False)), np.clip(plain, 0, 255).astype(np.uint8)
    )
    limits = torch_grid((tensor.double() + 50) / 150 * 255, normalize=False)
    # The padding is laid around the converted images, so it stays 0.
    np.testing.assert_array_equal(
        pixels_of(Image(tensor, normalize=(-50, 100))),
        np.clip(limits.permute(1, 2, 0).numpy(), 0, 255).astype(np.uint8),
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK"])
def test_mode_converts_the_grid(mode: str) -> None:
    from PIL import Image as PILImage

    tensor = tensor_of((5, 3, 6, 7), "float32")
    theirs = PILImage.fromarray(expected(tensor)).convert(mode)
    if mode == "CMYK":
        theirs = theirs.convert("RGB")
    ours = Image(tensor, mode=mode).image
    assert ours.mode == theirs.mode
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("file_type", ["jpg", "bmp"])
def test_file_types(file_type: str) -> None:
    tensor = tensor_of((3, 16, 16), "uint8")
    image = Image(tensor, file_type=file_type)
    assert image.format == file_type
    if file_type == "bmp":
        np.testing.assert_array_equal(pixels_of(image), expected(tensor))


def test_a_colormap_takes_two_dimensions() -> None:
    table = np.random.default_rng(3).integers(0, 256, (256, 3), dtype=np.uint8)
    tensor = tensor_of((9, 11), "float32")
    gray = expected(tensor)[:, :, 0]
    for view in (tensor, tensor[None], tensor[None, None]):
        image = Image(view, colormap=table).image
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), table[gray])
    with pytest.raises(ValueError, match="colormap"):
        Image(tensor_of((3, 9, 11), "float32"), colormap=table)


def test_nan_is_black_with_one_warning() -> None:
    tensor = tensor_of((3, 4, 4), "float32")
    tensor[0, 1, 2] = math.nan
    with pytest.warns(RuntimeWarning, match="NaN") as warned:
        image = Image(tensor)
    assert len(warned) == 1
    assert image.to_data_array()[1][2][0] == 0


REFUSED = {
    "sparse": lambda: torch.eye(4).to_sparse(),
    "quantized": lambda: torch.quantize_per_tensor(torch.rand(4, 4), 0.1, 0, torch.quint8),
    "complex": lambda: torch.zeros(4, 4, dtype=torch.complex64),
    "meta": lambda: torch.empty(4, 4, device="meta"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("kind", REFUSED)
def test_tensors_without_plain_values_are_named(kind: str) -> None:
    with pytest.raises(TypeError, match=kind) as raised:
        Image(REFUSED[kind]())
    assert "torch.Tensor of shape [4, 4] and dtype torch." in str(raised.value)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_nested_tensor_is_named_without_a_shape() -> None:
    parts = [torch.zeros(2, 2), torch.zeros(3, 2)]
    for layout in (torch.strided, torch.jagged):
        with pytest.raises(TypeError, match=r"of torch\..*: a nested tensor has no one shape"):
            Image(torch.nested.nested_tensor(parts, layout=layout))


def test_a_tensor_in_a_function_that_torch_looks_into_is_named() -> None:
    def make(tensor: Any) -> Any:
        with pytest.raises(TypeError, match=r"cannot make an image of torch\.Tensor of shape"):
            Image(tensor)
        return tensor

    torch.vmap(make)(torch.rand(2, 3, 4, 4))
    torch.vmap(make)(torch.rand(2, 3, 4, 4).bfloat16())


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5, 6), (2, 5, 4, 4)])
def test_shapes_without_images_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Un-supported shape"):
        Image(torch.zeros(shape))


def test_empty_tensors_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Image(torch.zeros(0, 3, 4, 4))


@pytest.mark.parametrize("dtype", FLOATS + HALVES + INTEGERS)
@pytest.mark.parametrize("shape", SHAPES[4:], ids=str)
def test_make_grid(shape: tuple[int, ...], dtype: str) -> None:
    tensor = tensor_of(shape, dtype)
    for nrow, padding in ((8, 2), (3, 0), (1, 1)):
        ours = wbimage_ext.make_grid(tensor, nrow, padding)
        theirs = torch_grid(tensor, False, nrow, padding).permute(1, 2, 0)
        if dtype == "bfloat16":
            theirs = theirs.float()
        assert ours.dtype == theirs.numpy().dtype
        np.testing.assert_array_equal(ours, theirs.numpy())


def test_make_grid_pads_with_a_value() -> None:
    grid = wbimage_ext.make_grid(torch.zeros(2, 3, 2, 2), pad_value=0.25)
    assert (grid[:2] == 0.25).all()
    assert (grid[2:4, 2:4] == 0).all()
    channels_last = wbimage_ext.make_grid(torch.zeros(2, 2, 2, 3), dataformats="NHWC")
    assert channels_last.shape == (6, 10, 3)


def test_to_uint8_and_guess_mode_take_tensors() -> None:
    values = torch.tensor([[0.0, 0.5], [1.0, 0.25]], dtype=torch.bfloat16)
    np.testing.assert_array_equal(wbimage_ext.to_uint8(values), [[0, 127], [255, 63]])
    assert wbimage_ext.guess_mode(torch.zeros(4, 4, 3)) == "RGB"


class Images(torch.utils.data.Dataset):  # type: ignore[misc]
    """A picture of each number, made where it is asked for."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> Image:
        pixels = torch.full((3, 8, 9), 10 * index, dtype=torch.uint8)
        mask = {"mask_data": np.eye(8, 9), "class_labels": {1: "diagonal"}}
        return Image(pixels, normalize=False, caption=str(index), masks={"m": mask})


def as_they_are(images: list[Image]) -> list[Image]:
    return images


# Another test of the process may have imported JAX, which warns of every fork.
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")
def test_images_of_a_data_loaders_workers_are_logged_by_the_parent(tmp_path: Path) -> None:
    loader = torch.utils.data.DataLoader(
        Images(), batch_size=2, num_workers=2, collate_fn=as_they_are
    )
    with LocalRun(tmp_path) as run:
        for images in loader:
            run.log({"k": images})
    rows = check_run(tmp_path)
    assert [row["k"]["captions"] for row in rows] == [["0", "1"], ["2", "3"], ["4", "5"], ["6"]]
    paths = [name for row in rows for name in row["k"]["filenames"]]
    for index, path in enumerate(paths):
        assert (pixels_of(Image(tmp_path / path)) == 10 * index).all()


# Subclasses


class TensorImage(torch.Tensor):
    """As fastai's: every function gives the subclass back."""


@pytest.mark.parametrize("shape", [(6, 5, 3), (6, 5, 4), (6, 5)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bfloat16"])
def test_images_of_a_subclass_are_arrays(shape: tuple[int, ...], dtype: str) -> None:
    plain = torch.arange(math.prod(shape)).reshape(shape).to(getattr(torch, dtype))
    ours = Image(plain.as_subclass(TensorImage))
    expected = Image(plain.float().numpy() if dtype == "bfloat16" else plain.numpy())
    assert ours.to_data_array() == expected.to_data_array()
    assert ours._sha256 == expected._sha256


@pytest.mark.parametrize("shape", [(3, 6, 5), (1, 6, 5), (4, 6, 3), (2, 3, 6, 5)], ids=str)
def test_channels_first_stays_a_tensor_in_a_subclass(shape: tuple[int, ...]) -> None:
    plain = torch.arange(math.prod(shape)).reshape(shape) % 256
    assert Image(plain.as_subclass(TensorImage))._sha256 == Image(plain)._sha256


def test_a_parameter_that_needs_grad() -> None:
    parameter = torch.nn.Parameter(torch.rand(6, 5, 3))
    assert Image(parameter)._sha256 == Image(parameter.detach().numpy())._sha256
