"""Digits and letters of fonts with an open licence, which Python packages ship or are fetched.

A font that is not there is passed over. Training uses `TRAINING_FONTS`; `HELD_BACK_FONTS` are kept
for tests, so that a reader can be measured on printed letters whose font it never saw.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from digit_ocr.data.font_packages import fonts_folder
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS, crop_tight

Ink = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Font:
    """A font file inside a package: of Python, or one that was fetched."""

    package: str
    file: str
    licence: str


FONTSOURCE = "@fontsource/"
FETCHED = (FONTSOURCE, "dseg")
"""What the names of packages begin with that `digit-ocr data fetch fonts` gets."""

_NO_CHARACTER = "\uffff"
"""No font has it: each shows what it shows in the place of what it lacks."""

_OFL, _APACHE = "OFL-1.1", "Apache-2.0"
_DEJAVU = "Bitstream Vera / public domain"
_MATPLOTLIB = "mpl-data/fonts/ttf/"

TRAINING_FONTS: tuple[Font, ...] = (
    *(
        Font("matplotlib", f"{_MATPLOTLIB}DejaVu{name}.ttf", _DEJAVU)
        for name in ("Sans", "Sans-Bold", "Sans-Oblique", "SansMono", "Serif", "Serif-Bold")
    ),
    *(Font("font_roboto", f"files/Roboto-{name}.ttf", _APACHE)
      for name in ("Regular", "Bold", "Light", "Thin", "Italic", "Black")),
    *(Font("font_source_sans_pro", f"files/SourceSansPro-{name}.ttf", _OFL)
      for name in ("Regular", "Semibold", "LightIt")),
    *(Font("font_source_serif_pro", f"files/SourceSerifPro-{name}.ttf", _OFL)
      for name in ("Regular", "Bold", "It")),
    *(Font("font_amatic_sc", f"files/AmaticSC-{name}.ttf", _OFL) for name in ("Regular", "Bold")),
    *(Font("font_hanken_grotesk", f"files/HankenGrotesk-{name}.otf", _OFL)
      for name in ("Regular", "Bold")),
    Font("font_fredoka_one", "files/FredokaOne-Regular.ttf", _OFL),
    Font("font_intuitive", "files/Intuitive.ttf", _OFL),
)  # fmt: skip

HELD_BACK_FONTS: tuple[Font, ...] = (
    *(Font("font_caladea", f"files/Caladea-{name}.ttf", _APACHE)
      for name in ("Regular", "Bold", "Italic")),
    *(Font("font_manrope", f"files/Manrope-{name}.ttf", _OFL) for name in ("Regular", "Bold")),
    Font("matplotlib", f"{_MATPLOTLIB}DejaVuSansMono-Bold.ttf", _DEJAVU),
)  # fmt: skip


@cache
def installed_fonts(held_back: bool = False) -> tuple[Font, ...]:
    """Return the training fonts that are installed, or those held back for tests."""
    fonts = HELD_BACK_FONTS if held_back else TRAINING_FONTS
    return tuple(font for font in fonts if is_installed(font))


def is_installed(font: Font) -> bool:
    """Return whether the font is there."""
    return _path(font) is not None


@cache
def printed(character: str, font: Font) -> Ink | None:
    """Return the printed character as tight ink, float32 0..1; None where the font lacks it.

    A digit of the font is `HEIGHT_PIXELS` high. The array is shared: do not write to it.
    """
    ink, _ = printed_text(character, font)
    if not ink.any() or np.array_equal(ink, printed_text(_NO_CHARACTER, font)[0]):
        return None
    ink.flags.writeable = False
    return ink


@cache
def foot_of(character: str, font: Font) -> float:
    """Return where a character ends, in heights of the digits: 0 is their top, 1 their foot."""
    return printed_text(character, font)[1]


def printed_text(text: str, font: Font) -> tuple[Ink, float]:
    """Return what is printed, spaced as the font has it, and where it ends as `foot_of` does.

    Tight ink, float32 0..1, beside digits `HEIGHT_PIXELS` high; empty without the font.
    """
    face = face_of(font, HEIGHT_PIXELS)
    if face is None:
        return np.zeros((1, 1), np.float32), 1.0
    # `getbbox` takes all down to the baseline for a dash's: only its ink tells.
    ink = _drawn(text, face)
    top, foot = _digit_rows(font)
    return crop_tight(ink), (_inked_rows(ink)[1] - top) / max(1, foot - top)


@cache
def face_of(font: Font, height_pixels: int) -> ImageFont.FreeTypeFont | None:
    """Return the font at the size at which a digit is so high; None where it is not installed."""
    path = _path(font)
    if path is None:
        return None
    probe = ImageFont.truetype(str(path), 100)
    _, top, _, bottom = probe.getbbox("8")
    return ImageFont.truetype(str(path), round(100 * height_pixels / max(1, bottom - top)))


def _drawn(text: str, face: ImageFont.FreeTypeFont) -> Ink:
    """Return printed text as ink; its rows are those of any other text of this face."""
    left, _, right, bottom = (int(edge) for edge in face.getbbox(text))
    picture = Image.new("L", (max(1, right - left + 4), bottom + 4))
    ImageDraw.Draw(picture).text((2 - left, 2), text, font=face, fill=255)
    return np.asarray(picture, np.float32) / np.float32(255)


@cache
def _digit_rows(font: Font) -> tuple[int, int]:
    face = face_of(font, HEIGHT_PIXELS)
    return (0, HEIGHT_PIXELS) if face is None else _inked_rows(_drawn("8", face))


def _inked_rows(ink: Ink) -> tuple[int, int]:
    rows = np.flatnonzero((ink > 0.1).any(axis=1))
    return (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, len(ink))


@cache
def _path(font: Font) -> Path | None:
    if font.package.startswith(FETCHED):
        path = fonts_folder() / font.package / font.file
        return path if path.is_file() else None
    try:
        spec = importlib.util.find_spec(font.package)
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / font.file
        if path.is_file():
            return path
    return None
