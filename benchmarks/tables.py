"""Fill the tables of README.md and MODEL_CARD.md from what the benchmarks measured.

    python benchmarks/tables.py [--check]

A table stands between `<!-- table:NAME -->` and `<!-- end:NAME -->`; its figures come from
`benchmarks/results/*.json`. With `--check` nothing is written, and stale tables are an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "MODEL_CARD.md")
RESULTS = ROOT / "benchmarks" / "results"
WEIGHTS = ROOT / "src" / "digit_ocr" / "weights"
BLOCK = re.compile(r"(<!-- table:(\w+) -->\n).*?(<!-- end:\2 -->)", re.DOTALL)

Results = dict[str, dict[str, Any]]
"""What each benchmark wrote, by the name of its file."""

SUMMARY = (
    *("MNIST test", "composed digits", "bhmsds_dev", "nsysu_dev", "optdigits_dev", "sudoku_dev"),
    *("4 to 6 MNIST test digits, 64 px", "composed table cells", "composed numbers on paper"),
    "composed numbers, cut out closely",
    *("handwriting fonts, held back", "fonts of print, held back", "displays of seven segments"),
    *("sheets of numbers under a shadow", "sheets of numbers on a dark desk"),
    *("pages_dev", "sudoku_grids_dev", "composed pages", "photographs of other things"),
    "handwritten pages without a digit, four ways up",
)
"""The sets that the README shows; the model card has all of them."""


def digits_table(results: Results, names: Sequence[str] | None = None) -> str:
    """One digit: how much is right on each set, or on those named, and the peer beside it."""
    digits = results["digits"]
    peer = digits["peer"]
    header = ["one digit", "pictures", "accuracy", "95 % interval", *([peer] if peer else [])]
    rows = []
    for name, row in digits["accuracy"].items():
        if names is not None and name not in names:
            continue
        cells = [name, f"{row['n']:,}", percent(row["accuracy"]), interval_of(row)]
        rows.append([*cells, *([percent(row["peer"]["accuracy"])] if peer else [])])
    note = f"\nMeasured by `benchmarks/digits.py` with {digits['model']}."
    if peer:
        most = max(row["peer"]["n"] for row in digits["accuracy"].values())
        note += f" The peer has read the first {most:,} pictures of each set."
    return table(header, rows) + note


def confidence_table(results: Results) -> str:
    """How honest confidence is, and what must be rejected so that the rest is right this often."""
    accuracy = results["digits"]["accuracy"]
    points = next(iter(accuracy.values()))["rejection"]
    goals = [f"rejected for {goal(point['accuracy'])}" for point in points]
    rows = [
        [name, percent(row["calibration_error"]), *(rejected(point) for point in row["rejection"])]
        for name, row in accuracy.items()
    ]
    return table(["one digit", "expected calibration error", *goals], rows) + (
        "\nIn brackets: the confidence below which digits are rejected. "
        + no_digit_sentence(results["digits"]["no_digit"])
    )


def rejected(point: dict[str, Any]) -> str:
    if point["threshold"] is None:
        return "not reached"
    if point["rejected"] == 0:
        return "nothing"
    return f"{percent(point['rejected'])} ({point['threshold']:.3f})"


def no_digit_sentence(measured: dict[str, float]) -> str:
    kinds = {"blank": "blank", "noise": "noisy", "line": "ruled", "shadow": "partly shadowed"}
    found_blank = ", ".join(
        f"{percent(measured[f'{kind}_rejected'])} of {words}" for kind, words in kinds.items()
    )
    photos = (
        f", in {percent(measured['photo_rejected'])} of crops of photographs of other things"
        if "photo_rejected" in measured
        else ""
    )
    return (
        f"No digit was seen in {found_blank} pictures{photos}, and in "
        f"{percent(measured['pair_rejected'])} of pictures of two digits that touch or nearly do. "
        "Told from letters of fonts and strokes that training never drew, "
        "digits reach an area under the ROC curve of "
        f"{measured['letters_area_under_roc']:.3f}."
    )


def weights_table(results: Results) -> str:
    """The files that ship: what each says of itself, and which file it is."""
    from digit_ocr.inference.onnx_runtime import OnnxModel

    rows = []
    for path in sorted(WEIGHTS.glob("*.onnx")):
        content = path.read_bytes()
        metadata = OnnxModel(content, threads=1).metadata
        measured = ", ".join(
            f"{name.replace('_', ' ')} {value:.4g}" for name, value in metadata.metrics.items()
        )
        sha256 = hashlib.sha256(content).hexdigest()[:16]
        size = f"{len(content) / 1e6:.2f} MB"
        rows.append([f"`{path.name}`", metadata.name, size, measured, f"`{sha256}…`"])
    return table(["file", "network/recipe", "size", "in its metadata", "SHA-256"], rows)


def numbers_table(results: Results, names: Sequence[str] | None = None) -> str:
    """Numbers and pages: what is read exactly, or found, how honestly, and the peer beside it.

    `names`: the sets to show, without intervals and calibration; all where None.
    """
    numbers = results["numbers"]
    peer = numbers["peer"]
    columns: dict[str, Callable[[dict[str, Any]], str]] = {
        "pictures": lambda row: f"{row['n']:,}",
        "ours": said_of,
        "95 % interval": interval_of,
        "joined": lambda row: share(row, "joined_match"),
        "calibration error (by chance)": calibration_of,
    }
    if names is not None:
        del columns["95 % interval"], columns["calibration error (by chance)"]
    if peer:
        columns[peer] = lambda row: peer_said(row.get("peer", {}))
    rows = [
        [name, *(cell(row) for cell in columns.values())]
        for name, row in numbers["sets"].items()
        if names is None or name in names
    ]
    note = f"\nMeasured by `benchmarks/numbers.py` with {numbers['model']}."
    note += (
        " Exact: each written number came out as one number with the right digits. Joined: the"
        " right digits, also where a number was cut. The lines of real pages are compared joined."
    )
    if names is None:
        note += (
            " Calibration: of the pictures in which one number was read; in brackets, what chance"
            " alone makes of perfectly honest confidences, so few pictures as there are."
        )
    if peer:
        most = max(row["peer"]["n"] for row in numbers["sets"].values() if "peer" in row)
        note += (
            f" The peer has read the first {most:,} pictures of each set; it does not say where a"
            " number ends, so its digits are compared joined."
        )
    return table(["numbers and pages", *columns], rows) + note


def said_of(row: dict[str, Any]) -> str:
    """Return the exact matches of single numbers, or what was found and falsely seen on pages."""
    if "lines" in row:
        digits = f"{percent(row['digit_accuracy'])} of digits"
        return f"{row['found']:,} of {row['lines']:,} lines, {row['false']:,} false; {digits}"
    if "reported" in row:
        return f"reported: {row['reported']:,}"
    if "f1" in row:
        return f"{row['right']:,} of {row['numbers']:,} numbers, {row['false']:,} false"
    return f"{share(row, 'exact_match')} exact" if "exact_match" in row else "not measured"


def interval_of(row: dict[str, Any]) -> str:
    """Return the interval in which the share of right ones lies with 95 % probability."""
    if "interval" not in row:
        return ""
    low, high = row["interval"]
    return f"{percent(low)} – {percent(high)}"


def calibration_of(row: dict[str, Any]) -> str:
    """Return the expected calibration error, and that which chance makes."""
    if "calibration_error" not in row:
        return ""
    return f"{percent(row['calibration_error'])} ({percent(row['calibration_error_by_chance'])})"


def peer_said(row: dict[str, Any]) -> str:
    """Return the same of the peer, its digits joined; nothing where it was not asked."""
    if not row:
        return ""
    return f"{share(row, 'joined_match')} joined" if "joined_match" in row else said_of(row)


def share(row: dict[str, Any], name: str) -> str:
    return percent(row[name]) if row.get(name) is not None else ""


def speed_table(results: Results) -> str:
    """How long one picture takes, and how many a second go through in batches."""
    rows: list[list[str]] = []
    if digits := results["digits"].get("speed"):
        one, batch = digits["predict_milliseconds"], digits["predict_many_per_second"]
        rows += [
            ["`predict`, a digit of 28×28, one thread", f"{one:.2f} ms", ""],
            ["its network alone, one thread", f"{digits['network_milliseconds']:.2f} ms", ""],
            ["`predict_many`", f"{batch:,.0f} a second", ""],
            ["its network alone, in batches", f"{digits['classify_per_second']:,.0f} a second", ""],
        ]
    note = ""
    if digits and digits.get("load_a_core", 0) > 1:
        note = (
            f"\nMeasured beside other work, at a load of {digits['load_a_core']:.1f} a core: "
            "an idle machine is faster; `digit-ocr benchmark` measures yours."
        )
    numbers = results.get("numbers", {})
    for name, key in (("`read`, one number", "crop"), ("`read`, one page", "page")):
        if speed := numbers.get("speed"):
            peer = speed.get(f"peer_{key}_milliseconds")
            ours = f"{speed[f'{key}_milliseconds']:.1f} ms"
            rows.append([name, ours, f"{peer:.0f} ms" if peer else ""])
    peer = numbers.get("peer") or ""
    if not peer:
        rows = [row[:2] for row in rows]
    return table(["speed", "ours", *([peer] if peer else [])], rows) + note


def training_table(results: Results) -> str:
    """Recipes: seconds, accuracy over seeds, and the ratio to a per-item DataLoader loop."""
    training = results["training"]
    rows = [
        [
            f"`{row['recipe']}`, {row['epochs']} epoch" + "s" * (row["epochs"] > 1),
            f"{row['parameters']:,}",
            f"{row['seconds']:.1f} s",
            f"{percent(row['accuracy_mean'])} ± {percent(row['accuracy_sd'])} (n = {row['seeds']})",
            f"{row['times_as_fast']:.1f} ×",
        ]
        for row in training["rows"]
    ]
    header = ["recipe", "parameters", "training", "MNIST test", "speed, per-item DataLoader = 1"]
    note = f"\nMeasured by `benchmarks/training.py` on {machine(training['machine'])}."
    return table(header, rows) + note


TABLES: dict[str, tuple[str | None, Callable[[Results], str]]] = {
    "digits": ("digits", digits_table),
    "confidence": ("digits", confidence_table),
    "numbers": ("numbers", numbers_table),
    "digits_summary": ("digits", partial(digits_table, names=SUMMARY)),
    "numbers_summary": ("numbers", partial(numbers_table, names=SUMMARY)),
    "weights": (None, weights_table),
    "speed": ("digits", speed_table),
    "training": ("training", training_table),
}
"""Which file of results each table needs, if any, and what makes it."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns but the first are aligned to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def goal(target: float) -> str:
    return "no error" if target == 1 else f"{100 * target:g} %"


def machine(described: dict[str, Any] | str) -> str:
    if isinstance(described, str):
        return described
    return f"{described['cores']} cores of {described['processor']}"


def fill(text: str, results: Results) -> str:
    """Return `text` with each table made anew whose results are there."""

    def filled(match: re.Match[str]) -> str:
        begin, name, end = match.groups()
        if name not in TABLES:
            raise ValueError(f"no table {name!r}; one of {', '.join(TABLES)}")
        needed, make = TABLES[name]
        if needed is not None and needed not in results:
            return match.group()
        return f"{begin}\n{make(results).strip()}\n\n{end}"

    return BLOCK.sub(filled, text)


def read_results(folder: Path = RESULTS) -> Results:
    """Return all results in the folder by name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if stale")
    check = parser.parse_args().check
    stale = []
    for path in (ROOT / name for name in DOCUMENTS):
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        made = fill(text, read_results())
        if made != text:
            stale.append(path.name)
            if not check:
                path.write_text(made, encoding="utf-8")
    if stale:
        print("stale:" if check else "filled:", ", ".join(stale))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
