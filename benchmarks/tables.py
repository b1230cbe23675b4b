"""Fill the tables of README.md and MODEL_CARD.md from what the benchmarks measured.

    python benchmarks/tables.py [--check]

A table stands between `<!-- table:NAME -->` and `<!-- end:NAME -->`; its figures come from
`benchmarks/results/*.json`. With `--check` nothing is written, and stale tables are an error.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "MODEL_CARD.md")
RESULTS = ROOT / "benchmarks" / "results"
BLOCK = re.compile(r"(<!-- table:(\w+) -->\n).*?(<!-- end:\2 -->)", re.DOTALL)

Results = dict[str, dict[str, Any]]
"""What each benchmark wrote, by the name of its file."""


def digits_table(results: Results) -> str:
    """One digit: accuracy on each set, the peer's beside it, and how honest confidence is."""
    digits = results["digits"]
    peer = digits["peer"]
    header = ["one digit", "pictures", "right", "95 % interval", "calibration error"]
    rows = []
    for name, row in digits["accuracy"].items():
        low, high = row["interval"]
        cells = [
            name,
            f"{row['n']:,}",
            percent(row["accuracy"]),
            f"{percent(low)} – {percent(high)}",
            percent(row["calibration_error"]),
        ]
        rows.append([*cells, *([percent(row["peer"]["accuracy"])] if peer else [])])
    note = f"\nMeasured by `benchmarks/digits.py` with the weights {digits['model']}."
    if peer:
        compared = max(row["peer"]["n"] for row in digits["accuracy"].values())
        note += f" {peer}: the first {compared:,} pictures of each set."
    return table([*header, *([peer] if peer else [])], rows) + note


def rejection_table(results: Results) -> str:
    """What must be rejected so that the rest is right this often, on each set."""
    accuracy = results["digits"]["accuracy"]
    rows = [
        [
            name,
            *(
                "never reached"
                if point["threshold"] is None
                else f"{percent(point['rejected'])} (below {point['threshold']:.3f})"
                for point in row["rejection"]
            ),
        ]
        for name, row in accuracy.items()
    ]
    targets = [goal(point["accuracy"]) for point in next(iter(accuracy.values()))["rejection"]]
    return table(["rejected, so that the rest is right", *targets], rows)


def speed_table(results: Results) -> str:
    """How long one digit takes, and how many a second go through in batches."""
    digits = results["digits"]["speed"]
    rows = [
        ["`predict`, one digit of 28×28, one thread", f"{digits['predict_milliseconds']:.2f} ms"],
        ["its network alone, one thread", f"{digits['network_milliseconds']:.2f} ms"],
        ["`predict_many`", f"{digits['predict_many_per_second']:,.0f} a second"],
        ["its network alone, in batches", f"{digits['classify_per_second']:,.0f} a second"],
    ]
    return table(["speed", ""], rows)


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


TABLES: dict[str, tuple[str, Callable[[Results], str]]] = {
    "digits": ("digits", digits_table),
    "rejection": ("digits", rejection_table),
    "speed": ("digits", speed_table),
    "training": ("training", training_table),
}
"""Which file of results each table needs, and what makes it."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns but the first are aligned to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def goal(target: float) -> str:
    return "always" if target == 1 else f"{100 * target:g} %"


def machine(described: dict[str, Any] | str) -> str:
    if isinstance(described, str):
        return described
    return ", ".join(str(value) for value in described.values())


def fill(text: str, results: Results) -> str:
    """Return `text` with each table made anew whose results are there."""

    def filled(match: re.Match[str]) -> str:
        begin, name, end = match.groups()
        if name not in TABLES:
            raise ValueError(f"no table {name!r}; one of {', '.join(TABLES)}")
        needed, make = TABLES[name]
        if needed not in results:
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
