"""The original system's three commands, in the package's own terms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from digit_ocr.cli.main import main
from digit_ocr.cli.messages import note
from digit_ocr.cli.sample import SAMPLE_PATH

BEST_MODEL_PATH = Path("models/best_model.pth")


def train(arguments: Sequence[str] | None = None) -> None:
    """Train SimpleCNN and leave its plain `state_dict`; takes the flags of `digit-ocr train`."""
    given = _own(arguments)
    # `--recipe NAME` and `--recipe=NAME` alike.
    words = [word for argument in given for word in argument.split("=", 1)]
    asked = dict(pairwise(words))
    if asked.get("--recipe", "original") != "original" or "--init" in words:
        note(f"{BEST_MODEL_PATH} is SimpleCNN's: this run leaves its weights in its own folder")
        main(["train", *given])
    else:
        main(["train", "--recipe", "original", "--state-dict", str(BEST_MODEL_PATH), *given])


def create_sample(arguments: Sequence[str] | None = None) -> None:
    """Save a test picture of MNIST where `predict_digit` looks for it."""
    main(["sample", *_own(arguments)])


def predict_digit(arguments: Sequence[str] | None = None) -> None:
    """Read the sample picture with the trained model, or the shipped one where there is none."""
    given = _own(arguments)
    if any(argument.split("=")[0] == "--model" for argument in given):
        model = []
    elif BEST_MODEL_PATH.exists():
        model = ["--model", str(BEST_MODEL_PATH)]
    else:
        model = []
        note(f"there is no {BEST_MODEL_PATH} (python -m src.train): using the shipped weights")
    sample = [] if _names_a_picture(given) else [str(SAMPLE_PATH)]
    if sample and not SAMPLE_PATH.exists():
        note(f"there is no {SAMPLE_PATH}: python -m src.inference.create_sample makes it")
    main(["predict", *model, *given, *sample])


def _names_a_picture(arguments: Sequence[str]) -> bool:
    """Return whether there is more than flags and what belongs to them; `-` is standard input."""
    return any(
        argument == "-" or (not argument.startswith("-") and before != "--model")
        for before, argument in pairwise(["", *arguments])
    )


def _own(arguments: Sequence[str] | None) -> list[str]:
    return list(sys.argv[1:] if arguments is None else arguments)
