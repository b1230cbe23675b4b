"""Every source becomes an upright picture, or one line that says why not."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from digit_ocr.errors import ExtraNotInstalled, ImageNotReadable
from digit_ocr.imaging import decode
from digit_ocr.imaging.decode import load_grey, open_pages, open_picture


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def stroke(size: tuple[int, int] = (30, 20)) -> Image.Image:
    """White paper with a black bar in its upper left quarter."""
    image = Image.new("L", size, 255)
    image.paste(0, (2, 2, 10, 6))
    return image


def bomb(width: int, height: int) -> bytes:
    """A PNG of that size in a few bytes: its pixels are never there."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(20_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM"])
def test_common_formats_are_read_from_bytes_and_from_files(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(stroke().convert("RGB"), kind))
    for source in (path, str(path), path.read_bytes()):
        assert np.abs(load_grey(source).astype(int) - np.asarray(stroke())).max() < 40


def test_a_picture_is_rgb_and_its_grey_is_two_dimensional() -> None:
    assert open_picture(encoded(stroke())).mode == "RGB"
    assert load_grey(encoded(stroke())).shape == (20, 30)
    assert load_grey(encoded(stroke())).dtype == np.uint8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_photo_stands_upright(orientation: int) -> None:
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turned = stroke().transpose(undone[orientation]) if orientation > 1 else stroke()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    np.testing.assert_array_equal(load_grey(encoded(turned, exif=exif)), np.asarray(stroke()))


def test_damaged_exif_does_not_cost_the_picture() -> None:
    data = encoded(stroke(), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    np.testing.assert_array_equal(load_grey(data), np.asarray(stroke()))


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0)])
def test_transparent_paper_becomes_the_opposite_of_its_ink(ink: int, paper: int) -> None:
    image = Image.new("RGBA", (20, 20), (90, 90, 90, 0))
    image.paste((ink, ink, ink, 255), (5, 5, 8, 15))
    grey = load_grey(encoded(image))
    assert grey[10, 6] == ink
    assert grey[0, 0] == paper


def test_a_cut_out_photo_brings_its_own_paper() -> None:
    image = Image.new("RGBA", (20, 20), (200, 200, 200, 255))
    image.paste((0, 0, 0, 255), (5, 5, 8, 15))
    image.paste((0, 0, 0, 0), (0, 0, 4, 4))
    assert load_grey(image)[0, 0] == 200


def test_a_transparent_palette_is_flattened_too() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0, 10, 10, 10])
    image.paste(1, (2, 2, 4, 6))
    grey = load_grey(encoded(image, transparency=0))
    assert grey[0, 0] == 255
    assert grey[3, 3] == 10


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "I", "F", "LA", "RGBA"])
def test_every_mode_keeps_dark_on_light(mode: str) -> None:
    image = stroke().convert("RGB").convert(mode) if mode != "LA" else stroke().convert("LA")
    grey = load_grey(image)
    assert grey[4, 4] < 30
    assert grey[15, 20] > 225


