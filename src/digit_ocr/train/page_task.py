"""Pages: windows of ink in, maps of digits and numbers out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from digit_ocr.data.dataloader import index_batches, shard, to_ink
from digit_ocr.imaging.components import label_components
from digit_ocr.inference.finding import MULTIPLE, STRIDE
from digit_ocr.models.page_net import MAPS
from digit_ocr.train.composed import load_composed
from digit_ocr.train.recipe import Recipe
from digit_ocr.train.task import Batch, Splits

EVALUATION_BATCH_SIZE = 64
SIZES = (160, 176, 192, 192, 208, 224)
"""Sides that training windows are scaled to, a draw a batch: more heights of digits."""
NEGATIVES_PER_POSITIVE = 3
LEAST_NEGATIVE_SHARE = 0.02
"""Of all cells, where a batch has hardly any positive ones."""
MATCH = 0.4
"""Intersection over union from which a component counts as found."""


class PageTask:
    """Segmentation by binary cross-entropy over hard negatives, and dice."""

    kind = "page"
    classes: tuple[str, ...] = MAPS
    selection = "number_f1"

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.preprocessing: dict[str, Any] = {
            "stride": STRIDE,
            "multiple": MULTIPLE,
            "ink": 1.0,
            "paper": 0.0,
        }

    def load(self, data: str, data_folder: Path | None) -> Splits:
        """Return composed windows, made of the digits' training and validation parts apart."""
        return load_composed("pages", self.recipe, data, data_folder)

    def batches(
        self, split: Batch, batch_size: int, generator: torch.Generator
    ) -> Iterator[torch.Tensor]:
        yield from index_batches(len(split["images"]), batch_size, generator)

    def prepare(self, split: Batch, indices: torch.Tensor, generator: torch.Generator) -> Batch:
        """Return windows at one random size, paler or darker by chance, with their maps."""
        device = split["images"].device
        images, maps = _windows(split, indices.to(device))
        chance = torch.rand(len(SIZES), generator=generator, device=device)
        side = SIZES[int(chance.argmax())]
        if side != images.shape[-1]:
            images = F.interpolate(images, (side, side), mode="bilinear", align_corners=False)
            cells = (side // STRIDE, side // STRIDE)
            maps = F.interpolate(maps, cells, mode="bilinear", align_corners=False)
        gain = 2.0 ** (torch.rand(len(images), generator=generator, device=device) * 1.4 - 0.7)
        return {"images": (images * gain.view(-1, 1, 1, 1)).clamp_(max=1.0), "maps": maps}

    def loss(self, model: nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        logits = model(batch["images"]).float()
        targets, weights = batch["maps"][:, : len(MAPS)], batch["maps"][:, len(MAPS) :]
        losses = [
            hard_cross_entropy(logits[:, [c]], targets[:, [c]], weights)
            + dice_loss(logits[:, [c]], targets[:, [c]], weights)
            for c in range(len(MAPS))
        ]
        shown = {name: loss.detach() for name, loss in zip(MAPS, losses, strict=True)}
        return torch.stack(losses).mean(), shown

    def evaluate(
        self, model: nn.Module, split: Batch, rank: int, world: int
    ) -> dict[str, torch.Tensor]:
        cells = torch.zeros(len(MAPS), 2, dtype=torch.double)
        components = torch.zeros(len(MAPS), 4, dtype=torch.double)
        loss, count = 0.0, 0
        own = shard(len(split["images"]), rank, world).to(split["images"].device)
        for start in range(0, len(own), EVALUATION_BATCH_SIZE):
            indices = own[start : start + EVALUATION_BATCH_SIZE]
            images, maps = _windows(split, indices)
            logits = model(images).float()
            targets, weights = maps[:, : len(MAPS)], maps[:, len(MAPS) :]
            errors = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
            loss += float((errors * weights).sum() / errors[0].numel())
            count += len(indices)
            counted = weights > 0.5
            found, wanted = (logits > 0) & counted, (targets > 0.5) & counted
            cells[:, 0] += (found & wanted).sum((0, 2, 3)).cpu()
            cells[:, 1] += (found | wanted).sum((0, 2, 3)).cpu()
            for channel in range(len(MAPS) - 1):
                for said, right in zip(
                    found[:, channel].cpu().numpy(), wanted[:, channel].cpu().numpy(), strict=True
                ):
                    components[channel] += torch.tensor(match_components(said, right))
        return {
            "cells": cells,
            "components": components,
            "loss": torch.tensor([loss, count], dtype=torch.double),
        }

    def summarise(self, totals: dict[str, torch.Tensor]) -> dict[str, float]:
        loss, count = totals["loss"].tolist()
        metrics = {"loss": loss / max(count, 1)}
        for name, (both, either) in zip(MAPS, totals["cells"].tolist(), strict=True):
            metrics[f"{name}_iou"] = both / max(either, 1)
        for name, counts in zip(MAPS[:-1], totals["components"].tolist(), strict=False):
            wanted, recalled, said, right = counts
            recall, precision = recalled / max(wanted, 1), right / max(said, 1)
            metrics[f"{name}_recall"] = recall
            metrics[f"{name}_precision"] = precision
            metrics[f"{name}_f1"] = 2 * recall * precision / max(recall + precision, 1e-9)
        return metrics

    def fit_temperature(self, model: nn.Module, split: Batch, expected: float) -> float:
        """Return 1: finding has a threshold; the number reader's confidence is what users see."""
        return 1.0


def _windows(split: Batch, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return windows (batch, 1, side, side) and maps (batch, 4, cells, cells), float32, 0..1."""
    return to_ink(split["images"][indices, None]), to_ink(split["maps"][indices])


def hard_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Return the mean error of the positive cells and of the hardest negative ones.

    Liao et al. 2020, section 3.5: three negatives to a positive, over the batch.
    """
    errors = F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights
    positive = targets > 0.5
    count = int(positive.sum())
    kept = max(NEGATIVES_PER_POSITIVE * count, int(LEAST_NEGATIVE_SHARE * errors.numel()))
    negatives = errors[~positive]
    hardest = negatives.topk(min(kept, negatives.numel()), sorted=False).values
    return (errors[positive].sum() + hardest.sum()) / (count + hardest.numel())


def dice_loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return 1 minus the soft overlap of found and wanted cells over the batch."""
    found, wanted = torch.sigmoid(logits) * weights, targets * weights
    return 1 - (2 * (found * wanted).sum() + 1) / (found.sum() + wanted.sum() + 1)


def match_components(
    said: NDArray[np.bool_], right: NDArray[np.bool_]
) -> tuple[int, int, int, int]:
    """Return how many components are wanted, found of those, said, and right of those."""
    said_labels, said_count = label_components(said)
    right_labels, right_count = label_components(right)
    pairs = np.zeros((right_count + 1, said_count + 1))
    np.add.at(pairs, (right_labels.ravel(), said_labels.ravel()), 1)
    union = pairs.sum(1, keepdims=True) + pairs.sum(0, keepdims=True) - pairs
    overlaps = (pairs / np.maximum(union, 1))[1:, 1:] >= MATCH
    return right_count, int(overlaps.any(1).sum()), said_count, int(overlaps.any(0).sum())
