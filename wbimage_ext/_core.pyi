from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

MAX_DIMENSION: int

@final
class Encoded:
    width: int
    height: int
    mode: str
    found_nan: bool
    dropped_alpha: bool
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Probe:
    is_foreign: bool
    def __new__(cls) -> Probe: ...
    def feed(self, piece: Buffer, /) -> None: ...
    def finish(self) -> tuple[str, int, int]: ...

def encode(
    array: NDArray[Any],
    file_type: str = "png",
    *,
    mode: str | None = None,
    normalize: bool | tuple[float, float] = True,
    quality: int = 75,
    compress_level: int | None = None,
    colormap: bytes | None = None,
    nan_color: bytes | None = None,
    bfloat16: bool = False,
    tensor_rule: bool = False,
) -> Encoded: ...
def encode_grid(
    array: NDArray[Any],
    file_type: str = "png",
    *,
    mode: str | None = None,
    normalize: bool | tuple[float, float] = True,
    quality: int = 75,
    compress_level: int | None = None,
    bfloat16: bool = False,
    nrow: int = 8,
    padding: int = 2,
    dataformats: str | None = None,
) -> Encoded: ...
def encode_mask(array: NDArray[Any], /) -> tuple[Encoded, bytes]: ...
def make_grid(
    array: NDArray[Any],
    nrow: int = 8,
    padding: int = 2,
    pad_value: float = 0,
    dataformats: str = "NCHW",
) -> NDArray[Any]: ...
def to_uint8(
    array: NDArray[Any],
    *,
    normalize: bool | tuple[float, float] = True,
    bfloat16: bool = False,
) -> tuple[NDArray[np.uint8], bool]: ...
def guess_mode(array: NDArray[Any], /) -> str: ...
def decode(data: Buffer, /) -> tuple[NDArray[np.uint8], str, int]: ...
def arrow_bytes(schema: Any, array: Any, /) -> NDArray[np.uint8]: ...
def build_info() -> dict[str, str]: ...
