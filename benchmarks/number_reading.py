"""How right, how honest and how fast numbers and pages are read, with RapidOCR beside it.

    python benchmarks/numbers.py [--real FOLDER] [--composed N] [--peer-limit N] [--no-speed]

Measures the weights that ship: on strings of MNIST's test digits, on composed cells and lines made
of digits and fonts that no network has learned from, and on labelled pictures (`--real`: a folder
of sets, each with labels.csv and images/). Prints a table and writes
`benchmarks/results/numbers.json`. The peer's column is filled where `rapidocr` is installed,
photographs of other things are read where scikit-image is (see photographs.py), numbers in fonts
where these have been fetched (see held_back_fonts.py).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from changed_pictures import CHANGES, in_all_ways
from composed_pages import Page, composed_pages, f1, held_back_source, judge, turned
from held_back_fonts import font_sets, numbers_in
from lit_sheets import shadowed_sheets, sheets_on_desks
from numpy.typing import NDArray
from peer import Peer, load_peer
from photographs import photographs
from PIL import Image
from shipped import weights_sha256, write_results
from text_pages import handwritten_pages, printed_pages

from digit_ocr.data.mnist_dataset import Mnist, load_mnist
from digit_ocr.errors import NoDigitFound
from digit_ocr.evaluation.calibration import reliability
from digit_ocr.evaluation.metrics import edit_distance, wilson_interval
from digit_ocr.imaging.digit import prepare_digit
from digit_ocr.inference.reader import Reader

Grey = NDArray[np.uint8]
RESULTS = Path(__file__).parent / "results" / "numbers.json"
SEED = 40
LIT_SHEETS = 60


@dataclass(frozen=True, slots=True)
class Item:
    """A picture of one number or, where `is_page`, of lines joined by `|`."""

    picture: Grey
    label: str
    is_page: bool = False


def mnist_strings(mnist: Mnist, count: int = 300) -> Iterator[Item]:
    """Yield 4 to 6 test digits side by side, 64 pixels high, dark on white."""
    rng = np.random.default_rng(SEED)
    for _ in range(count):
        places = rng.integers(0, len(mnist.test_labels), rng.integers(4, 7))
        row = np.concatenate(list(255 - mnist.test_images[places]), axis=1)
        size = row.shape[1] * 64 // 28, 64
        picture = Image.fromarray(row).resize(size, Image.Resampling.BICUBIC)
        yield Item(np.asarray(picture), "".join(map(str, mnist.test_labels[places])))


def composed_numbers(
    mnist: Mnist, count: int, kind: Literal["cell", "paper", "several", "close"]
) -> Iterator[Item]:
    """Yield crops of digits held back from training: a number in a cell, one on paper, or two or
    three on paper with a space, a sign or a word between; close: one on paper, cut out so closely
    that the crop ends where the digits do, or cuts them a little."""
    from digit_ocr.inference.number_line import SEPARATOR
    from digit_ocr.synthesis.strings import photograph_number

    source = held_back_source(mnist)
    rng = np.random.default_rng(SEED + ("paper", "cell", "several", "close").index(kind))
    while count:
        picture, region, labels = photograph_number(
            source,
            rng,
            in_cell=kind == "cell",
            is_several=kind == "several",
            is_close=kind == "close",
        )
        if labels:
            x0, y0, x1, y1 = region or (0, 0, picture.shape[1], picture.shape[0])
            text = "".join(" " if label == SEPARATOR else str(label) for label in labels)
            yield Item(picture[y0:y1, x0:x1], text)
            count -= 1


def real_sets(folder: Path) -> Iterator[tuple[str, list[Item]]]:
    """Yield name and items of each set of numbers or pages in the folder."""
    for labels_csv in sorted(folder.glob("*/labels.csv")):
        with labels_csv.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] != "digit"]
        items = [
            Item(
                np.asarray(Image.open(labels_csv.parent / "images" / row["file"]).convert("L")),
                row["label"],
                row["kind"] == "page",
            )
            for row in rows
        ]
        if items:
            yield labels_csv.parent.name, items


def changed_sets(folder: Path) -> Iterator[tuple[str, list[Item]]]:
    """Yield name and items of each set in the folder, each picture changed in many ways.

    In a random order, so that the first ones show all ways.
    """
    rng = np.random.default_rng(SEED)
    for name, items in real_sets(folder):
        changed = [replace(i, picture=picture) for i in items for picture in in_all_ways(i.picture)]
        shuffled = [changed[place] for place in rng.permutation(len(changed))]
        yield f"{name}, changed in {len(CHANGES)} ways", shuffled


def joined_digits(folder: Path, length: int = 5) -> Iterator[tuple[str, list[Item]]]:
    """Yield name and numbers of each set of single digits in the folder, so many joined to one.

    Each picture is used once, its digit cut out as `predict` does and set 2 to 8 pixels from its
    neighbours, 64 pixels high, dark on white. Digits that imaging does not find are left out.
    """
    for labels_csv in sorted(folder.glob("*/labels.csv")):
        with labels_csv.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] == "digit"]
        rng = np.random.default_rng(SEED)
        glyphs = []
        for row in (rows[place] for place in rng.permutation(len(rows))):
            picture = Image.open(labels_csv.parent / "images" / row["file"]).convert("L")
            with suppress(NoDigitFound):
                ink = prepare_digit(np.asarray(picture)).image
                inked = np.flatnonzero(ink.max(axis=0) > 0.2)
                glyphs.append((ink[:, inked[0] : inked[-1] + 1], row["label"]))
        items = []
        for start in range(0, len(glyphs) - length + 1, length):
            some = glyphs[start : start + length]
            spaced = [np.pad(ink, ((2, 2), (int(rng.integers(1, 5)), 0))) for ink, _ in some]
            line = 255 * (1 - np.pad(np.concatenate(spaced, axis=1), ((0, 0), (4, 8))))
            image = Image.fromarray(line.astype(np.uint8))
            image = image.resize((2 * image.width, 64), Image.Resampling.BICUBIC)
            items.append(Item(np.asarray(image), "".join(label for _, label in some)))
        if items:
            yield f"{labels_csv.parent.name}, {length} joined", items


def lines_of(text: str) -> list[str]:
    """Return the digits of each line that has any."""
    lines = (re.sub("[^0-9]", "", line) for line in re.split(r"[|\n]", text))
    return [line for line in lines if line]


def numbers_of(text: str) -> list[str]:
    """Return the numbers of a text: what digits alone make up."""
    return re.findall("[0-9]+", text)


def score(items: Sequence[Item], texts: Sequence[str]) -> dict[str, Any]:
    """Return exact matches and edits of numbers; lines found and falsely reported of pages.

    Only digits count. `exact_match`: the numbers of a crop, each whole and none cut or joined;
    `joined_match`: its digits alone, as if no number had been cut. The lines of a page are
    compared in any order, joined, its edits in reading order.
    """
    wanted = ["".join(lines_of(item.label)) for item in items]
    read = ["".join(lines_of(text)) for text in texts]
    edits = sum(edit_distance(a, b) for a, b in zip(wanted, read, strict=True))
    result: dict[str, Any] = {
        "n": len(items),
        "digit_accuracy": 1 - edits / max(1, sum(map(len, wanted))),
    }
    if items[0].is_page:
        pairs = [
            (Counter(lines_of(item.label)), Counter(lines_of(text)))
            for item, text in zip(items, texts, strict=True)
        ]
        found = sum((truth & said).total() for truth, said in pairs)
        return result | {
            "lines": sum(truth.total() for truth, _ in pairs),
            "found": found,
            "false": sum(said.total() for _, said in pairs) - found,
        }
    exact = sum(
        numbers_of(item.label) == numbers_of(text) for item, text in zip(items, texts, strict=True)
    )
    joined = sum(a == b for a, b in zip(wanted, read, strict=True))
    return result | {
        "exact_match": exact / len(items),
        "interval": wilson_interval(exact, len(items)),
        "joined_match": joined / len(items),
    }


def measure(
    reader: Reader, peer: Peer | None, items: Sequence[Item], peer_limit: int
) -> dict[str, Any]:
    """Return our score and calibration, and the peer's score on the first items."""
    readings = [reader.read(item.picture) for item in items]
    result = score(items, [reading.text for reading in readings])
    if not items[0].is_page and all(len(numbers_of(item.label)) == 1 for item in items):
        result |= calibration([
            (reading.numbers[0].confidence, numbers_of(reading.text) == numbers_of(item.label))
            for item, reading in zip(items, readings, strict=True)
            if len(reading.numbers) == 1
        ])  # fmt: skip
    if peer is not None:
        few = items[:peer_limit]
        read = peer.read_page if few[0].is_page else peer.read_crop
        result["peer"] = score(few, [read(item.picture) for item in few])
    return result


