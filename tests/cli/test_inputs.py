from __future__ import annotations

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

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


def test_hidden_folders_and_own_drawings_are_no_pictures_to_read(folder: Path) -> None:
    for name in (".thumbnails/d.png", "inner/c.annotated.png", "b.annotated.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")

    assert names(find_pictures([str(folder)], recursive=True)) == ["a.JPG", "b.png", "c.tiff"]


def test_what_may_not_be_looked_at_leaves_the_others(folder: Path) -> None:
    found = find_pictures(["x" * 5000, str(folder / "b.png")])

    assert "too long" in str(found[0].error)
    assert names(found[1:]) == ["b.png"]


def test_a_folder_inside_that_is_closed_is_an_error_beside_the_pictures(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: str) -> object:
        if Path(path).name == "inner":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = find_pictures([str(folder)], recursive=True)

    assert names(found[:2]) == ["a.JPG", "b.png"]
    assert str(found[2].error) == f"{folder / 'inner'}: Permission denied"


def tiff_pages(count: int) -> bytes:
    pages = [Image.new("L", (9, 9 + place)) for place in range(count)]
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    return stream.getvalue()


@pytest.mark.parametrize("damaged", [1, 2, 3])
def test_a_damaged_page_is_an_error_among_the_others(
    damaged: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scan.tif"
    path.write_bytes(tiff_pages(3))
    load = TiffImageFile.load

    def broken(self: TiffImageFile) -> object:
        if self.tell() == damaged - 1:
            raise OSError("decoder error -2")
        return load(self)

    monkeypatch.setattr(TiffImageFile, "load", broken)
    found = list(with_pages([Picture(str(path), str(path))]))

    assert [picture.page for picture in found] == [1, 2, 3]
    assert [picture.error is not None for picture in found] == [n == damaged for n in (1, 2, 3)]


def test_pages_are_found_by_what_the_file_holds_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "scan"
    path.write_bytes(tiff_pages(2))

    assert [picture.page for picture in with_pages([Picture(str(path), str(path))])] == [1, 2]


def test_pages_left_out_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digit_ocr.imaging.decode.MAX_PAGES", 2)
    path = tmp_path / "scan.tif"
    path.write_bytes(tiff_pages(5))
    *read, left_out = with_pages([Picture(str(path), str(path))])

    assert [picture.error for picture in read] == [None, None]
    assert "5 pages; those after 2 are left out" in str(left_out.error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_a_picture_that_comes_once(tmp_path: Path) -> None:
    pipe = tmp_path / "picture"
    os.mkfifo(pipe)
    stream = io.BytesIO()
    Image.new("L", (9, 9)).save(stream, "PNG")
    with ThreadPoolExecutor(1) as writer:
        writer.submit(pipe.write_bytes, stream.getvalue())
        (picture,) = with_pages([Picture(str(pipe), str(pipe))])

    assert picture.source == stream.getvalue()


def test_a_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert "no standard input" in str(find_pictures(["-"])[0].error)


def test_an_error_is_led_by_the_name_even_where_its_words_hold_it() -> None:
    error = ImageNotReadable("no digit found: the picture is blank")

    assert Picture("a", "a").explain(error) == "a: no digit found: the picture is blank"
