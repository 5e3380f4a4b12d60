from typing import Any, SupportsIndex, final

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
    is_clipped: bool
    dropped_alpha: bool
    is_scaled: bool
    @property
    def value_range(self) -> tuple[float, float] | None: ...
    @property
    def scale(self) -> tuple[float, float]: ...
    def __bytes__(self) -> bytes: ...
    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Probe:
    @property
    def is_foreign(self) -> bool: ...
    def __new__(cls) -> Probe: ...
    def feed(self, piece: Buffer, /) -> None: ...
    def finish(self) -> tuple[str, int, int]: ...

def encode(
    array: NDArray[Any],
    file_type: str = "png",
    mode: str | None = None,
    bit_depth: SupportsIndex = 8,
    normalize: Any = True,
    quality: SupportsIndex = 75,
    compress_level: SupportsIndex | None = None,
    num_threads: SupportsIndex = 1,
    *,
    bfloat16: bool = False,
    colormap: bytes | None = None,
    nan_color: bytes | None = None,
    tensor_rule: bool = False,
    keeps_sides: bool = False,
) -> Encoded: ...
def encode_grid(
    array: NDArray[Any],
    file_type: str = "png",
    mode: str | None = None,
    bit_depth: SupportsIndex = 8,
    normalize: Any = True,
    quality: SupportsIndex = 75,
    compress_level: SupportsIndex | None = None,
    num_threads: SupportsIndex = 1,
    *,
    bfloat16: bool = False,
    nrow: int = 8,
    padding: int = 2,
    dataformats: str | None = None,
) -> Encoded: ...
def encode_mask(
    array: NDArray[Any], /, *, num_threads: SupportsIndex = 1
) -> tuple[Encoded, bytes]: ...
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
    normalize: Any = True,
    bfloat16: bool = False,
    num_threads: SupportsIndex = 1,
) -> tuple[NDArray[np.uint8], bool, tuple[float, float] | None]: ...
def guess_mode(array: NDArray[Any], /) -> str: ...
def decode(
    data: Buffer,
    /,
    *,
    max_pixels: SupportsIndex | None = 268435456,
    keep_16_bits: bool = False,
) -> tuple[NDArray[np.uint8], str, int]: ...
def arrow_bytes(schema: Any, array: Any, /) -> NDArray[np.uint8]: ...
def build_info() -> dict[str, str]: ...
