"""Numbers: strips 32 high in, a digit, a separator or a blank for every time step out (CTC)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digit_ocr.data.dataloader import shard
from digit_ocr.evaluation.metrics import edit_distance
from digit_ocr.imaging.line import STRIP_HEIGHT, WRITING_HEIGHT
from digit_ocr.inference.ctc import decode
from digit_ocr.inference.number_line import CLASSES
from digit_ocr.inference.softmax import softmax
from digit_ocr.train.augment import augment
from digit_ocr.train.composed import load_composed
from digit_ocr.train.recipe import Augment, Recipe
from digit_ocr.train.task import Batch, Splits

EVALUATION_BATCH_SIZE = 128
BLANK = CLASSES.index("blank")
CHARACTERS = "0123456789 "
"""What each label but the blank is in a text: numbers stand apart."""
BUCKET_BATCHES = 24
"""Batches that are drawn together and then sorted by width, so that little is padding."""
LARGEST_STRETCH = 1.08
TEMPERATURES = torch.linspace(0.5, 3.0, 51).tolist()


class NumberTask:
    """Whole numbers by connectionist temporal classification (Graves et al. 2006)."""

    kind = "number"
    classes = CLASSES
    selection = "exact_match"

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.preprocessing: dict[str, Any] = {
            "height": STRIP_HEIGHT,
            "writing_height": WRITING_HEIGHT,
            "ink": 1.0,
            "paper": 0.0,
        }

    def load(self, data: str, data_folder: Path | None) -> Splits:
        """Return composed strips, made of the digits' training and validation parts apart."""
        return load_composed("numbers", self.recipe, data, data_folder)

    def batches(
        self, split: Batch, batch_size: int, generator: torch.Generator
    ) -> Iterator[Tensor]:
        """Yield batches of strips about equally wide."""
        widths = split["widths"].cpu()
        order = torch.randperm(len(widths), generator=generator)
        batches: list[Tensor] = []
        for bucket in torch.split(order, batch_size * BUCKET_BATCHES):
            by_width = bucket[widths[bucket].argsort()]
            batches += by_width.tensor_split(max(1, len(bucket) // batch_size))
        for place in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[place]

    def prepare(self, split: Batch, indices: Tensor, generator: torch.Generator) -> Batch:
        indices = indices.to(split["images"].device)
        settings = self.recipe.augment
        images = _move(_strips(split, indices), settings, generator)
        # What is left bends no shape, and does not care how wide a picture is.
        shapes = ("rotation_degrees", "shear_degrees", "scale", "shift_pixels", "elastic_pixels")
        still = dict.fromkeys(shapes, 0.0)
        images = augment(images, settings.model_copy(update=still), generator)
        return {
            "images": images,
            "targets": split["targets"][indices],
            "target_lengths": split["target_lengths"][indices],
        }

    def loss(self, model: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        logits = model(batch["images"])
        losses = _ctc_losses(logits, batch["targets"], batch["target_lengths"])
        loss = (losses / batch["target_lengths"].clamp(min=1)).mean()
        return loss, {"loss_per_digit": loss.detach()}

    def evaluate(self, model: nn.Module, split: Batch, rank: int, world: int) -> dict[str, Tensor]:
        count = right = edits = digits = empty = empty_right = 0
        loss = 0.0
        for logits, targets, lengths in _evaluated(model, split, rank, world):
            loss += float(_ctc_losses(logits, targets, lengths).sum())
            for read, wanted in zip(greedy_decode(logits), _texts(targets, lengths), strict=True):
                is_right = read == wanted
                count += 1
                right += is_right
                edits += 0 if is_right else edit_distance(wanted, read)
                digits += len(wanted)
                empty += not wanted
                empty_right += is_right and not wanted
        counted = [count, right, edits, digits, empty, empty_right, loss]
        return {"strings": torch.tensor(counted, dtype=torch.double)}

    def summarise(self, totals: dict[str, Tensor]) -> dict[str, float]:
        count, right, edits, digits, empty, empty_right, loss = totals["strings"].tolist()
        return {
            "exact_match": right / max(count, 1),
            "character_error_rate": edits / max(digits, 1),
            "empty_exact_match": empty_right / max(empty, 1),
            "loss": loss / max(count, 1),
        }

    def fit_temperature(self, model: nn.Module, split: Batch, expected: float) -> float:
        """Return the temperature whose probabilities best say which readings are right.

        Numbers are judged, not time steps: a step's probability says little about the number's.
        The likeliest path is taken, with nobody asked for a second opinion, and only what is read
        counts: strips without a number, surely seen as such, would ask for surer numbers.
        """
        model.eval()
        confidences: list[Tensor] = []
        rights: list[bool] = []
        for logits, targets, lengths in _evaluated(model, split, 0, 1):
            read = [_decoded(row) for row in logits.cpu().numpy()]
            reported = torch.tensor([bool(text) for text in read], device=logits.device)
            if not reported.any():
                continue
            said, said_lengths = _as_targets([text for text in read if text], targets.device)
            logits = logits[reported]
            likelihoods = [-_ctc_losses(logits / t, said, said_lengths) for t in TEMPERATURES]
            confidences.append(torch.stack(likelihoods, dim=1))
            wanted = _texts(targets, lengths)
            rights += [text == right for text, right in zip(read, wanted, strict=True) if text]
        if not rights:
            return expected
        probability = torch.cat(confidences).double().exp().clamp(1e-6, 1 - 1e-6).cpu()
        right = torch.tensor(rights, dtype=torch.double)[:, None].expand_as(probability)
        losses = F.binary_cross_entropy(probability, right, reduction="none").mean(0)
        return float(TEMPERATURES[int(losses.argmin())])


def greedy_decode(logits: Tensor) -> list[str]:
    """Return the digits along the best path: logits (batch, time, 12) → a text for each."""
    return [
        "".join(CHARACTERS[label] for label, _ in groupby(path) if label != BLANK)
        for path in logits.argmax(-1).tolist()
    ]


def _decoded(logits: np.ndarray) -> str:
    """Return what the reader makes of logits (time, 12)."""
    return "".join(CHARACTERS[label] for label in decode(softmax(logits)).labels)


@torch.no_grad()
def _evaluated(
    model: nn.Module, split: Batch, rank: int, world: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield logits, targets and their lengths, narrow strips first."""
    indices = shard(len(split["widths"]), rank, world)
    indices = indices[split["widths"].cpu()[indices].argsort()]
    for part in torch.split(indices, EVALUATION_BATCH_SIZE):
        part = part.to(split["images"].device)
        logits = model(_strips(split, part)).float()
        yield logits, split["targets"][part], split["target_lengths"][part]


def _strips(split: Batch, indices: Tensor) -> Tensor:
    """Return strips (batch, 1, 32, width of the widest) float32, 0..1."""
    width = -(-int(split["widths"][indices].max()) // 8) * 8
    return split["images"][indices, None, :, :width].float().div_(255)


def _ctc_losses(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """Return the negative log-likelihood of each string (batch,)."""
    log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
    steps = torch.full((len(lengths),), logits.shape[1], dtype=torch.long)
    return F.ctc_loss(
        log_probabilities,
        targets,
        steps,
        lengths,
        blank=BLANK,
        reduction="none",
        zero_infinity=True,
    )


def _texts(targets: Tensor, lengths: Tensor) -> list[str]:
    rows = zip(targets.tolist(), lengths.tolist(), strict=True)
    return ["".join(CHARACTERS[label] for label in row[:length]) for row, length in rows]


def _as_targets(texts: list[str], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return targets (batch, longest) and their lengths (batch,)."""
    longest = max(1, *(len(text) for text in texts))
    rows = [[CHARACTERS.index(mark) for mark in text.ljust(longest, "0")] for text in texts]
    lengths = [len(text) for text in texts]
    return torch.tensor(rows, device=device), torch.tensor(lengths, device=device)


def _move(images: Tensor, settings: Augment, generator: torch.Generator) -> Tensor:
    """Return the strips sheared, scaled and shifted, each by its own chance.

    In pixels and from the left edge: a strip's width differs from batch to batch.
    """
    count, _, height, width = images.shape
    out_width = math.ceil(width * min(LARGEST_STRETCH, 1 + settings.scale) / 8) * 8
    draw = torch.rand((5, count, 1, 1), generator=generator, device=images.device) * 2 - 1
    slope = draw[0] * math.tan(math.radians(settings.shear_degrees))
    across = (1 + draw[1] * settings.scale).clamp(max=LARGEST_STRETCH)
    down = 1 + draw[2] * settings.scale
    shift_x, shift_y = draw[3] * settings.shift_pixels, draw[4] * settings.shift_pixels
    xs = torch.arange(out_width, device=images.device).view(1, 1, -1) + 0.5
    ys = torch.arange(height, device=images.device).view(1, -1, 1) + 0.5 - height / 2
    from_x = (xs - shift_x) / across + slope * ys
    from_y = (ys - shift_y) / down + 0 * xs
    grid = torch.stack([from_x * (2 / width) - 1, from_y * (2 / height)], dim=-1)
    return F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)
