"""How right, how honest and how fast the digit reader is, with RapidOCR beside it.

    python benchmarks/digits.py [--real FOLDER] [--model MODEL.onnx] [--limit N] [--peer-limit N]

Measures the weights that ship (or `--model`) on MNIST's test digits, on four disguises of them, on
composed pictures, on labelled ones (`--real`: a folder of sets, each with labels.csv and images/),
on what is no digit, and its speed; prints the tables and writes `benchmarks/results/digits.json`.
The peer's column is filled where `rapidocr` is installed (see peer.py), photographs of other things
are looked at where scikit-image is (see photographs.py), fonts where they have been
fetched (see held_back_fonts.py).
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from composed_pages import held_back_source
from held_back_fonts import digits_in, font_sets
from numpy.typing import NDArray
from peer import Peer, load_peer
from photographs import photograph_crops
from PIL import Image, ImageFilter
from shipped import file_sha256, weights_sha256, write_results

from digit_ocr.data.mnist_dataset import Mnist, load_mnist
from digit_ocr.errors import NoDigitFound
from digit_ocr.evaluation.calibration import (
    rejection_thresholds,
    reliability,
)
from digit_ocr.evaluation.metrics import wilson_interval
from digit_ocr.imaging.digit import prepare_digit
from digit_ocr.inference.reader import Reader
from digit_ocr.synthesis.clutter import scale_to
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.not_digits import draw_pair
from digit_ocr.synthesis.paper import photograph

Grey = NDArray[np.uint8]
RESULTS = Path(__file__).parent / "results" / "digits.json"
SEED = 20


def as_it_is(digit: Grey, rng: np.random.Generator) -> Grey:
    return digit


def dark_on_white(digit: Grey, rng: np.random.Generator) -> Grey:
    return 255 - digit


def off_centre_on_a_page(digit: Grey, rng: np.random.Generator) -> Grey:
    """Return the digit, 28 to 56 pixels, dark, anywhere on a white page of 128 pixels."""
    side = int(rng.integers(28, 57))
    page = np.full((128, 128), 255, np.uint8)
    top, left = rng.integers(0, 128 - side, 2)
    scaled = Image.fromarray(255 - digit).resize((side, side), Image.Resampling.BICUBIC)
    page[top : top + side, left : left + side] = np.asarray(scaled)
    return page


def in_a_photo(digit: Grey, rng: np.random.Generator) -> Grey:
    """Return the digit on unevenly lit, grainy paper, blurred and saved as JPEG."""
    page = 255 - off_centre_on_a_page(digit, rng).astype(np.float32)
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    angle = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(130, 215) + rng.uniform(20, 60) * (np.cos(angle) * x + np.sin(angle) * y)
    light = light + rng.normal(0, 4, page.shape)
    photo = light * (1 - rng.uniform(0.45, 0.8) * page / 255)
    image = Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(rng.integers(40, 90)))
    return np.asarray(Image.open(buffer))


def cut_tight(digit: Grey, rng: np.random.Generator) -> Grey:
    """Return the digit alone, dark on white, 16 pixels high, in a crop that ends where it ends."""
    rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
    tight = 255 - digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = max(3, round(16 * tight.shape[1] / tight.shape[0]))
    return np.asarray(Image.fromarray(tight).resize((width, 16), Image.Resampling.BICUBIC))


DISGUISES: dict[str, Callable[[Grey, np.random.Generator], Grey]] = {
    "MNIST test": as_it_is,
    "MNIST test, dark on white": dark_on_white,
    "MNIST test, off-centre on a page": off_centre_on_a_page,
    "MNIST test, in a synthetic photo": in_a_photo,
    "MNIST test, cut tight, 16 px high": cut_tight,
}


def composed_digits(mnist: Mnist, count: int) -> tuple[list[Grey], NDArray[np.int64]]:
    """Return pictures of digits held back from training, and their labels: in cells, in writing,
    cut tight, on bad paper; some can't be read at all."""
    from digit_ocr.synthesis.crops import generate_pictures

    rng = np.random.default_rng(SEED)
    pictures = generate_pictures(rng, held_back_source(mnist), strength=0.7, no_digit_share=0.0)
    few = list(islice(pictures, count))
    return [picture.grey for picture in few], np.array([picture.label for picture in few])


def read_sets(folder: Path) -> Iterator[tuple[str, list[Grey], NDArray[np.int64]]]:
    """Yield name, pictures and labels of each set of single digits in the folder."""
    for labels_csv in sorted(folder.glob("*/labels.csv")):
        with labels_csv.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] == "digit"]
        if rows:
            paths = [labels_csv.parent / "images" / row["file"] for row in rows]
            pictures = [np.asarray(Image.open(path).convert("L")) for path in paths]
            yield labels_csv.parent.name, pictures, np.array([int(row["label"]) for row in rows])


