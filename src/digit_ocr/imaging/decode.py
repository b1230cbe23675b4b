"""A source (path, bytes, PIL image or array) made an upright picture, or a one-line refusal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from digit_ocr.errors import ExtraNotInstalled, ImageNotReadable, ImageTooLarge

Source = str | PathLike[str] | bytes | Image.Image | NDArray[Any]
"""What every reader takes for a picture."""

MAX_PIXELS = 100_000_000
"""Larger pictures are refused from their header: a 20 kB file can claim several gigabytes."""

MAX_PAGES = 1000
"""A multi-page file is read up to here: a small file can claim millions of pages."""

# Named one by one, because Pillow also opens formats that start other programs (EPS).
COMMON_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM")
FORMATS = (*COMMON_FORMATS, *("TIFF", "WEBP", "DIB", "JPEG2000", "AVIF", "TGA", "ICO", "HEIF"))
EXPECTED = "expected a picture (PNG, JPEG, TIFF, WebP, BMP, GIF, …)"
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
PAPER_SIDE = 512
"""Pixels of a transparent picture's shorter side that are enough to see what paper suits it."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""How much red, green and blue count in grey (ITU-R BT.601, as Pillow has it)."""
WIDE_MODES = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})


def open_picture(source: Source) -> Image.Image:
    """Return the picture upright in mode RGB; transparent parts show the paper that suits the ink.

    Arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): bool, integers in 0..255, uint16, or
    floats in 0..1. Of an animation or a file with many pages, the first.

    Raises: ImageNotReadable: missing, damaged, too large, or no picture.
            ExtraNotInstalled: a HEIC picture, and pillow-heif is not there.
    """
    return _first_page(source).convert("RGB")


def load_grey(source: Source) -> NDArray[np.uint8]:
    """Return the upright picture as (H, W) uint8 luminance; raises as `open_picture` does."""
    if isinstance(source, np.ndarray) and source.dtype == np.uint8 and source.ndim == 2:
        _check_size("the array", source.shape[1], source.shape[0])
        return source
    return np.asarray(_first_page(source).convert("L"))


def open_pages(source: Source) -> Iterator[Image.Image | ImageNotReadable]:
    """Yield each page of a multi-page TIFF as `open_picture` would; of other pictures, the one.

    A damaged page of several is an error in its place; so is what comes after MAX_PAGES.

    Raises: as `open_picture` does, where there is no page at all.
    """
    name = _name_of(source)
    if isinstance(source, np.ndarray | Image.Image):
        yield open_picture(source)
        return
    with _opened(source, name) as image:
        page_count = _count_pages(image) if image.format == "TIFF" else 1
        if page_count == 1:
            yield _upright(image).convert("RGB")
            return
        for page in range(min(page_count, MAX_PAGES)):
            yield _page(image, page, f"{name}, page {page + 1}")
        if page_count > MAX_PAGES:
            yield ImageNotReadable(
                f"{name}: {page_count} pages; those after {MAX_PAGES} are left out"
            )


def _count_pages(image: Image.Image) -> int:
    """Return how many pages a TIFF has, one whose directory is damaged among them."""
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # Of a damaged directory Pillow may say anything.
        page = 0
        with suppress(Exception):
            while True:
                image.seek(page + 1)
                page += 1
        image.seek(0)
        return page + 2


