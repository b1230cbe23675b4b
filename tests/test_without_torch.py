"""Without torch, everything but training still works; each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

BLOCK_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "lightning_fabric", "safetensors", "onnx", "cv2"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
"""

IMPORT_EVERYTHING_THAT_NEEDS_NO_TORCH = """
import importlib, pkgutil
import digit_ocr

NEED_TORCH = {"digit_ocr.inference.torch_runtime", "digit_ocr.data.dataloader"}
imported = []
for package in ("imaging", "inference", "evaluation", "service", "data", "cli"):
    folder = importlib.import_module(f"digit_ocr.{package}")
    for module in pkgutil.walk_packages(folder.__path__, folder.__name__ + "."):
        if module.name not in NEED_TORCH:
            importlib.import_module(module.name)
            imported.append(module.name)
print(len(imported), "imported")
"""

READ_AND_PREDICT = """
import digit_ocr

print(digit_ocr.predict("seven.png").digit)
print(digit_ocr.read("number.png").text)
"""

EVALUATE = """
from digit_ocr.cli.main import run

code = run(["evaluate", "--data", "digits", "--out", "report"])
assert code == 0, code
"""

SERVE = """
from pathlib import Path
from time import sleep
from fastapi.testclient import TestClient
from digit_ocr.service.app import create_app

with TestClient(create_app()) as client:
    while client.get("/healthz").status_code != 200:
        sleep(0.05)
    answer = client.post("/v1/predict", content=Path("seven.png").read_bytes())
    assert answer.status_code == 200, answer.text
    print(answer.json())
"""

ONLY_FOR_TRAINING = (["train", "--recipe", "fast"], ["data", "fetch", "fonts"])


def run_without_torch(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCK_TORCH + code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def output_without_torch(code: str, folder: Path) -> str:
    result = run_without_torch(code, folder)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def pictures(tmp_path: Path, draw: Callable[..., Image.Image]) -> Path:
    """A folder with `seven.png`, `number.png` and the labelled folders of `digits/`."""
    draw(7, (80, 80)).save(tmp_path / "seven.png")
    draw(2049, (220, 80)).save(tmp_path / "number.png")
    for digit in range(10):
        folder = tmp_path / "digits" / str(digit)
        folder.mkdir(parents=True)
        for size in (60, 80, 100):
            draw(digit, (size, size)).save(folder / f"{size}.png")
    return tmp_path


def test_everything_but_training_is_imported(tmp_path: Path):
    assert "imported" in output_without_torch(IMPORT_EVERYTHING_THAT_NEEDS_NO_TORCH, tmp_path)


def test_digits_and_numbers_are_read(pictures: Path):
    assert output_without_torch(READ_AND_PREDICT, pictures).split() == ["7", "2049"]


def test_a_report_is_written(pictures: Path):
    output_without_torch(EVALUATE, pictures)
    assert (pictures / "report" / "report.html").is_file()
    assert (pictures / "report" / "metrics.json").is_file()


def test_the_service_answers(pictures: Path):
    assert "'digit': 7" in output_without_torch(SERVE, pictures)


@pytest.mark.parametrize("arguments", ONLY_FOR_TRAINING, ids=" ".join)
def test_what_is_for_training_says_in_one_line_what_to_install(
    arguments: list[str], tmp_path: Path
):
    code = f"from digit_ocr.cli.main import run\nprint('exit code', run({arguments}))"
    result = run_without_torch(code, tmp_path)
    assert result.stdout.strip() == "exit code 1"
    assert "pip install 'digit-ocr[train]'" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
