"""torch tensors as NumPy arrays, in place where they lie in the CPU's memory.

In: a tensor, or an image of a subclass of it, such as fastai's. Out: Pixels that share its memory,
or that of one copy from its device. torch is never imported here: whoever has a tensor has imported
it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..wording import describe
from .kinds import Array, Pixels, refusal


def pixels_of_tensor(tensor: Any) -> Pixels:
    """A tensor's values, without its history of gradients.

    A tensor is laid out as a grid. One of a subclass that holds an image, of shape (H, W) or
    (H, W, C), goes by the rules of arrays.

    Raises:
        TypeError: it has no strided memory, or its values are complex.
    """
    torch = sys.modules["torch"]
    _check(torch, tensor)
    is_grid = not _is_array_of_subclass(torch, tensor)
    values = tensor if tensor.device.type == "cpu" else tensor.cpu()
    # A subclass may have methods of its own.
    values = values.as_subclass(torch.Tensor).detach().resolve_neg()
    if values.dtype == torch.bfloat16:
        bits = _as_array(values.view(torch.int16), tensor).view(np.uint16)
        return Pixels(bits, tensor, is_bfloat16=True, is_tensor=is_grid)
    if values.dtype.is_floating_point and values.element_size() == 1:
        values = values.to(torch.float32)
    return Pixels(_as_array(values, tensor), tensor, is_tensor=is_grid)


def _as_array(values: Any, tensor: Any) -> Array:
    try:
        return values.numpy()  # type: ignore[no-any-return]
    except RuntimeError as error:  # what torch passes to a function that it looks into
        raise refusal(tensor, error) from error


def _is_array_of_subclass(torch: Any, tensor: Any) -> bool:
    """Whether the tensor's class is one of an image library that lays pixels out as arrays."""
    if type(tensor) is torch.Tensor:
        return False
    shape = tuple(tensor.shape)
    if len(shape) == 3:
        return shape[2] in (3, 4) and shape[0] not in (1, 3, 4)
    return len(shape) == 2


def _check(torch: Any, tensor: Any) -> None:
    problem = None
    if tensor.is_nested:
        problem = "a nested tensor has no one shape"
    elif tensor.layout != torch.strided:
        problem = f"layout {tensor.layout} is not strided; to_dense() makes it so"
    elif tensor.is_quantized:
        problem = "its values are quantized; dequantize() makes them numbers"
    elif tensor.is_complex():
        problem = "its values are complex; abs() or real makes them real"
    elif tensor.device.type == "meta":
        problem = "a meta tensor holds no values"
    if problem is not None:
        raise TypeError(f"cannot make an image of {describe(tensor)}: {problem}")
