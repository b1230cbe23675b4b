"""One digit: 28x28 in, a class out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from digit_ocr.data.dataloader import index_batches, shard, to_ink, to_tensors
from digit_ocr.data.digits import is_mnist, load_digits
from digit_ocr.data.labelled_digits import LabelledDigits
from digit_ocr.data.splits import Indices, stratified_split
from digit_ocr.errors import DigitOcrError
from digit_ocr.evaluation.calibration import fit_temperature
from digit_ocr.train.augment import augment
from digit_ocr.train.composed import compose, record_of, validation_count
from digit_ocr.train.recipe import Recipe
from digit_ocr.train.task import Batch, Splits

EVALUATION_BATCH_SIZE = 500
FROM_DATA_SET, COMPOSED = 0, 1
COMPOSED_SHARE = 0.2
"""Of what the temperature is fitted on: most pictures are far better than the worst composed."""


class DigitTask:
    """Classification by cross-entropy; the class "none" joins where the network has 11 logits."""

    kind = "digit"
    selection = "accuracy"

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        count = recipe.model.options.get("classes", 10)
        self.classes = (*"0123456789", "none")[:count]
        self.preprocessing: dict[str, Any] = {
            "size": 28,
            "box": 20,
            "centre": "mass",
            "ink": 1.0,
            "paper": 0.0,
        }

    def load(self, data: str, data_folder: Path | None) -> Splits:
        """Return MNIST, or the user's own digits, split and joined by composed pictures."""
        recipe = self.recipe.data
        digits = load_digits(data, data_folder, part="train")
        held_back = validation_count(digits, recipe)
        rest = np.arange(len(digits))
        if is_mnist(data):
            test = load_digits(data, data_folder, part="test")
            test_split = _tensors(test.images, test.labels)
        else:
            rest, tested = stratified_split(digits.labels, held_back, recipe.split_seed + 1)
            test_split = _tensors(digits.images[tested], digits.labels[tested])
        train, validation = stratified_split(digits.labels[rest], held_back, recipe.split_seed)
        train, validation = rest[train], rest[validation]
        if not len(validation):
            raise DigitOcrError(
                f"{digits.source} holds {len(digits)} digits, too few to hold some back to judge "
                "by: give several pictures of each"
            )
        splits = {
            "train": _tensors(digits.images[train], digits.labels[train]),
            "validation": _tensors(digits.images[validation], digits.labels[validation]),
        }
        if recipe.composed:
            composed = self._compose(digits, train, for_validation=False)
            splits["train"] = _joined(splits["train"], composed)
        if recipe.composed_validation:
            composed = self._compose(digits, validation, for_validation=True)
            splits["validation"] = _joined(splits["validation"], composed)
        record = record_of(digits, self.recipe) | {
            "train": len(splits["train"]["labels"]),
            "validation": len(splits["validation"]["labels"]),
            "test": len(test_split["labels"]),
        }
        return Splits(splits["train"], splits["validation"], test_split, digits.sha256, record)

    def _compose(self, digits: LabelledDigits, part: Indices, *, for_validation: bool) -> Batch:
        pool = compose(
            "digits",
            self.recipe,
            digits,
            part,
            for_validation=for_validation,
            held_back_fonts=False,
        )
        kept = pool["labels"] < len(self.classes)
        return _tensors(pool["images"][kept], pool["labels"][kept], COMPOSED)

    def batches(
        self, split: Batch, batch_size: int, generator: torch.Generator
    ) -> Iterator[torch.Tensor]:
        group = split["group"].cpu()
        own = torch.nonzero(group == FROM_DATA_SET).flatten()
        composed = torch.nonzero(group == COMPOSED).flatten()
        indices = torch.cat([own] * self.recipe.data.repeat + [composed])
        for places in index_batches(len(indices), batch_size, generator):
            yield indices[places]

    def prepare(self, split: Batch, indices: torch.Tensor, generator: torch.Generator) -> Batch:
        indices = indices.to(split["images"].device)
        images = augment(to_ink(split["images"][indices]), self.recipe.augment, generator)
        return {"images": images, "labels": split["labels"][indices]}

    def loss(self, model: nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        logits = model(batch["images"])
        smoothing = self.recipe.optimizer.label_smoothing
        loss = F.cross_entropy(logits, batch["labels"], label_smoothing=smoothing)
        right = (logits.detach().argmax(1) == batch["labels"]).float().mean()
        return loss, {"accuracy": right}

    def evaluate(
        self, model: nn.Module, split: Batch, rank: int, world: int
    ) -> dict[str, torch.Tensor]:
        logits, labels, group = _logits(model, split, rank, world)
        count = len(self.classes)
        flat = labels * count + logits.argmax(1)
        right = (logits.argmax(1) == labels).double()
        nll = F.cross_entropy(logits.double(), labels, reduction="sum")
        return {
            "confusion": torch.bincount(flat, minlength=count * count).view(count, count),
            "loss": nll,
            "right_by_group": torch.zeros(2, dtype=torch.double).index_add(0, group, right),
            "count_by_group": torch.bincount(group, minlength=2),
        }

    def summarise(self, totals: dict[str, torch.Tensor]) -> dict[str, float]:
        confusion = totals["confusion"]
        count = max(int(confusion.sum()), 1)
        metrics = {
            "accuracy": int(confusion.diagonal().sum()) / count,
            "loss": float(totals["loss"]) / count,
        }
        if totals["count_by_group"][COMPOSED]:
            own, composed = (totals["right_by_group"] / totals["count_by_group"]).tolist()
            metrics |= {"accuracy_data_set": own, "accuracy_composed": composed}
        return metrics

    def fit_temperature(self, model: nn.Module, split: Batch, expected: float) -> float:
        """Return the likeliest temperature; composed pictures count `COMPOSED_SHARE` of it all."""
        logits, labels, groups = _logits(model.eval(), split, 0, 1)
        shares = torch.tensor([1 - COMPOSED_SHARE, COMPOSED_SHARE])
        weights = (shares / torch.bincount(groups, minlength=2))[groups]
        return float(fit_temperature(logits.numpy(), labels.numpy(), weights.numpy(), expected))


def _tensors(images: Any, labels: Any, group: int = FROM_DATA_SET) -> Batch:
    return {**to_tensors(images, labels), "group": torch.full((len(labels),), group)}


def _joined(first: Batch, second: Batch) -> Batch:
    return {name: torch.cat([first[name], second[name]]) for name in first}


@torch.no_grad()
def _logits(
    model: nn.Module, split: Batch, rank: int, world: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return logits, labels and groups of this process's share, in order, on the CPU.

    What is summed there in float64 has none on every accelerator (Apple's).
    """
    share = shard(len(split["labels"]), rank, world).to(split["labels"].device)
    batches = torch.split(share, EVALUATION_BATCH_SIZE)
    logits = torch.cat([model(to_ink(split["images"][batch])) for batch in batches])
    return logits.float().cpu(), split["labels"][share].cpu(), split["group"][share].cpu()