def _page(image: Image.Image, page: int, name: str) -> Image.Image | ImageNotReadable:
    try:
        with _refusing(name):
            image.seek(page)
            _check_size(name, *image.size)
            return _upright(image).convert("RGB")
    except ImageNotReadable as error:
        return error


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height as the header of a picture says, before any pixel is decoded.

    Raises: as `open_picture` does, but for what only pixels show.
    """
    with _opened(data, _name_of(data)) as image:
        return image.size


def _first_page(source: Source) -> Image.Image:
    """Return the picture upright, in mode L or RGB."""
    name = _name_of(source)
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        _check_size(name, *source.size)
        with _refusing(name):
            return _upright(source)
    with _opened(source, name) as image:
        return _upright(image)


def _name_of(source: Source) -> str:
    if isinstance(source, str | PathLike):
        # A name may hold line breaks; a message may not.
        return " ".join(str(fspath(source)).split()) or "''"
    kinds: dict[type, str] = {bytes: "the bytes", np.ndarray: "the array"}
    if isinstance(source, Image.Image):
        return "the image"
    try:
        return next(name for kind, name in kinds.items() if isinstance(source, kind))
    except StopIteration:
        raise ImageNotReadable(
            f"a {type(source).__name__} is no picture; "
            "expected a path, bytes, a PIL image or a numpy array"
        ) from None


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into `ImageNotReadable`."""
    try:
        yield
    except (ImageNotReadable, ExtraNotInstalled):
        raise
    except UnidentifiedImageError as error:
        raise ImageNotReadable(f"{name}: not a picture that we decode; {EXPECTED}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(f"{name}: {_too_large()}") from error
    except Exception as error:  # Pillow's decoders raise almost anything on damaged bytes.
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageNotReadable(f"{name}: damaged picture ({reason}); {EXPECTED}") from error


@contextmanager
def _opened(source: str | PathLike[str] | bytes, name: str) -> Iterator[Image.Image]:
    """Give the picture with its header read and its size checked, its pixels not yet decoded."""
    with _stream(source, name) as stream, _refusing(name):
        head = stream.read(32)
        stream.seek(0)
        if not head:
            raise ImageNotReadable(f"{name}: empty file; {EXPECTED}")
        if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
            _register_heic()
        with _open_header(stream) as image:
            _check_size(name, *image.size)
            yield image


def _open_header(stream: BinaryIO) -> Image.Image:
    """Return the picture behind the stream, its header read."""
    try:
        return Image.open(stream, formats=COMMON_FORMATS)
    except UnidentifiedImageError:
        # Loads Pillow's other decoders, which takes a moment; not every build has them all.
        Image.init()
        stream.seek(0)
        return Image.open(stream, formats=[name for name in FORMATS if name in Image.OPEN])


@contextmanager
def _stream(source: str | PathLike[str] | bytes, name: str) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        stream = Path(source).open("rb")  # noqa: SIM115 - closed below, outside this try
    except FileNotFoundError as error:
        raise ImageNotReadable(f"{name}: no such file; {EXPECTED}") from error
    except IsADirectoryError as error:
        raise ImageNotReadable(f"{name}: a folder; {EXPECTED}") from error
    except PermissionError as error:
        raise ImageNotReadable(f"{name}: no permission to read it; {EXPECTED}") from error
    except (OSError, ValueError) as error:
        raise ImageNotReadable(f"{name}: cannot be opened ({error}); {EXPECTED}") from error
    with stream:
        # A pipe cannot be read twice, as finding the format does.
        yield stream if stream.seekable() else io.BytesIO(stream.read())


@cache
def _register_heic() -> None:
    try:
        import pillow_heif
    except ImportError as error:
        raise ExtraNotInstalled("reading HEIC pictures", "heic") from error
    pillow_heif.register_heif_opener()


def _too_large() -> str:
    return f"too large; expected at most {MAX_PIXELS // 1_000_000} megapixels"


def _check_size(name: str, width: int, height: int) -> None:
    if width * height == 0:
        raise ImageNotReadable(f"{name}: {width}x{height} pixels; expected at least one")
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(f"{name}: {width}x{height} pixels, {_too_large()}")


def _upright(image: Image.Image) -> Image.Image:
    """Decode, turn as the EXIF orientation says, and flatten to mode L or RGB."""
    image.load()
    return _flattened(_turned(image))


def _turned(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image
    except Exception:  # Damaged EXIF says nothing about the pixels, which are fine.
        return image


def _flattened(image: Image.Image) -> Image.Image:
    """Return the picture without transparency and with 8 bits a channel: mode L or RGB."""
    if image.mode in WIDE_MODES:
        return Image.fromarray(_narrowed(np.asarray(image)))
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        return _on_paper(image.convert("RGBA"))
    if image.mode in {"L", "RGB"}:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _narrowed(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return wide grey values as uint8: by the bits in use, or stretched if they are floats."""
    wide = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(wide.min()), float(wide.max())
    if values.dtype.kind == "f" or low < 0:
        low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, max(high, low + 1e-9))
    else:
        # Scanners store 12 bits in 16; more are stretched.
        tops = (255.0, 4095.0, 65535.0)
        low, high = 0.0, next((top for top in tops if high <= top), high)
    return np.round((wide - low) * (255.0 / (high - low))).astype(np.uint8)


def _on_paper(image: Image.Image) -> Image.Image:
    """Return RGBA laid on white under dark ink, on black under light ink."""
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return image.convert("RGB")
    value = round(_paper_under(image))
    laid = Image.new("RGB", image.size, (value, value, value))
    laid.paste(image, mask=alpha)
    return laid


def _paper_under(image: Image.Image) -> float:
    """Return how light the paper is that suits what RGBA shows; a reduced copy tells."""
    step = max(1, min(image.size) // PAPER_SIDE)
    pixels = np.asarray(image)[::step, ::step]
    alpha = pixels[..., 3].astype(np.float32) / 255
    grey = pixels[..., :3].astype(np.float32) @ LUMA
    visible = alpha > 0.5
    if visible.mean() > 0.5:
        # A cut-out photo brings its own paper: fill the rest with that.
        return float(np.median(grey[visible]))
    weight = float(alpha.sum())
    return 255.0 if weight == 0 or float((grey * alpha).sum()) < 127.5 * weight else 0.0


def _from_array(array: NDArray[Any]) -> Image.Image:
    """Return the array as mode L or RGB."""
    shape = f"an array of shape {array.shape} and type {array.dtype}"
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageNotReadable(f"{shape} is no picture; expected (H, W) or (H, W, 1 or 3 or 4)")
    _check_size("the array", array.shape[1], array.shape[0])
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    return _flattened(Image.fromarray(np.ascontiguousarray(_as_bytes(array, shape))))


def _as_bytes(array: NDArray[Any], shape: str) -> NDArray[np.uint8]:
    """Return the values as uint8 in 0..255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "u" and array.itemsize == 2:
        return _narrowed(array)
    if array.dtype.kind in "iuf":
        low, high = array.min(), array.max()
        top = 1 if array.dtype.kind == "f" else 255
        # Written so that NaN fails it.
        if not (low >= -1e-3 and high <= top + 1e-3):
            raise ImageNotReadable(f"{shape} holds {low}..{high}; expected 0..{top}")
        return np.round(array.clip(0, top) * (255.0 / top)).astype(np.uint8)
    raise ImageNotReadable(f"{shape} is no picture; expected bool, integers or floats")
