from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digit_ocr.cli import inputs
from digit_ocr.cli.inputs import Picture, find_pictures, in_order, with_pages
from digit_ocr.errors import ImageNotReadable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png", "inner/c.tiff"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def names(pictures: list[Picture]) -> list[str]:
    return [Path(picture.file).name for picture in pictures]


def test_a_folder_gives_its_pictures_sorted(folder: Path) -> None:
    assert names(find_pictures([str(folder)])) == ["a.JPG", "b.png"]


def test_folders_in_a_folder_are_read_when_asked_for(folder: Path) -> None:
    assert names(find_pictures([str(folder)], recursive=True)) == ["a.JPG", "b.png", "c.tiff"]


def test_a_file_is_always_tried_whatever_its_suffix(folder: Path) -> None:
    found = find_pictures([str(folder / "notes.txt"), "missing.png"])

    assert names(found) == ["notes.txt", "missing.png"]
    assert [picture.error for picture in found] == [None, None]


def test_a_glob_gives_what_it_matches_sorted(folder: Path) -> None:
    assert names(find_pictures([str(folder / "*.[pJ]*")])) == ["a.JPG", "b.png"]
    assert names(find_pictures([str(folder / "**" / "*.tiff")])) == ["c.tiff"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(folder: Path) -> None:
    (folder / "page[1].png").write_bytes(b"x")

    assert names(find_pictures([str(folder / "page[1].png")])) == ["page[1].png"]


def test_what_names_nothing_is_a_picture_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = find_pictures([str(tmp_path / "empty"), str(tmp_path / "*.png")])

    assert "holds no pictures" in str(found[0].error)
    assert "no file matches" in str(found[1].error)


def test_the_order_of_the_arguments_is_kept(folder: Path) -> None:
    assert names(find_pictures([str(folder / "b.png"), str(folder)])) == [
        "b.png",
        "a.JPG",
        "b.png",
    ]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_an_error(folder: Path) -> None:
    folder.chmod(0)
    try:
        assert find_pictures([str(folder)])[0].error is not None
    finally:
        folder.chmod(0o700)


def test_standard_input_is_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"bytes"))
    monkeypatch.setattr(inputs.sys, "stdin", stdin)

    assert find_pictures(["-"]) == [Picture("-", b"bytes")]


@pytest.fixture
def tiff(tmp_path: Path, draw: Callable[..., Image.Image]) -> Path:
    path = tmp_path / "scan.tif"
    first, *rest = [draw(digit) for digit in (1, 2, 3)]
    first.save(path, save_all=True, append_images=rest)
    return path


@pytest.mark.parametrize("as_bytes", [False, True], ids=["file", "bytes"])
def test_pages_of_a_tiff_are_pictures_of_their_own(tiff: Path, as_bytes: bool) -> None:
    source = tiff.read_bytes() if as_bytes else str(tiff)
    pages = list(with_pages([Picture("scan.tif", source)]))

    assert [page.name for page in pages] == ["scan.tif#1", "scan.tif#2", "scan.tif#3"]
    assert len({page.source.tobytes() for page in pages}) == 3  # type: ignore[union-attr]


def test_a_tiff_of_one_page_is_a_picture_like_any_other(
    tmp_path: Path, draw: Callable[..., Image.Image]
) -> None:
    draw(1).save(tmp_path / "one.tif")

    pages = list(with_pages([Picture("one.tif", str(tmp_path / "one.tif"))]))

    assert [page.name for page in pages] == ["one.tif"]


def test_a_damaged_tiff_is_one_failure(tiff: Path) -> None:
    tiff.write_bytes(b"II*\0 and then nothing")

    [page] = with_pages([Picture("scan.tif", str(tiff))])

    assert isinstance(page.error, ImageNotReadable)


def test_results_keep_the_order_also_around_failures() -> None:
    failure = ImageNotReadable("no")
    pictures = [
        Picture("a", error=failure),
        Picture("b", b"1"),
        Picture("c", error=failure),
        Picture("d", b"2"),
        Picture("e", error=failure),
    ]

    # A reader that takes everything before it gives anything is the hardest to keep in step with.
    results = in_order(pictures, lambda sources: [source.decode() for source in list(sources)])

    assert [(picture.file, result) for picture, result in results] == [
        ("a", failure),
        ("b", "1"),
        ("c", failure),
        ("d", "2"),
        ("e", failure),
    ]


def test_pictures_are_taken_only_as_results_are_wanted() -> None:
    taken = []

    def endless():  # type: ignore[no-untyped-def]
        while True:
            taken.append(None)
            yield Picture("a", b"1")

    results = in_order(endless(), lambda sources: iter(sources))
    for _ in range(5):
        next(results)

    assert len(taken) <= 6
