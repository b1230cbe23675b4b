"""Make the README's picture: a sample of our own making, and what the shipped weights read in it.

python docs/reading_picture.py        # writes docs/images/reading.png
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import digit_ocr

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "src" / "digit_ocr" / "service" / "static" / "samples" / "list.jpg"
PICTURE = ROOT / "docs" / "images" / "reading.png"
SIZE = (800, 600)
COLOURS = 256


def main() -> None:
    """Read the sample, draw the reading, and save it small."""
    reading = digit_ocr.read(SAMPLE)
    print(reading.text)
    drawn = reading.render().resize(SIZE, Image.Resampling.LANCZOS)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    drawn.quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
