"""Pictures for a page: many digits in one sheet, and colours laid over them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS = 32
HEAT = (214, 84, 20)
"""Red, green, blue of what mattered: to be seen on paper and on dark alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A sheet of tiles as one PNG; `places` maps a picture's index to its (column, row)."""

    png: bytes
    places: dict[int, tuple[int, int]]

    @property
    def uri(self) -> str:
        """The sheet as a data address."""
        return data_uri(self.png)


def sheet_of_digits(images: NDArray[np.uint8], indices: Iterable[int]) -> Sheet:
    """Return a sheet of the chosen images (n, 28, 28) uint8, dark on white, in 16 greys."""
    chosen = sorted(set(indices))
    tiles, places = _tiled(255 - images[chosen], chosen, fill=255)
    greys = Image.fromarray(tiles).quantize(16, dither=Image.Dither.NONE)
    return Sheet(as_png(greys), places)


def sheet_of_heat(maps: NDArray[np.float32]) -> Sheet:
    """Return a sheet of maps (n, 28, 28) in 0..1 as one colour that grows opaque; index 0..n-1."""
    opacity = np.rint(230 * np.clip(maps, 0, 1) ** 1.5).astype(np.uint8)
    tiles, places = _tiled(opacity, range(len(maps)), fill=0)
    coloured = Image.new("RGB", (tiles.shape[1], tiles.shape[0]), HEAT)
    coloured.putalpha(Image.fromarray(tiles))
    return Sheet(as_png(coloured), places)


def as_png(image: Image.Image) -> bytes:
    """Return the picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def data_uri(picture: bytes, kind: str = "png") -> str:
    """Return a picture's bytes as a data address, which needs no file beside the page."""
    return f"data:image/{kind};base64," + base64.b64encode(picture).decode("ascii")


def thumbnail(image: Image.Image, width: int, height: int) -> bytes:
    """Return a picture that fits into `width` by `height`, as JPEG."""
    small = image.convert("RGB")
    small.thumbnail((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80, optimize=True)
    return buffer.getvalue()


def _tiled(
    tiles: NDArray[np.uint8], indices: Iterable[int], fill: int
) -> tuple[NDArray[np.uint8], dict[int, tuple[int, int]]]:
    count, size = len(tiles), 28
    rows = max(1, -(-count // COLUMNS))
    sheet = np.full((rows * size, COLUMNS * size), fill, np.uint8)
    places = {}
    for position, index in enumerate(indices):
        row, column = divmod(position, COLUMNS)
        top, left = row * size, column * size
        sheet[top : top + size, left : left + size] = tiles[position]
        places[int(index)] = (column, row)
    return sheet, places