@pytest.mark.parametrize("top", [4095, 65535])
def test_sixteen_bits_keep_their_contrast(top: int) -> None:
    values = (np.asarray(stroke()).astype(np.uint32) * top // 255).astype(np.uint16)
    for source in (encoded(Image.fromarray(values)), Image.fromarray(values), values):
        np.testing.assert_array_equal(load_grey(source), np.asarray(stroke()))


def test_of_an_animation_the_first_frame_is_read() -> None:
    frames = [stroke(), Image.new("L", (30, 20), 255)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert load_grey(data)[4, 4] == 0
    assert len(list(open_pages(data))) == 1


def test_each_page_of_a_tiff_is_opened() -> None:
    pages = [stroke(), Image.new("L", (7, 9), 100)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [page.size for page in open_pages(data)] == [(30, 20), (7, 9)]
    assert [page.mode for page in open_pages(data)] == ["RGB", "RGB"]


def test_pages_before_a_damaged_one_of_a_tiff_are_opened() -> None:
    pages = [stroke(), Image.new("L", (7, 9), 100), Image.new("L", (5, 5))]
    data = bytearray(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    at = first + 2 + 12 * entries
    second = int.from_bytes(data[at : at + 4], "little")
    entries = int.from_bytes(data[second : second + 2], "little")
    at = second + 2 + 12 * entries
    data[at : at + 4] = (2 * len(data)).to_bytes(4, "little")
    *opened, last = open_pages(bytes(data))
    assert [page.size for page in opened] == [(30, 20), (7, 9)]
    assert isinstance(last, ImageNotReadable)


@pytest.mark.parametrize(
    "source",
    [
        np.zeros((5, 6), np.uint8),
        np.zeros((5, 6), np.uint8).view(np.recarray),
        Image.new("L", (6, 5)),
    ],
)
def test_pages_of_what_has_none_are_the_picture_itself(source: object) -> None:
    assert [page.size for page in open_pages(source)] == [(6, 5)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "array",
    [
        np.full((4, 5), True),
        np.full((4, 5), 255, np.uint8),
        np.full((4, 5, 1), 255, np.uint8),
        np.full((4, 5, 3), 255, np.uint8),
        np.full((4, 5, 4), 255, np.uint8),
        np.full((4, 5), 65535, np.uint16),
        np.full((4, 5), 65535, np.dtype(">u2")),
        np.full((4, 5), 255, np.int64),
        np.full((4, 5), 1.0, np.float32),
        np.full((4, 5), 255, np.uint8)[::-1, ::-1],
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_of_every_kind_are_pictures(array: np.ndarray) -> None:
    grey = load_grey(array)
    assert grey.shape == (4, 5)
    assert grey.min() == 255


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((0, 4)), "at least one"),
        (np.zeros(7), "expected (H, W)"),
        (np.zeros((4, 4, 2)), "expected (H, W)"),
        (np.full((4, 4), np.nan), "expected 0..1"),
        (np.full((4, 4), 300), "expected 0..255"),
        (np.full((4, 4), 5.0), "expected 0..1"),
        (np.zeros((4, 4), complex), "expected bool"),
        (np.broadcast_to(np.uint8(0), (60_000, 60_000)), "megapixels"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(array: np.ndarray, said: str) -> None:
    with pytest.raises(ImageNotReadable) as caught:
        load_grey(array)
    assert said in str(caught.value)


def truncated() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)
    return encoded(Image.fromarray(noise))[:1500]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty file"),
        (b"seven", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (truncated(), "damaged"),
        (bomb(60_000, 60_000), "too large"),
        (bomb(12_000, 10_000), "too large"),
    ],
    ids=["empty", "text", "eps", "truncated", "bomb", "large"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_file_that_is_no_picture_is_refused_in_one_line(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(content)
    for source in (path, content):
        with pytest.raises(ImageNotReadable) as caught:
            open_picture(source)
        message = str(caught.value)
        assert said in message
        assert "expected" in message
        assert "\n" not in message
    with pytest.raises(ImageNotReadable, match=r"seven\.png"):
        load_grey(path)


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", never)
    with pytest.raises(ImageNotReadable, match="megapixels"):
        open_picture(bomb(60_000, 60_000))


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "folder"), ("missing.png", "no such file"), ("a\nb.png", "a b.png"), ("x\0", "opened")],
)
def test_a_path_without_a_file_is_refused_by_name(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImageNotReadable) as caught:
        open_picture(os.path.join(tmp_path, name))  # noqa: PTH118 - keeps the null byte
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "locked.png"
    path.write_bytes(encoded(stroke()))

    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Not by chmod: root, which CI often is, may read everything.
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(ImageNotReadable, match="no permission"):
        open_picture(path)


def test_what_is_no_source_at_all_is_refused() -> None:
    with pytest.raises(ImageNotReadable, match="int is no picture"):
        open_picture(7)  # type: ignore[arg-type]


def test_heic_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    decode._register_heic.cache_clear()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ExtraNotInstalled, match=r"digit-ocr\[heic\]"):
        open_picture(b"\0\0\0\x18ftypheic" + bytes(40))


def test_heic_is_read_with_its_extra() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    decode._register_heic.cache_clear()
    stream = io.BytesIO()
    pillow_heif.from_pillow(stroke((64, 64)).convert("RGB")).save(stream, quality=90)
    assert load_grey(stream.getvalue()).shape == (64, 64)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_image_not_readable(content: bytes) -> None:
    with contextlib.suppress(ImageNotReadable):
        open_picture(content)


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP"]),
    cut=st.floats(0, 1),
    place=st.floats(0, 1),
    value=st.integers(0, 255),
)
def test_damaged_pictures_raise_nothing_but_image_not_readable(
    kind: str, cut: float, place: float, value: int
) -> None:
    content = bytearray(encoded(stroke(), kind))
    content[int(place * (len(content) - 1))] = value
    damaged = bytes(content[: 1 + int(cut * len(content))])
    for read in (load_grey, lambda source: list(open_pages(source))):
        with contextlib.suppress(ImageNotReadable):
            read(damaged)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PNG"])
def test_the_size_is_told_by_the_header_in_a_process_that_has_decoded_nothing(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(stroke(), kind))
    program = (
        "import pathlib, sys; from digit_ocr.imaging.decode import size_of; "
        "print(size_of(pathlib.Path(sys.argv[1]).read_bytes()))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert told.stdout == "(30, 20)\n"


def test_half_transparent_ink_is_laid_on_its_paper() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 18:22] = (0, 0, 0, 255)
    pixels[10:30, 22:24] = (0, 0, 0, 128)
    grey = load_grey(pixels)
    assert grey[0, 0] == 255
    assert grey[20, 20] == 0
    assert grey[20, 22] == pytest.approx(127, abs=1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "picture"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        writer.submit(pipe.write_bytes, encoded(stroke(), "WEBP", lossless=True))
        np.testing.assert_array_equal(load_grey(pipe), np.asarray(stroke()))
