"""The house: which packages there are, which way imports go, and that importing is free."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import digit_ocr

ROOT = Path(__file__).parent.parent
PACKAGES = {
    *("cli", "service", "train", "synthesis", "evaluation"),
    *("inference", "models", "data", "imaging"),
}
HEAVY = {"numpy", "PIL", "torch", "onnxruntime", "cv2", "fastapi", "matplotlib", "rich"}


def run_python(code: str) -> str:
    """Return what `code` prints in a fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_imports_go_down_only_and_reading_needs_no_torch():
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_every_package_of_the_house_is_there_and_says_what_it_is_for():
    found = {module.name for module in pkgutil.iter_modules(digit_ocr.__path__) if module.ispkg}
    assert found == PACKAGES
    for name in PACKAGES:
        assert importlib.import_module(f"digit_ocr.{name}").__doc__, name


def test_the_original_commands_live_in_a_namespace_folder():
    # With an __init__.py, `src` would be a package that shadows others of that name.
    assert not (ROOT / "src" / "__init__.py").exists()
    assert not (ROOT / "src" / "inference" / "__init__.py").exists()


def test_every_module_says_what_it_is_for():
    for path in (ROOT / "src").rglob("*.py"):
        first = path.read_text(encoding="utf-8").lstrip()
        assert first.startswith('"""'), f"{path.relative_to(ROOT)} has no docstring"


def test_no_file_outgrows_its_reader():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "src").rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 450} == {}


def test_everything_public_is_there():
    for name in digit_ocr.__all__:
        assert hasattr(digit_ocr, name), name


@pytest.mark.parametrize("module", ["digit_ocr", "digit_ocr.cli.main"])
def test_importing_loads_nothing_heavy(module: str):
    loaded = json.loads(
        run_python(f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))")
    )
    assert HEAVY.intersection(loaded) == set()


@pytest.mark.parametrize("command", ["", "read", "predict", "train", "evaluate", "serve"])
def test_help_loads_neither_numpy_nor_torch(command: str):
    arguments = [*command.split(), "--help"]
    code = (
        "import sys; from digit_ocr.cli.main import run\n"
        f"code = run({arguments!r}); heavy = {sorted(HEAVY)!r}\n"
        "assert code == 0; print('loaded:', [name for name in heavy if name in sys.modules])"
    )
    assert "loaded: []" in run_python(code)
