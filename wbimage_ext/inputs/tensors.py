"""torch tensors as NumPy arrays, in place where they lie in the CPU's memory.

In: a tensor. Out: Pixels that share its memory, or that of one copy from its device.
torch is never imported here: whoever has a tensor has imported it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..wording import describe
from .kinds import Pixels


def pixels_of_tensor(tensor: Any) -> Pixels:
    """A tensor's values, without its history of gradients.

    Raises:
        TypeError: it has no strided memory, or its values are complex.
    """
    torch = sys.modules["torch"]
    _check(torch, tensor)
    values = tensor.detach()
    if values.device.type != "cpu":
        values = values.cpu()
    values = values.resolve_neg()
    if values.dtype == torch.bfloat16:
        bits = values.view(torch.int16).numpy().view(np.uint16)
        return Pixels(bits, tensor, is_bfloat16=True, is_tensor=True)
    if values.dtype.is_floating_point and values.element_size() == 1:
        values = values.to(torch.float32)
    return Pixels(values.numpy(), tensor, is_tensor=True)


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