def answer(reader: Reader, pictures: Sequence[Grey]) -> tuple[NDArray[np.int64], Any]:
    """Return answers (-1: no digit found) and confidences, as `reader.predict` gives them."""
    answers = np.full(len(pictures), -1)
    confidences = np.zeros(len(pictures))
    for index, picture in enumerate(pictures):
        try:
            prediction = reader.predict(picture)
        except NoDigitFound:
            continue
        answers[index], confidences[index] = prediction.digit, prediction.confidence
    return answers, confidences


def score(
    reader: Reader,
    peer: Peer | None,
    pictures: Sequence[Grey],
    labels: NDArray[np.int64],
    peer_limit: int,
) -> dict[str, Any]:
    """Return accuracy and calibration on a set, the peer's accuracy on its first pictures."""
    answers, confidences = answer(reader, pictures)
    right = answers == labels
    result: dict[str, Any] = {
        "n": len(labels),
        "accuracy": float(right.mean()),
        "interval": wilson_interval(int(right.sum()), len(labels)),
        "not_found": int((answers < 0).sum()),
        # Where no digit was found nothing was claimed: calibration is that of the answers.
        "calibration_error": float(
            reliability(confidences[answers >= 0], right[answers >= 0]).expected_calibration_error
        ),
    }
    result["rejection"] = [point.to_dict() for point in rejection_thresholds(confidences, right)]
    if peer is not None:
        few = min(peer_limit, len(pictures))
        texts = [peer.read_crop(picture) for picture in pictures[:few]]
        hits = sum(text == str(label) for text, label in zip(texts, labels[:few], strict=True))
        result["peer"] = {"n": few, "accuracy": hits / few}
    return result


def no_digits(reader: Reader, labels_and_digits: tuple[Any, Any], count: int) -> dict[str, Any]:
    """Return what the reader says to pictures without a digit, and letters against digits.

    The letters come from fonts and stroke templates that training never draws.
    """
    rng = np.random.default_rng(SEED)
    images, labels = labels_and_digits
    source = GlyphSource(images, labels, held_back=True)
    # Those with a held-back template that nobody takes for a digit.
    letters = "AKMWXHNRVE"
    digit_scores, letter_scores = [], []
    for index in range(count):
        for scores, is_letter in ((digit_scores, False), (letter_scores, True)):
            writer = source.writer(rng, "font" if index % 2 else "strokes")
            glyph = writer.letter(rng, letters) if is_letter else None
            if glyph is None:
                glyph = source.writer(rng, "mnist").digit(index % 10, rng)
            ink = np.pad(scale_to(glyph, 40.0), 12)
            answers, confidences = answer(reader, [photograph(ink, rng, 0.5)])
            scores.append(float(confidences[0]) if answers[0] >= 0 else 0.0)
    blanks = {
        "blank": [np.full((64, 64), level, np.uint8) for level in range(0, 256, 5)],
        "noise": [rng.normal(128, s, (64, 64)).clip(0, 255).astype(np.uint8) for s in range(1, 52)],
        "line": [_line(rng) for _ in range(51)],
        "shadow": [_shadow(rng) for _ in range(200)],
        "photo": photograph_crops(100, SEED),
        "pair": [_pair(source, np.random.default_rng((SEED, index))) for index in range(400)],
    }
    scores = np.array(digit_scores + letter_scores)
    ranks = scores.argsort(kind="stable").argsort(kind="stable") + 1.0
    for value in np.unique(scores):
        ranks[scores == value] = ranks[scores == value].mean()
    positives = len(digit_scores)
    area = (ranks[:positives].sum() - positives * (positives + 1) / 2) / (positives * count)
    return {
        "letters_area_under_roc": float(area),
        "letters_called_digits": float(np.mean(np.array(letter_scores) > 0.5)),
        **{
            f"{name}_rejected": float((answer(reader, pictures)[0] < 0).mean())
            for name, pictures in blanks.items()
            if pictures
        },
    }


def _pair(source: GlyphSource, rng: np.random.Generator) -> Grey:
    """Return two digits of one hand that touch, or nearly: a number."""
    ink = scale_to(draw_pair(rng, source.writer(rng)), rng.uniform(20, 60))
    return photograph(np.pad(ink, int(rng.integers(4, 24))), rng, 0.4)


