from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digit_ocr.errors import TrainingDiverged
from digit_ocr.train import fit as fit_module
from digit_ocr.train.fit import RunResult
from digit_ocr.train.recipe import load_recipe


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """What `fit` was asked for; it answers at once."""
    asked: list[tuple[Any, dict[str, Any]]] = []

    def fit(recipe: Any, **options: Any) -> RunResult:
        asked.append((recipe, options))
        progress = options["progress"]
        progress.start(recipe.epochs, 40)
        progress.step(1, 20, 0.25, {"accuracy": 0.9})
        progress.step(1, 20, None, {})
        progress.epoch(
            {
                "epoch": 1,
                "train_loss": 0.25,
                "validation": {"accuracy": 0.97},
                "seconds": 3.21,
                "best": True,
            }
        )
        return RunResult(
            folder=Path("runs/x"),
            best=Path("runs/x/best.safetensors"),
            validation={"accuracy": 0.97},
            test={"accuracy": 0.97704, "loss": 0.08},
            confusion=[],
            best_epoch=1,
            train_seconds=3.2,
            rank=0,
        )

    monkeypatch.setattr(fit_module, "fit", fit)
    return asked


def test_the_last_line_is_the_accuracy_on_the_test_set(command, calls) -> None:
    outcome = command("train")

    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.lines[-1] == "Test accuracy: 97.70%"
    assert any("runs/x/best.safetensors" in line for line in outcome.lines)
    assert any(line.startswith("Epoch 1/") for line in outcome.lines)


def test_flags_override_the_recipe_and_nothing_else_of_it(command, calls) -> None:
    flags = "--recipe original --epochs 2 --batch-size 32 --lr 0.01 --seed 5"
    where = "--data digits.csv --init shipped --out run --resume --device cpu --devices 2"
    command("train", *flags.split(), *where.split(), "--state-dict", "best.pth")

    [(recipe, options)] = calls
    expected = load_recipe("original").override(epochs=2, batch_size=32, learning_rate=0.01, seed=5)
    assert recipe == expected
    assert options.pop("progress") is not None
    assert options == {
        "data": "digits.csv",
        "device": "cpu",
        "devices": 2,
        "init": "shipped",
        "out": Path("run"),
        "resume": True,
        "state_dict_path": Path("best.pth"),
    }


@pytest.mark.parametrize(("flags", "name"), [([], "fast"), (["--init", "shipped"], "finetune")])
def test_the_recipe_suits_what_training_starts_from(command, calls, flags, name: str) -> None:
    command("train", *flags)

    assert calls[0][0].name == name


def test_only_the_first_process_prints_the_result(command, calls, monkeypatch) -> None:
    answer = fit_module.fit

    def second(*arguments: Any, **options: Any) -> Any:
        result = answer(*arguments, **options)
        return RunResult(**{name: getattr(result, name) for name in result.__slots__} | {"rank": 1})

    monkeypatch.setattr(fit_module, "fit", second)

    assert "Test accuracy" not in command("train").out


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--recipe", "nonsense"], 1, "original"),
        (["--epochs", "0"], 2, "epochs"),
        (["--lr", "-1"], 1, "learning_rate"),
        (["--device", "abacus"], 2, "abacus"),
    ],
)
def test_wrong_values_are_one_line(command, calls, arguments, code: int, expected: str) -> None:
    outcome = command("train", *arguments)

    assert outcome.code == code
    assert len(outcome.errors) == 1
    assert expected in outcome.err
    assert calls == []


def test_a_device_that_is_not_there_is_wrong_usage(command, calls, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    outcome = command("train", "--device", "cuda")

    assert outcome.code == 2
    assert "torch sees none" in outcome.err


def test_a_run_that_diverges_is_one_line(command, monkeypatch) -> None:
    def fit(*_: Any, **__: Any) -> None:
        raise TrainingDiverged("the loss is not finite any more")

    monkeypatch.setattr(fit_module, "fit", fit)
    outcome = command("train")

    assert outcome.code == 1
    assert outcome.errors == ["digit-ocr: error: the loss is not finite any more"]


def test_data_that_is_not_there_is_one_line(command) -> None:
    outcome = command("train", "--recipe", "original", "--data", "missing.csv")

    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert "missing.csv" in outcome.err
