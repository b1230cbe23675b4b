"""Tell for each threshold of reading which value is best on composed pages and crops.

    python benchmarks/fit_reading.py [--number number.onnx] [--page page.onnx] [--pages 40]
        [--crops 200] [--only NAME ...] [--write]

Digits, fonts and letters are held back from training; words, scribbles and writing that shows
through are what must not be reported. Every picture is read once: what the networks say of a
region is remembered, and only what is made of it is done anew for each value, the others as they
stand. Printed for each value are the F1 of exactly read numbers and the log loss of their
confidences; by the loss is chosen the temperature in the line reader's metadata, which `--write`
puts there.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from composed_pages import (
    Judged,
    Page,
    Written,
    composed_pages,
    composed_row,
    f1,
    held_back_source,
    judge,
    turned,
)
from numpy.typing import NDArray

from digit_ocr.data.cache import write_atomically
from digit_ocr.data.mnist_dataset import load_mnist
from digit_ocr.inference import finding, numbers, second_opinion, sureness, way_up
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import Model, load_model
from digit_ocr.inference.metadata import METADATA_KEY, ModelMetadata
from digit_ocr.inference.read_number import ReadNumber
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.strings import photograph_number

SEED = 60
TEMPERATURES = (0.8, 0.9, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5)
PAGES, CROPS, TURNED = "pages", "crops", "turned pages"
THRESHOLDS: tuple[tuple[str, ModuleType, str, tuple[float, ...]], ...] = (
    (PAGES, sureness, "LEAST_DIGITS_CONFIDENCE", (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
    (PAGES, sureness, "LEAST_NUMBER_CONFIDENCE", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    (PAGES, sureness, "LEAST_ON_PAGE", (0.0, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6)),
    (PAGES, sureness, "LENIENCE", (0.0, 0.1, 0.2, 0.35)),
    (PAGES, sureness, "DIGIT_BONUS", (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)),
    (PAGES, sureness, "AGREEMENT", (0.0, 0.05, 0.1, 0.2, 0.4)),
    (PAGES, sureness, "BOX_POWER", (0.25, 0.4, 0.6, 0.8, 0.9, 1.0, 1.2)),
    (PAGES, sureness, "DISSENT", (0.0, 0.15, 0.3, 0.5, 0.8)),
    (PAGES, sureness, "USUAL_SHARE", (0.6, 0.7, 0.75, 0.8, 0.9)),
    (PAGES, sureness, "USUAL_BOXES", (4, 8, 16, 32)),
    (PAGES, sureness, "AMID_LETTERS", (0.01, 0.03, 0.1, 0.3, 1.0)),
    (PAGES, numbers, "MARGIN", (0.04, 0.08, 0.12, 0.16, 0.2)),
    (PAGES, finding, "BAND_THRESHOLD", (0.35, 0.4, 0.45, 0.5, 0.55)),
    (PAGES, finding, "INK_THRESHOLD", (0.3, 0.4, 0.5, 0.6)),
    (PAGES, finding, "LEAST_BOX_CONFIDENCE", (0.4, 0.5, 0.6, 0.7, 0.8)),
    (PAGES, finding, "EDGE", (0.0, 1.0, 2.0, 3.0, 4.0)),
    (PAGES, finding, "SAME", (0.3, 0.45, 0.6)),
    (PAGES, finding, "TALL_ENOUGH", (8.0, 12.0, 14.0, 16.0, 18.0, 24.0, 1000.0)),
    (CROPS, numbers, "SURE", (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    (CROPS, second_opinion, "WEIGHT", (0.0, 0.25, 0.5, 0.75, 1.0)),
    (CROPS, second_opinion, "SIGN_CHANCE", (0.05, 0.1, 0.2, 0.3, 0.5)),
    (CROPS, second_opinion, "EVEN_SPACE_CHANCE", (0.1, 0.2, 0.3, 1.0)),
    (CROPS, second_opinion, "WIDER", (1.0, 1.1, 1.25, 1.5)),
    (CROPS, numbers, "DOUBT", (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)),
    (TURNED, way_up, "SHARE", (0.6, 0.7, 0.8, 0.9, 1.0)),
    (TURNED, way_up, "UNLIKELY", (0.0, 0.25, 0.35, 0.45)),
    (TURNED, numbers, "WELL_READ", (0.0, 0.6, 0.67, 0.75, 0.8)),
    (TURNED, sureness, "LEAST_MEAN", (0.0, 0.6, 0.65, 0.7, 0.75, 0.8)),
    (TURNED, numbers, "UPRIGHT", (1.0, 1.25, 1.6, 2.2)),
)
"""What each threshold is judged on, where it stands, its name and the values to try."""


class RememberingModel:
    """A model that runs once for each input."""

    def __init__(self, model: Model) -> None:
        self.model, self.metadata = model, model.metadata
        self.known: dict[bytes, NDArray[np.float32]] = {}

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        key = hashlib.blake2b(np.ascontiguousarray(images).view(np.uint8).data).digest()
        if key not in self.known:
            self.known[key] = self.model(images).astype(np.float32)
        return self.known[key]


class RememberingReader(numbers.NumberReader):
    """A reader that reads each region of each picture once."""

    def __init__(self, number_model: Model, page_model: Model) -> None:
        digit_reader = DigitReader(load_model(kind="digit", threads=1))
        super().__init__(RememberingModel(number_model), RememberingModel(page_model), digit_reader)
        self.known: dict[Any, Any] = {}

    def _read_all(  # type: ignore[no-untyped-def]
        self, page, regions, length
    ) -> list[ReadNumber | None]:
        picture = hashlib.blake2b(page.grey.data).digest()
        keys = [(picture, repr(region), page.dark_on_light) for region in regions]
        new = [place for place, key in enumerate(keys) if key not in self.known]
        read = super()._read_all(page, [regions[k] for k in new], length)
        self.known.update(zip([keys[k] for k in new], read, strict=True))
        return [self.known[key] for key in keys]


def compose(source: GlyphSource, pages: int, crops: int) -> dict[str, list[Page]]:
    """Return upright pages, turned ones beside some that are not, and crops."""
    upright = list(composed_pages(source, pages, SEED))
    some = upright[: pages // 4]
    return {
        PAGES: upright,
        TURNED: [*some, *(turned(page, 1 + k % 3) for k, page in enumerate(some))],
        CROPS: [*rows(source, crops // 2), *photos(source, crops - crops // 2)],
    }


def rows(source: GlyphSource, count: int) -> Iterator[Page]:
    """Yield crops of one line with one to three numbers."""
    for index in range(count):
        yield composed_row(source, np.random.default_rng((SEED, 1, index)))


def photos(source: GlyphSource, count: int) -> Iterator[Page]:
    """Yield crops as the line reader learns from: one number each, or something else."""
    for index in range(count):
        rng = np.random.default_rng((SEED, 2, index))
        picture, region, digits = photograph_number(source, rng, is_several=False)
        x0, y0, x1, y1 = region or (0, 0, picture.shape[1], picture.shape[0])
        picture = np.ascontiguousarray(picture[y0:y1, x0:x1])
        text = "".join(map(str, digits))
        yield Page(picture, (Written(text, (0, 0, x1 - x0, y1 - y0)),) if text else ())


def read(reader: numbers.NumberReader, pictures: Sequence[Page]) -> list[Judged]:
    """Return what the reader makes of each picture."""
    return [judge(page, reader.read(page.picture)) for page in pictures]


def curve(
    reader: RememberingReader,
    pictures: Sequence[Page],
    module: ModuleType,
    name: str,
    values: Sequence[float],
) -> dict[float, list[Judged]]:
    """Return what is read with each value of a threshold, which is left as it was."""
    in_use = getattr(module, name)
    # What sureness defines is imported by name.
    holders = [module, *([numbers] if module is sureness and hasattr(numbers, name) else [])]
    result = {}
    try:
        for value in sorted({*values, in_use}):
            for holder in holders:
                setattr(holder, name, value)
            if module is second_opinion:
                reader.known.clear()
            result[value] = read(reader, pictures)
    finally:
        for holder in holders:
            setattr(holder, name, in_use)
        if module is second_opinion:
            reader.known.clear()
    return result


def temperatures(
    reader: RememberingReader, pictures: Sequence[Page], values: Sequence[float]
) -> dict[float, list[Judged]]:
    """Return what is read with each temperature of the line reader."""
    metadata = reader.number_model.metadata
    result = {}
    for value in sorted({*values, metadata.temperature}):
        reader.number_model.metadata = replace(metadata, temperature=value)
        reader.known.clear()
        result[value] = read(reader, pictures)
    reader.number_model.metadata = metadata
    return result


def loss(judged: Sequence[Judged]) -> float:
    """Return the mean log loss of the confidences: the lower, the more honest and telling."""
    answers = [answer for one in judged for answer in one.answers]
    confidences, right = (np.array(column) for column in zip(*answers, strict=True))
    return float(-np.log(np.where(right, confidences, 1 - confidences).clip(1e-4)).mean())


def show(name: str, in_use: float, measured: dict[float, list[Judged]], by_loss: bool) -> float:
    """Print a curve and return the best value."""
    f1s = {value: f1(judged) for value, judged in measured.items()}
    losses = {value: loss(judged) for value, judged in measured.items()}
    best = min(losses, key=lambda v: losses[v]) if by_loss else max(f1s, key=lambda v: f1s[v])
    curve = "  ".join(f"{v:g}: {f1s[v]:.4f} {losses[v]:.3f}" for v in measured)
    print(
        f"{name} = {in_use:g}, best {best:g} by {'loss' if by_loss else 'F1'}:  {curve}", flush=True
    )
    return best


def write_temperature(path: str, temperature: float) -> None:
    """Write the temperature into the metadata of an ONNX file, whose weights stay as they are."""
    import onnx

    model = onnx.load(path)
    properties = {item.key: item.value for item in model.metadata_props}
    metadata = ModelMetadata.from_json(properties[METADATA_KEY])
    properties[METADATA_KEY] = replace(metadata, temperature=temperature).to_json()
    onnx.helper.set_model_props(model, properties)
    write_atomically(Path(path), model.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", help="a number model; the shipped one by default")
    parser.add_argument("--page", help="a page model; the shipped one by default")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--crops", type=int, default=200)
    parser.add_argument("--only", nargs="*", help="names of thresholds; TEMPERATURE is one")
    parser.add_argument("--write", action="store_true", help="the best temperature, into --number")
    options = parser.parse_args()
    if options.write and not options.number:
        parser.error("--write needs the --number FILE.onnx to write to")
    number_model = load_model(options.number, "number", threads=1)
    reader = RememberingReader(number_model, load_model(options.page, "page", threads=1))
    pictures = compose(held_back_source(load_mnist()), options.pages, options.crops)
    for kind, module, name, values in THRESHOLDS:
        if not options.only or name in options.only:
            measured = curve(reader, pictures[kind], module, name, values)
            where = f"{module.__name__.rpartition('.')[2]}.{name} ({kind})"
            show(where, getattr(module, name), measured, by_loss=False)
    if not options.only or "TEMPERATURE" in options.only:
        measured = temperatures(reader, pictures[CROPS], TEMPERATURES)
        in_use = number_model.metadata.temperature
        best = show("temperature (crops)", in_use, measured, by_loss=True)
        if options.write:
            write_temperature(options.number, best)


if __name__ == "__main__":
    main()
