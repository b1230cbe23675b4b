"""What a model file says about itself: the one JSON object in its header."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from digit_ocr.errors import ModelNotUsable

METADATA_KEY = "digit_ocr"
"""Key of the JSON object in ONNX `metadata_props` and in the safetensors header."""

KINDS = ("digit", "number", "page")


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """Everything that reading with a model needs to know, apart from its weights.

    `classes` name the logits in order: "0" to "9", then "none" (no digit), or "separator" (between
    two numbers) and "blank" (CTC).
    `temperature` divides the logits before the softmax. `metrics` were measured on validation.
    """

    kind: str
    architecture: str
    options: dict[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = tuple("0123456789")
    preprocessing: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    metrics: dict[str, float] = field(default_factory=dict)
    data_sha256: str = ""
    recipe: str = ""
    version: str = ""

    @property
    def name(self) -> str:
        """Short name for results, such as `digit_net/real 1.0.0`."""
        return f"{self.architecture}/{self.recipe or 'unnamed'} {self.version}".rstrip()

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelMetadata:
        """Return the metadata read from `text`.

        Raises: ModelNotUsable: not JSON, a key is missing or unknown, or the kind is not ours.
        """
        try:
            values = json.loads(text)
            unknown = set(values) - {f.name for f in fields(cls)}
            if unknown:
                raise ModelNotUsable(f"model metadata has unknown keys: {sorted(unknown)}")
            values["classes"] = tuple(values["classes"])
            metadata = cls(**values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelNotUsable(f"model metadata is damaged: {error}") from error
        if metadata.kind not in KINDS:
            raise ModelNotUsable(f"model metadata names the kind {metadata.kind!r}, not {KINDS}")
        return metadata