def _line(rng: np.random.Generator) -> Grey:
    """Return a picture crossed from edge to edge by one level, nearly straight line."""
    picture = np.full((48, 64), 230, np.uint8)
    y = int(rng.integers(8, 40))
    picture[y : y + int(rng.integers(1, 4))] = int(rng.integers(20, 120))
    return picture


def _shadow(rng: np.random.Generator) -> Grey:
    """Return empty, grainy paper that a shadow's hard edge crosses: at any angle, anywhere."""
    height, width = 48, 64
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    farthest = abs(np.cos(angle)) + abs(np.sin(angle))
    is_lit = np.cos(angle) * x + np.sin(angle) * y > rng.uniform(-0.95, 0.95) * farthest
    light = np.where(is_lit, 200, 120) + rng.normal(0, 3, (height, width))
    return light.clip(0, 255).astype(np.uint8)


def speed(model_path: str | None, images: Grey) -> dict[str, float]:
    """Return milliseconds a call on one thread, and pictures a second in batches."""
    one, reader = Reader(model_path, threads=1), Reader(model_path)
    one.predict(images[0])
    batch = images[:2000]
    prepared = np.stack([prepare_digit(image).image for image in batch])
    model = one.digit_reader.model
    single = prepared[:1, None]
    result = {
        "predict_milliseconds": 1000 * _median(lambda i: one.predict(images[i]), 1000),
        "network_milliseconds": 1000 * _median(lambda _: model(single), 1000),
    }
    started = time.perf_counter()
    for _ in reader.predict_many(batch):
        pass
    result["predict_many_per_second"] = len(batch) / (time.perf_counter() - started)
    reader.digit_reader.classify(prepared)
    started = time.perf_counter()
    for _ in range(5):
        reader.digit_reader.classify(prepared)
    result["classify_per_second"] = 5 * len(batch) / (time.perf_counter() - started)
    # Above 1, other work had its share of the processor, and the times say little.
    result["load_a_core"] = os.getloadavg()[0] / (os.cpu_count() or 1)
    return result


def _median(call: Callable[[int], object], times: int) -> float:
    seconds = []
    for index in range(times):
        started = time.perf_counter()
        call(index)
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, help="folder of sets with labels.csv and images/")
    parser.add_argument("--model", type=Path, help="an .onnx instead of the weights that ship")
    parser.add_argument("--limit", type=int, default=10_000, help="MNIST test pictures")
    parser.add_argument("--composed", type=int, default=2000, help="composed pictures of a digit")
    parser.add_argument("--peer-limit", type=int, default=1000, help="pictures a set for the peer")
    parser.add_argument("--no-speed", action="store_true", help="accuracy alone")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.model and options.out == RESULTS:
        parser.error("--model needs --out: the results kept here are of the weights that ship")
    reader, peer = Reader(options.model), load_peer()
    mnist = load_mnist()
    images, labels = mnist.test_images[: options.limit], mnist.test_labels[: options.limit]
    table: dict[str, Any] = {}
    for name, disguise in DISGUISES.items():
        rng = np.random.default_rng(SEED)
        pictures = [disguise(image, rng) for image in images]
        table[name] = score(reader, peer, pictures, labels, options.peer_limit)
        _show(name, table[name])
    table["composed digits"] = score(
        reader, peer, *composed_digits(mnist, options.composed), options.peer_limit
    )
    _show("composed digits", table["composed digits"])
    for fonts in font_sets():
        drawn, answers = zip(*digits_in(fonts), strict=True)
        table[fonts.name] = score(reader, peer, drawn, np.array(answers), options.peer_limit)
        _show(fonts.name, table[fonts.name])
    for name, pictures, set_labels in read_sets(options.real) if options.real else ():
        table[name] = score(reader, peer, pictures, set_labels, options.peer_limit)
        _show(name, table[name])
    document: dict[str, Any] = {
        "model": reader.digit_reader.model.metadata.name,
        "weights_sha256": file_sha256(options.model) if options.model else weights_sha256("digit"),
        "peer": peer.name if peer else None,
        "accuracy": table,
        "no_digit": no_digits(reader, (images, labels), 600),
    }
    print(json.dumps(document["no_digit"], indent=1))
    if not options.no_speed:
        document["speed"] = speed(options.model, mnist.test_images)
        print(json.dumps(document["speed"], indent=1))
    write_results(options.out, document, "accuracy")


def _show(name: str, result: dict[str, Any]) -> None:
    peer = f"{result['peer']['accuracy']:8.2%}" if "peer" in result else "       -"
    print(
        f"{name:34} {result['n']:6} {result['accuracy']:8.2%} {peer}"
        f"   calibration error {result['calibration_error']:.2%}"
        f"   not found {result['not_found']}",
        flush=True,
    )


if __name__ == "__main__":
    main()
