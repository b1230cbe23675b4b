"""The original system's three commands, word for word, from a checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.imaging.decode import load_grey

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path(sys.executable).with_name("digit-ocr")


def run(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True
    )


def module(folder: Path, name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", name, *arguments)


@pytest.fixture(scope="module")
def small_csv(tmp_path_factory: pytest.TempPathFactory, mnist: Mnist) -> Path:
    """600 pictures of MNIST as CSV: 120 of them are the test split."""
    path = tmp_path_factory.mktemp("small") / "small.csv"
    pixels = mnist.train_images[:600].reshape(600, 784)
    rows = np.column_stack([mnist.train_labels[:600], pixels])
    np.savetxt(path, rows, fmt="%d", delimiter=",")
    return path


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, small_csv: Path) -> Path:
    """A folder like a checkout, in which `python -m src.train` has run on a little data."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "src").symlink_to(ROOT / "src", target_is_directory=True)
    trained = module(folder, "src.train", "--epochs", 5, "--batch-size", 32, "--data", small_csv)
    assert trained.returncode == 0, trained.stderr
    assert trained.stderr == ""
    (folder / "train.out").write_text(trained.stdout)
    return folder


def test_training_ends_with_the_accuracy_that_it_reached(checkout: Path) -> None:
    last = (checkout / "train.out").read_text().splitlines()[-1]
    record = json.loads((checkout / "runs" / "original" / "result.json").read_text())

    assert last == f"Test accuracy: {record['test']['accuracy']:.2%}"
    assert 0 <= record["test"]["accuracy"] <= 1


class SimpleCNN(nn.Module):
    """The original network as somebody else would write it down."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.fc1 = nn.Conv2d(1, 16, 3, padding=1), nn.Linear(16 * 14 * 14, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc1(torch.max_pool2d(torch.relu(self.conv1(x)), 2).flatten(1))


def test_the_model_is_a_plain_state_dict_that_others_load(checkout: Path) -> None:
    state = torch.load(checkout / "models" / "best_model.pth", weights_only=True)

    shapes = [tuple(tensor.shape) for tensor in state.values()]
    assert shapes == [(16, 1, 3, 3), (16,), (10, 3136), (10,)]
    network = SimpleCNN()
    # In order, whatever the names of the layers are.
    network.load_state_dict(dict(zip(network.state_dict(), state.values(), strict=True)))
    assert network(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_the_sample_is_the_picture_of_mnist_that_was_asked_for(
    checkout: Path, mnist: Mnist
) -> None:
    made = module(checkout, "src.inference.create_sample")
    assert made.returncode == 0, made.stderr
    assert made.stdout == "Sample picture: data/sample.png\nTrue label: 7\n"
    assert np.array_equal(load_grey(checkout / "data" / "sample.png"), mnist.test_images[0])

    other = module(checkout, "src.inference.create_sample", "--index", 2, "--out", "two.png")
    assert other.stdout == "Sample picture: two.png\nTrue label: 1\n"
    assert np.array_equal(load_grey(checkout / "two.png"), mnist.test_images[2])


def test_the_sample_is_read_with_the_model_that_was_trained(checkout: Path, mnist: Mnist) -> None:
    (checkout / "data").mkdir(exist_ok=True)
    Image.fromarray(mnist.test_images[0]).save(checkout / "data" / "sample.png")

    read = module(checkout, "src.inference.predict_digit")

    assert read.returncode == 0, read.stderr
    assert read.stdout == "Predicted digit: 7\n"
    assert read.stderr == ""


def test_without_a_trained_model_the_shipped_one_reads_and_says_so(
    tmp_path: Path, mnist: Mnist
) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src", target_is_directory=True)
    (tmp_path / "data").mkdir()
    Image.fromarray(mnist.test_images[0]).save(tmp_path / "data" / "sample.png")

    read = module(tmp_path, "src.inference.predict_digit")

    assert read.returncode == 0, read.stderr
    assert read.stdout == "Predicted digit: 7\n"
    assert "shipped weights" in read.stderr


def test_a_missing_sample_says_how_to_make_it(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src", target_is_directory=True)

    read = module(tmp_path, "src.inference.predict_digit")

    assert read.returncode == 1
    assert read.stdout == ""
    assert "python -m src.inference.create_sample" in read.stderr
    assert "Traceback" not in read.stderr


@pytest.mark.parametrize("form", ["module", "console script"])
def test_two_processes_test_every_picture_once(
    checkout: Path, small_csv: Path, tmp_path: Path, form: str
) -> None:
    arguments = ("--epochs", 1, "--data", small_csv, "--devices", 2, "--out", tmp_path / "run")

    if form == "module":
        trained = module(checkout, "src.train", *arguments)
    else:
        trained = run(checkout, SCRIPT, "train", "--recipe", "original", *arguments)

    assert trained.returncode == 0, trained.stderr
    assert trained.stderr == ""
    lines = trained.stdout.splitlines()
    assert [line.startswith("Test accuracy: ") for line in lines].count(True) == 1
    record = json.loads((tmp_path / "run" / "result.json").read_text())
    alone = json.loads((checkout / "runs" / "original" / "result.json").read_text())
    # The same pictures of each digit, whoever counted them.
    assert (
        np.sum(record["confusion"], axis=1).tolist() == np.sum(alone["confusion"], axis=1).tolist()
    )
    assert np.sum(record["confusion"]) == 120


def test_two_processes_judge_the_network_that_they_keep(small_csv: Path, tmp_path: Path) -> None:
    """Each has running means of its own, of its share of the pictures; and one folder is theirs."""
    trained = run(
        tmp_path, SCRIPT, "train", "--recipe", "fast", "--epochs", 2, "--data", small_csv,
        "--devices", 2, "--device", "cpu",
    )  # fmt: skip

    assert trained.returncode == 0, trained.stderr
    assert [folder.name for folder in (tmp_path / "runs").iterdir()] == ["fast"]
    folder = tmp_path / "runs" / "fast"
    epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    kept = next(epoch for epoch in reversed(epochs) if epoch["best"])
    measured = json.loads((folder / "result.json").read_text())["validation"]
    assert measured == pytest.approx(kept["validation"], rel=1e-5)


@pytest.mark.accuracy
@pytest.mark.timeout(1800)
def test_three_epochs_reach_the_accuracy_of_the_original(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src", target_is_directory=True)

    trained = module(tmp_path, "src.train", "--devices", 2)

    assert trained.returncode == 0, trained.stderr
    record = json.loads((tmp_path / "runs" / "original" / "result.json").read_text())
    assert np.sum(record["confusion"]) == 10_000
    assert record["test"]["accuracy"] >= 0.977
