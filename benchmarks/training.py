"""How fast training is, and how right what it gives, beside a plain per-item DataLoader loop.

    python benchmarks/training.py [--seeds 5] [--runs original fast:1 fast]

For each recipe: the same network, optimiser and batch size, for each seed once by `digit-ocr train`
(the data set is one tensor, batches are indexed) and once, for an epoch, by the loop that tutorials
show (a Dataset that returns one picture, a DataLoader that stacks them), in turns. Seconds run from
the first batch to the last update, the data in memory, evaluation left out; the ratio is of median
seconds an epoch. Nothing else should run meanwhile. Writes `benchmarks/results/training.json`; rows
of other runs stay in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

from digit_ocr.data.mnist_dataset import load_mnist
from digit_ocr.evaluation.speed import describe_machine
from digit_ocr.train.fit import fit
from digit_ocr.train.recipe import Recipe, load_recipe
from digit_ocr.train.schedule import make_optimizer
from digit_ocr.train.start import build_model

RESULTS = Path(__file__).parent / "results" / "training.json"


class OneByOne(Dataset[tuple[torch.Tensor, int]]):
    """MNIST's training pictures, one at a time, as tutorials load them."""

    def __init__(self) -> None:
        mnist = load_mnist()
        self.images, self.labels = mnist.train_images, mnist.train_labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = torch.from_numpy(self.images[index]).float().div(255).unsqueeze(0)
        return image, int(self.labels[index])


def plain_epoch_seconds(recipe: Recipe) -> float:
    """Return the seconds of one epoch of 55,000 pictures through a per-item DataLoader."""
    torch.manual_seed(0)
    pictures = torch.utils.data.Subset(OneByOne(), range(55_000))
    loader = DataLoader(pictures, recipe.optimizer.batch_size, shuffle=True)
    model = build_model(recipe).train()
    optimizer = make_optimizer(recipe.optimizer, model)
    started = time.perf_counter()
    for images, labels in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return time.perf_counter() - started


def run(recipe: Recipe, epochs: int, seed: int) -> tuple[float, float]:
    """Return training seconds and test accuracy of one run."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = recipe.override(epochs=epochs, seed=seed)
        result = fit(chosen, device="cpu", out=Path(folder) / "run")
    return result.train_seconds, result.test["accuracy"]


def measure(name: str, epochs: int | None, seeds: int) -> dict[str, Any]:
    recipe = load_recipe(name)
    epochs = epochs or recipe.epochs
    runs = [(*run(recipe, epochs, seed), plain_epoch_seconds(recipe)) for seed in range(seeds)]
    seconds, accuracies, plain_seconds = [list(values) for values in zip(*runs, strict=True)]
    plain = statistics.median(plain_seconds)
    an_epoch = statistics.median(seconds) / epochs
    return {
        "recipe": name,
        "epochs": epochs,
        "parameters": sum(p.numel() for p in build_model(recipe).parameters()),
        "seeds": seeds,
        "threads": torch.get_num_threads(),
        "seconds": statistics.median(seconds),
        "seconds_an_epoch": an_epoch,
        "plain_seconds_an_epoch": plain,
        "times_as_fast": plain / an_epoch,
        "accuracy_mean": statistics.mean(accuracies),
        "accuracy_sd": statistics.stdev(accuracies) if seeds > 1 else 0.0,
        "accuracy_least": min(accuracies),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--runs",
        nargs="+",
        default=["original", "fast:1", "fast"],
        help="RECIPE or RECIPE:EPOCHS",
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = []
    for chosen in options.runs:
        name, _, epochs = chosen.partition(":")
        row = measure(name, int(epochs) if epochs else None, options.seeds)
        rows.append(row)
        print(
            f"{row['recipe']:9} {row['epochs']} epochs {row['seconds']:6.1f} s"
            f"  {row['times_as_fast']:.2f} times as fast as a per-item loop"
            f"  accuracy {row['accuracy_mean']:.2%} ± {row['accuracy_sd']:.2%}"
            f" (least {row['accuracy_least']:.2%}, n = {row['seeds']})",
            flush=True,
        )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.out.exists():
        measured = {(row["recipe"], row["epochs"]) for row in rows}
        before = json.loads(options.out.read_text(encoding="utf-8"))["rows"]
        rows = [row for row in before if (row["recipe"], row["epochs"]) not in measured] + rows
    document = {"machine": describe_machine(), "rows": rows}
    options.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
