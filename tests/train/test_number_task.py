"""The number task: batches by width, a loss that falls, and what is counted."""

from __future__ import annotations

import pytest
import torch

from digit_ocr.inference.number_line import SEPARATOR
from digit_ocr.models.number_net import NumberNet
from digit_ocr.train.number_task import BLANK, NumberTask, greedy_decode
from digit_ocr.train.recipe import load_recipe
from digit_ocr.train.task import Batch


class Parrot(torch.nn.Module):
    """Says what the strip's darkness in tenths tells, once, at the first time step."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits = torch.full((len(images), images.shape[3] // 2, 12), -20.0)
        logits[..., BLANK] = 0.0
        said = (images[:, 0, 16, 8] * 10).round().long().clamp(0, 9)
        logits[torch.arange(len(images)), 0, said] = 20.0
        return logits


@pytest.fixture
def task() -> NumberTask:
    return NumberTask(load_recipe("numbers"))


def bars(count: int = 40, widest: int = 160) -> Batch:
    """Return strips of one digit each: as dark as the digit says, of many widths."""
    digits = torch.arange(count) % 10
    widths = 32 + torch.arange(count) * (widest - 32) // count
    images = torch.zeros(count, 32, widest, dtype=torch.uint8)
    for image, digit, width in zip(images, digits, widths, strict=True):
        image[4:28, 4 : width - 4] = int(digit) * 25 + 1
    targets = torch.zeros(count, 20, dtype=torch.long)
    targets[:, 0] = digits
    lengths = torch.ones(count, dtype=torch.long)
    return {"images": images, "widths": widths, "targets": targets, "target_lengths": lengths}


def test_epoch_covers_every_strip_once(task: NumberTask) -> None:
    batches = list(task.batches(bars(), 8, torch.Generator().manual_seed(0)))
    assert torch.cat(batches).sort().values.tolist() == list(range(40))


def test_batches_hold_strips_about_equally_wide(task: NumberTask) -> None:
    split = bars()
    spans = [
        int(split["widths"][batch].max() - split["widths"][batch].min())
        for batch in task.batches(split, 8, torch.Generator().manual_seed(0))
    ]
    assert max(spans) < 40


def test_prepared_strips_are_ink_of_the_networks_height(task: NumberTask) -> None:
    batch = task.prepare(bars(), torch.arange(10), torch.Generator().manual_seed(0))
    images = batch["images"]
    assert images.dtype == torch.float32
    assert images.shape[:3] == (10, 1, 32)
    assert images.min() >= 0
    assert images.max() <= 1


def test_augmentation_pushes_no_digit_out_of_its_strip(task: NumberTask) -> None:
    split = bars(count=20)
    split["images"].zero_()
    for row, width in enumerate(split["widths"].tolist()):
        split["images"][row, 6:26, width - 10 : width - 6] = 255
    for seed in range(5):
        batch = task.prepare(split, torch.arange(20), torch.Generator().manual_seed(seed))
        assert (batch["images"].amax(dim=(1, 2, 3)) > 0.5).all()


def test_same_generator_gives_the_same_batch(task: NumberTask) -> None:
    first, second = (
        task.prepare(bars(), torch.arange(10), torch.Generator().manual_seed(3))["images"]
        for _ in range(2)
    )
    torch.testing.assert_close(first, second)


def test_training_on_a_few_strips_lowers_the_loss(task: NumberTask) -> None:
    torch.manual_seed(0)
    network = NumberNet((8, 8, 8, 8), 16, (1,))
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(15):
        loss, shown = task.loss(network, task.prepare(bars(16, 48), torch.arange(16), generator))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(shown["loss_per_digit"])
    assert losses[-1] < 0.5 * losses[0]


def test_strips_without_digits_have_a_finite_loss(task: NumberTask) -> None:
    split = bars(4)
    split["target_lengths"].zero_()
    batch = task.prepare(split, torch.arange(4), torch.Generator().manual_seed(0))
    loss, _ = task.loss(NumberNet((8, 8, 8, 8), 16, (1,)), batch)
    assert torch.isfinite(loss)


def test_evaluation_counts_numbers_edits_and_digits(task: NumberTask) -> None:
    split = bars(20, 64)
    split["targets"][0, :2] = torch.tensor([0, 5])
    split["target_lengths"][0] = 2
    metrics = task.summarise(task.evaluate(Parrot(), split, 0, 1))
    assert metrics["exact_match"] == pytest.approx(19 / 20)
    assert metrics["character_error_rate"] == pytest.approx(1 / 21)


def test_shards_together_count_what_one_process_counts(task: NumberTask) -> None:
    split = bars(21, 64)
    whole = task.evaluate(Parrot(), split, 0, 1)["strings"]
    parts = [task.evaluate(Parrot(), split, rank, 2)["strings"] for rank in range(2)]
    torch.testing.assert_close(parts[0] + parts[1], whole)


def test_temperature_of_a_reader_that_is_always_right_is_not_raised(task: NumberTask) -> None:
    assert task.fit_temperature(Parrot(), bars(20, 64), 1.0) <= 1.0


class Doubter(torch.nn.Module):
    """Half sure of a 3 on every strip with ink, sure of nothing on blank ones."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits = torch.full((len(images), images.shape[3] // 2, 12), -20.0)
        logits[..., BLANK] = 0.0
        logits[images.amax(dim=(1, 2, 3)) > 0, 0, 3] = 1.4
        return logits


def test_blank_strips_do_not_make_numbers_look_surer(task: NumberTask) -> None:
    split = bars(20, 64)
    alone = task.fit_temperature(Doubter(), split, 1.0)
    blank = {name: tensor.clone() for name, tensor in split.items()}
    blank["images"].zero_()
    blank["target_lengths"].zero_()
    both = {name: torch.cat([split[name], blank[name]]) for name in split}
    assert task.fit_temperature(Doubter(), both, 1.0) == alone


def test_greedy_decoding_merges_repeats_drops_blanks_and_keeps_numbers_apart() -> None:
    path = torch.tensor([[BLANK, 3, 3, BLANK, 3, SEPARATOR, 7, BLANK]])
    logits = torch.nn.functional.one_hot(path, 12).float()
    assert greedy_decode(logits) == ["33 7"]
