"""Measure the errors of the original SimpleCNN on spoilt digits: what others are compared with.

    digit-ocr train --recipe original --out runs/reference
    python benchmarks/robustness_reference.py runs/reference/best.safetensors

MNIST's test pictures go straight into the network, as the original system used it. Writes the JSON
in the package that `digit-ocr evaluate --robustness` takes its mean corruption error from.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import digit_ocr.evaluation
from digit_ocr.data.digits import load_digits
from digit_ocr.evaluation.robustness import BASELINE, measure_robustness
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import load_model


def main() -> None:
    reader = DigitReader(load_model(sys.argv[1], kind="digit"))
    digits = load_digits("mnist")
    result = measure_robustness(reader, digits.images, digits.labels, prepare=False)
    errors = {
        name: [round(1 - float(value), 6) for value in row]
        for name, row in zip(result.names, result.accuracies, strict=True)
    }
    document = {"model": reader.model.metadata.name, "pictures": result.pictures, "errors": errors}
    target = Path(digit_ocr.evaluation.__file__).with_name(BASELINE)
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{target}: mean accuracy {result.accuracies.mean():.2%}")


if __name__ == "__main__":
    main()
