"""Ways to find numbers, compared on composed windows: the page network and components alone.

    python benchmarks/finding.py [--model page.onnx] [--count 300] [--seed 7]

The windows come from the validation part of MNIST's training digits, held-back fonts and letters.
A number counts as found where a box covers most of it and little else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digit_ocr.data.digits import load_digits
from digit_ocr.data.splits import stratified_split
from digit_ocr.imaging.components import Components, find_components
from digit_ocr.inference.finding import FoundNumber, Levels, find_numbers, merge
from digit_ocr.inference.load import load_model
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.pages import STRIDE, compose_pages

Ink = NDArray[np.float32]
OVERLAP = 0.5


@dataclass(slots=True)
class Count:
    """Numbers wanted, found of those, boxes reported, and right ones of those."""

    wanted: int = 0
    found: int = 0
    said: int = 0
    right: int = 0

    def __str__(self) -> str:
        recall, precision = self.found / max(self.wanted, 1), self.right / max(self.said, 1)
        return f"recall {recall:6.1%}  precision {precision:6.1%}  of {self.wanted} numbers"


def find_components_alone(ink: Ink) -> list[FoundNumber]:
    """Return numbers by classical rules: pieces of ink of a digit's shape, joined along lines.

    Thresholded ink, connected components; what is long, thin, tiny, hollow or huge is dropped;
    neighbours of about one height, closer than one height, are one number.
    """
    pieces = find_components(ink > 0.3)
    if not len(pieces):
        return []
    boxes = pieces.boxes[digit_like(pieces, ink.shape)].astype(float)
    if not len(boxes):
        return []
    left, top, right, bottom = boxes.T
    tall, middle = bottom - top, (top + bottom) / 2
    group = np.arange(len(boxes))
    for first in np.argsort(left):
        gap = np.maximum(left - right[first], left[first] - right)
        near = (gap < np.minimum(tall, tall[first])) & (
            np.abs(middle - middle[first]) < 0.4 * np.maximum(tall, tall[first])
        )
        near &= (tall < 1.8 * tall[first]) & (tall > tall[first] / 1.8)
        for other in np.unique(group[near]):
            group[group == other] = group[first]
    found = []
    for name in np.unique(group):
        x0, y0 = boxes[group == name, :2].min(0)
        x1, y1 = boxes[group == name, 2:].max(0)
        found.append(FoundNumber(((x0 + x1) / 2, (y0 + y1) / 2), x1 - x0, y1 - y0, 0.0, 1.0))
    return found


def digit_like(pieces: Components, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pieces have a digit's shape: taller than wide, neither line nor frame."""
    wide = pieces.boxes[:, 2] - pieces.boxes[:, 0]
    tall = pieces.boxes[:, 3] - pieces.boxes[:, 1]
    filled = pieces.areas / (wide * tall)
    kept = (tall >= 7) & (tall <= 0.98 * max(shape)) & (wide <= 1.6 * tall) & (tall <= 9 * wide)
    kept &= (filled > 0.12) & (filled < 0.95)
    if not kept.any():
        return kept
    usual = float(np.median(tall[kept]))
    return kept & (tall > 0.5 * usual) & (tall < 2.2 * usual)


def compare(
    finders: dict[str, Callable[[Ink], Sequence[FoundNumber]]], count: int, seed: int
) -> dict[str, Count]:
    """Return how each way to find did on the same composed windows."""
    digits = load_digits("mnist", None, part="train")
    _, validation = stratified_split(digits.labels, 5000, 0)
    source = GlyphSource(digits.images[validation], digits.labels[validation], held_back=True)
    windows = compose_pages(count, seed, source)
    counts = {name: Count() for name in finders}
    for image, (_, band, _, weight) in zip(windows.images, windows.maps, strict=True):
        wanted = find_components((band > 127) & (weight > 127))
        ink = image.astype(np.float32) / 255
        for name, find in finders.items():
            tally(counts[name], wanted, weight > 127, find(ink))
    return counts


def tally(
    count: Count,
    wanted: Components,
    counted: NDArray[np.bool_],
    found: Sequence[FoundNumber],
) -> None:
    """Add one window: a band is found where one box covers it, and no other band as well."""
    covered = []
    rows, columns = np.indices(counted.shape)
    x, y = (columns + 0.5) * STRIDE, (rows + 0.5) * STRIDE
    for number in found:
        cos, sin = np.cos(number.angle), np.sin(number.angle)
        dx, dy = x - number.centre[0], y - number.centre[1]
        inside = np.abs(dx * cos + dy * sin) <= number.width / 2
        inside &= np.abs(dy * cos - dx * sin) <= number.height / 2
        if inside.any() and counted[inside].mean() > 0.5:
            covered.append(np.bincount(wanted.labels[inside], minlength=len(wanted) + 1)[1:])
    count.wanted += len(wanted)
    count.said += len(covered)
    if not len(wanted) or not covered:
        return
    shares = np.array(covered) / wanted.areas
    exact = (shares > 1 - OVERLAP) & ((shares > 0.3).sum(1, keepdims=True) == 1)
    count.found += int(exact.any(0).sum())
    count.right += int(exact.any(1).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a page model; the shipped one by default")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    model = load_model(options.model, "page")
    finders: dict[str, Callable[[Ink], Sequence[FoundNumber]]] = {
        "page network": lambda ink: merge(find_numbers(Levels(ink, model))),
        "components alone": find_components_alone,
    }
    for name, count in compare(finders, options.count, options.seed).items():
        print(f"{name:18s} {count}")


if __name__ == "__main__":
    main()
