"""The models under evaluation: loaded, named apart, and described."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digit_ocr.errors import ModelNotUsable
from digit_ocr.inference.load import Model, load_model, shipped_weights

RUN_RECORD = "metrics.jsonl"

ModelSource = str | Path | None
"""A model file; None is the one that ships."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One model under evaluation. `training` holds its run's epochs; empty without a run."""

    name: str
    path: Path
    source: ModelSource
    model: Model
    training: tuple[dict[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what metrics.json says of the model itself."""
        metadata = self.model.metadata
        return {
            "name": self.name,
            # Where our own weights lie on this machine is nobody's business.
            "file": f"shipped {self.path.name}" if self.source is None else str(self.source),
            "size_bytes": self.path.stat().st_size,
            "sha256": hashlib.sha256(self.path.read_bytes()).hexdigest(),
            "kind": metadata.kind,
            "architecture": metadata.architecture,
            "recipe": metadata.recipe,
            "version": metadata.version,
            "temperature": metadata.temperature,
            "trained_on_sha256": metadata.data_sha256,
            "validation": metadata.metrics,
        }


def load_subjects(
    sources: Sequence[ModelSource], kinds: tuple[str, ...], threads: int | None = None
) -> tuple[Subject, ...]:
    """Return the models, with names that tell them apart.

    Raises: ModelNotUsable: missing, damaged, or of none of the `kinds` that the data asks for.
        CheckpointIncompatible, ExtraNotInstalled: as `load_model` does.
    """
    loaded = []
    for source in sources:
        path = shipped_weights(kinds[0]) if source is None else Path(source)
        model = load_model(path, threads=threads)
        if model.metadata.kind not in kinds:
            raise ModelNotUsable(
                f"{path}: reads a {model.metadata.kind}; this data needs a {kinds[0]} model"
            )
        loaded.append((source, path, model))
    names = _distinct([(model.metadata.name, path) for _, path, model in loaded])
    return tuple(
        Subject(name, path, source, model, _training_of(path))
        for name, (source, path, model) in zip(names, loaded, strict=True)
    )


def _distinct(named: list[tuple[str, Path]]) -> list[str]:
    """Return the names, with the file's where two are the same, and a number where both are."""
    titles = [title for title, _ in named]
    names: list[str] = []
    for title, path in named:
        name = title
        if titles.count(title) > 1:
            name = f"{title} ({path.parent.name}/{path.stem})"
        number = 2
        while name in names:
            name = f"{title} #{number}"
            number += 1
        names.append(name)
    return names


def _training_of(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the epochs of the run in whose folder the model lies; none if it is no run's."""
    try:
        lines = (path.parent / RUN_RECORD).read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.strip()]
        usable = all("accuracy" in record["validation"] for record in records)
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # The curves are an extra; a run that was cut short is no reason to fail.
    return tuple(records) if usable else ()
