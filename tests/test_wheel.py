"""What users install: the wheel holds all that reading needs, and nothing of the workshop."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
KINDS = ("digit", "number", "page")
WEIGHTS = {f"{kind}{suffix}" for kind in KINDS for suffix in (".onnx", ".safetensors")}
READ_A_DIGIT = """
import sys, digit_ocr
prediction = digit_ocr.predict(sys.argv[1])
assert "torch" not in sys.modules
print(prediction.digit, digit_ocr.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    # By hatchling itself and in this environment: no index is asked for anything.
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def run(command: list[str], cwd: Path) -> str:
    # What the tests' own environment says about Python must not reach the clean one.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_wheel_holds_every_file_of_the_package(contents: list[str]):
    package = ROOT / "src" / "digit_ocr"
    expected = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected - set(contents) == set()


def test_weights_recipes_templates_and_page_are_in(contents: list[str]):
    names = set(contents)
    assert {f"digit_ocr/weights/{name}" for name in WEIGHTS} <= names
    for recipe in ("original", "fast", "best", "real", "finetune", "numbers", "pages"):
        assert f"digit_ocr/recipes/{recipe}.toml" in names
    assert "digit_ocr/py.typed" in names
    assert "digit_ocr/service/static/index.html" in names
    assert [name for name in names if name.startswith("digit_ocr/evaluation/templates/")]


def test_the_forwarders_and_the_workshop_are_out(contents: list[str]):
    tops = {name.split("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"digit_ocr"}
    assert not [name for name in contents if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_is_small(wheel: Path):
    assert wheel.stat().st_size < 12_000_000


@pytest.mark.network
@pytest.mark.timeout(1200)
def test_a_clean_environment_reads_a_digit_from_the_wheel(
    wheel: Path, tmp_path: Path, draw: Callable[..., Image.Image]
):
    venv.create(tmp_path / "clean", with_pip=True)
    python = tmp_path / "clean" / "bin" / "python"
    run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], cwd=tmp_path)
    picture = tmp_path / "seven.png"
    draw(7, (80, 80)).save(picture)

    digit, module = run([str(python), "-c", READ_A_DIGIT, str(picture)], cwd=tmp_path).split()
    assert digit == "7"
    assert str(tmp_path / "clean") in module
    script = tmp_path / "clean" / "bin" / "digit-ocr"
    assert run([str(script), "predict", str(picture)], cwd=tmp_path) == "Predicted digit: 7\n"
