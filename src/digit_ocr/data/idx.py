"""The idx format of MNIST's files: a header of sizes, then bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from digit_ocr.errors import DatasetCorrupt

UNSIGNED_BYTE = 0x08
MAX_DIMENSIONS = 4


def parse_idx(data: bytes, name: str = "idx data") -> npt.NDArray[np.uint8]:
    """Return the array that `data` holds: uint8, 1 to 4 dimensions, read-only.

    Raises: DatasetCorrupt: the header is not that of unsigned bytes, or the length does not match.
    """
    if len(data) < 4 or data[0] != 0 or data[1] != 0:
        raise DatasetCorrupt(f"{name} is no idx file: it must begin with two zero bytes")
    kind, dimensions = data[2], data[3]
    if kind != UNSIGNED_BYTE or not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DatasetCorrupt(
            f"{name} holds type 0x{kind:02x} in {dimensions} dimensions; expected unsigned bytes "
            f"(0x08) in 1 to {MAX_DIMENSIONS}"
        )
    header_bytes = 4 + 4 * dimensions
    if len(data) < header_bytes:
        raise DatasetCorrupt(f"{name} ends inside its header after {len(data)} bytes")
    shape = tuple(
        int.from_bytes(data[start : start + 4], "big") for start in range(4, header_bytes, 4)
    )
    expected_bytes = header_bytes + math.prod(shape)
    if len(data) != expected_bytes:
        raise DatasetCorrupt(
            f"{name} has {len(data)} bytes; its header {shape} asks for {expected_bytes}"
        )
    return np.frombuffer(data, np.uint8, offset=header_bytes).reshape(shape)


def idx_bytes(array: npt.NDArray[Any] | Iterable[Any]) -> bytes:
    """Return `array` (whole numbers 0..255, 1 to 4 dimensions) as the bytes of an idx file."""
    values = np.ascontiguousarray(array, dtype=np.uint8)
    header = bytes((0, 0, UNSIGNED_BYTE, values.ndim))
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return header + sizes + values.tobytes()