def pictures_sha256(items: Sequence[Item]) -> str:
    """Return what tells a set of pictures and their labels from any other."""
    told = hashlib.sha256()
    for item in items:
        told.update(f"{item.picture.shape} {item.label}\n".encode())
        told.update(item.picture.tobytes())
    return told.hexdigest()


def calibration(answers: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """Return how far confidence is from the share that is right, of numbers and which were right.

    And how far it would be by chance alone, in so few numbers, of a perfectly honest reader.
    """
    if len(answers) < 100:
        return {}
    confidences, right = (np.array(column) for column in zip(*answers, strict=True))
    drawn = np.random.default_rng(SEED).random((200, len(confidences))) < confidences
    by_chance = [reliability(confidences, row).expected_calibration_error for row in drawn]
    return {
        "calibration_error": reliability(confidences, right).expected_calibration_error,
        "calibration_error_by_chance": float(np.mean(by_chance)),
    }


def measure_pages(reader: Reader, pages: Iterable[Page]) -> dict[str, Any]:
    """Return how many numbers of composed pages are read exactly, in their place."""
    judged = [judge(page, reader.read(page.picture).numbers) for page in pages]
    answers = [answer for one in judged for answer in one.answers]
    right = sum(is_right for _, is_right in answers)
    wanted = sum(one.wanted for one in judged)
    result = {"n": len(judged), "numbers": wanted, "right": right, "false": len(answers) - right}
    return result | {"f1": f1(judged)} | calibration(answers)


def measure_blank(
    reader: Reader, peer: Peer | None, pictures: Sequence[Grey], known: dict[str, Any]
) -> dict[str, Any]:
    """Return how many numbers are reported of pictures in which hardly any is to be read.

    known: an earlier result, whose peer is taken over where it has read the same pictures
    """
    result: dict[str, Any] = {
        "n": len(pictures),
        "reported": sum(len(reader.read(picture).numbers) for picture in pictures),
        "pictures_sha256": pictures_sha256([Item(picture, "") for picture in pictures]),
    }
    if "peer" in known and known.get("pictures_sha256") == result["pictures_sha256"]:
        result["peer"] = known["peer"]
    elif peer is not None:
        found = sum(len(lines_of(peer.read_page(picture))) for picture in pictures)
        result["peer"] = {"n": len(pictures), "reported": found}
    return result


def speed(crop: Grey, page: Grey, peer: Peer | None) -> dict[str, float]:
    """Return milliseconds for one number crop and one page, on all cores, the peer beside us.

    In turns: what else the machine does meanwhile slows both.
    """
    reader = Reader()
    calls: dict[str, Callable[[], object]] = {
        "crop": lambda: reader.read(crop),
        "page": lambda: reader.read(page),
    }
    if peer is not None:
        calls |= {
            "peer_crop": lambda: peer.read_crop(crop),
            "peer_page": lambda: peer.read_page(page),
        }
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(50):
        for name, call in calls.items():
            if turn < 7 or "page" not in name:
                started = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - started)
    return {
        f"{name}_milliseconds": 1000 * float(np.median(times)) for name, times in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, help="folder of sets with labels.csv and images/")
    parser.add_argument("--composed", type=int, default=1000, help="composed numbers of each kind")
    parser.add_argument("--pages", type=int, default=200, help="composed pages")
    parser.add_argument("--peer-limit", type=int, default=300, help="pictures a set for the peer")
    parser.add_argument("--peer-from", type=Path, help="an earlier result, of the same pictures")
    parser.add_argument("--no-speed", action="store_true", help="accuracy alone")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    reader, peer, mnist = Reader(), load_peer(), load_mnist()
    earlier: dict[str, Any] = {"sets": {}}
    if options.peer_from:
        earlier = json.loads(options.peer_from.read_text(encoding="utf-8"))
        if peer is not None and peer.name != earlier["peer"]:
            parser.error(f"{options.peer_from} has {earlier['peer']}, installed is {peer.name}")
    sets: dict[str, list[Item]] = {
        "4 to 6 MNIST test digits, 64 px": list(mnist_strings(mnist)),
        "composed table cells": list(composed_numbers(mnist, options.composed, "cell")),
        "composed numbers on paper": list(composed_numbers(mnist, options.composed, "paper")),
        "two or three composed numbers": list(composed_numbers(mnist, options.composed, "several")),
        "composed numbers, cut out closely": list(
            composed_numbers(mnist, options.composed, "close")
        ),
    }
    for fonts in font_sets():
        sets[fonts.name] = [Item(picture, text) for picture, text in numbers_in(fonts)]
    held_back = held_back_source(mnist)
    for name, sheets in {
        "sheets of numbers under a shadow": shadowed_sheets,
        "sheets of numbers on a dark desk": sheets_on_desks,
    }.items():
        pictures = sheets(held_back.images, held_back.labels, LIT_SHEETS)
        sets[name] = [Item(picture, text, is_page=True) for picture, text in pictures]
    photos: list[Grey] = []
    if options.real:
        real = dict(real_sets(options.real))
        photos = [item.picture for items in real.values() for item in items if item.is_page]
        sets |= real | dict(changed_sets(options.real)) | dict(joined_digits(options.real))
    measured = {}
    for name, items in sets.items():
        told = pictures_sha256(items)
        known = earlier["sets"].get(name, {})
        is_known = "peer" in known and known.get("pictures_sha256") == told
        measured[name] = measure(reader, None if is_known else peer, items, options.peer_limit)
        measured[name] |= {"peer": known["peer"]} if is_known else {}
        measured[name]["pictures_sha256"] = told
        print(f"{name:34} {json.dumps(measured[name])}", flush=True)
    pages = list(composed_pages(held_back, options.pages, SEED))
    on_their_side = [turned(page, 1 + place % 3) for place, page in enumerate(pages)]
    for name, some in {
        "composed pages": pages,
        "composed pages, sideways or upside down": on_their_side,
    }.items():
        measured[name] = measure_pages(reader, some)
        print(f"{name:34} {json.dumps(measured[name])}", flush=True)
    for name, pictures in {
        "printed pages without a digit, four ways up": list(printed_pages()),
        "handwritten pages without a digit, four ways up": list(handwritten_pages()),
        "photographs of other things": photographs(),
    }.items():
        if pictures:
            measured[name] = measure_blank(reader, peer, pictures, earlier["sets"].get(name, {}))
            print(f"{name:34} {json.dumps(measured[name])}", flush=True)
    document: dict[str, Any] = {
        "model": reader.read(np.full((64, 64), 255, np.uint8)).model,
        "weights_sha256": weights_sha256("number", "page", "digit"),
        "peer": peer.name if peer else earlier.get("peer"),
        "sets": measured,
    }
    if not options.no_speed:
        page = max(photos, key=lambda picture: picture.size, default=np.full((1600, 1200), 255))
        crop = sets["4 to 6 MNIST test digits, 64 px"][0].picture
        document["speed"] = speed(crop, page.astype(np.uint8), peer)
        print(json.dumps(document["speed"], indent=1))
    write_results(options.out, document, "sets")


if __name__ == "__main__":
    main()
