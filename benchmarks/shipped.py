"""Which files were measured, the weights that ship, by their SHA-256; and what is kept of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from digit_ocr.inference.load import shipped_weights


def weights_sha256(*kinds: str) -> dict[str, str]:
    """Return the SHA-256 of the shipped ONNX file of each kind, by the file's name."""
    return file_sha256(*(shipped_weights(kind, ".onnx") for kind in kinds))


def file_sha256(*paths: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def write_results(path: Path, document: dict[str, Any], rows: str) -> None:
    """Write what was measured, or beside it where rows of an earlier result, or peers, would go.

    rows: the key of the table in `document`
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    lost = [
        name
        for name, row in earlier.get(rows, {}).items()
        if name not in document[rows] or ("peer" in row and "peer" not in document[rows][name])
    ]
    if lost:
        path = path.with_suffix(".partial.json")
        print(f"written to {path}, for these were not measured: {', '.join(lost)}")
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
