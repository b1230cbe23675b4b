from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from digit_ocr.data.digits import load_digits
from digit_ocr.data.folder_dataset import load_folder
from digit_ocr.errors import DatasetCorrupt, NoDigitFound
from digit_ocr.imaging import digit as digit_imaging
from digit_ocr.imaging.decode import load_grey
from digit_ocr.imaging.digit import PreparedDigit, prepare_digit


@pytest.fixture
def folder(tmp_path: Path, draw: Callable[..., Image.Image]) -> Path:
    """Two pictures of every digit: dark on light, and light on dark at another size."""
    for digit in range(10):
        (tmp_path / str(digit)).mkdir()
        draw(digit).save(tmp_path / str(digit) / "dark.png")
        draw(digit, (150, 110), ink=240, paper=10).save(tmp_path / str(digit) / "light.jpg")
    return tmp_path


def test_every_picture_is_there_with_the_label_of_its_folder(folder: Path) -> None:
    digits = load_folder(folder)

    assert digits.images.shape == (20, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.labels.dtype == np.int64
    assert digits.labels.tolist() == sorted([*range(10), *range(10)])
    assert len(digits) == 20
    assert digits.source == str(folder)


def test_pictures_are_prepared_as_those_that_are_read(folder: Path) -> None:
    digits = load_folder(folder)

    read = prepare_digit(load_grey(folder / "7" / "light.jpg")).image
    assert np.abs(digits.images[15] / 255 - read).max() <= 0.5 / 255 + 1e-6


def test_polarity_and_size_of_the_pictures_do_not_matter(folder: Path) -> None:
    images = load_folder(folder).images.astype(float) / 255

    difference = np.abs(images[::2] - images[1::2]).mean(axis=(1, 2))
    assert difference.max() < 0.12


def test_the_hash_names_the_data(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("copy") / "digits"
    shutil.copytree(folder, elsewhere)
    assert load_folder(elsewhere).sha256 == load_folder(folder).sha256

    shutil.move(elsewhere / "1" / "dark.png", elsewhere / "2" / "one.png")
    assert load_folder(elsewhere).sha256 != load_folder(folder).sha256


def test_pictures_in_folders_of_a_digit_count_and_hidden_files_do_not(folder: Path) -> None:
    (folder / "3" / "writer").mkdir()
    shutil.move(folder / "3" / "dark.png", folder / "3" / "writer" / "dark.png")
    (folder / "3" / ".DS_Store").write_bytes(b"x")
    (folder / "3" / "Thumbs.db").write_bytes(b"x")

    assert np.bincount(load_folder(folder).labels).tolist() == [2] * 10


def test_a_digit_that_fills_its_picture_is_one_and_said_to_be_doubtful(folder: Path) -> None:
    strokes = np.random.default_rng(0).integers(0, 2, (12, 9)).astype(np.uint8) * 255
    Image.fromarray(strokes).save(folder / "8" / "tight.png")
    with patch.object(digit_imaging, "prepare_digit", side_effect=_unless_tight):
        digits = load_folder(folder)
    assert len(digits) == 21
    (place,) = (place for place, digit in digits.ambiguous.items() if digit.is_doubtful)
    assert digits.labels[place] == 8
    assert digits.images[place].any()


def _unless_tight(grey: npt.NDArray[np.uint8]) -> PreparedDigit:
    if grey.shape == (12, 9):
        raise NoDigitFound("looks like noise")
    return prepare_digit(grey)


def test_files_that_show_no_digit_are_named(folder: Path) -> None:
    (folder / "4" / "notes.png").write_text("this is text")
    Image.new("L", (60, 60), 255).save(folder / "5" / "blank.png")

    with pytest.raises(DatasetCorrupt) as caught:
        load_folder(folder)

    message = str(caught.value)
    assert "2 of 22 files" in message
    assert "notes.png" in message
    assert "blank.png" in message
    assert "\n" not in message


def test_to_test_by_a_picture_without_a_digit_is_blank(folder: Path) -> None:
    """It is the reader that fails there, and that must count."""
    Image.new("L", (60, 60), 255).save(folder / "5" / "blank.png")
    digits = load_digits(folder, part="test")
    assert np.bincount(digits.labels).tolist() == [2] * 5 + [3] + [2] * 4
    assert [not image.any() for image in digits.images].index(True) == 10
    assert sum(not image.any() for image in digits.images) == 1

    (folder / "4" / "notes.png").write_text("this is text")
    with pytest.raises(DatasetCorrupt, match=r"1 of 22 .*notes\.png"):
        load_digits(folder, part="test")
    with pytest.raises(DatasetCorrupt, match="2 of 22"):
        load_digits(folder, part="train")


def test_of_many_bad_files_the_first_are_named_and_the_others_counted(folder: Path) -> None:
    for number in range(7):
        (folder / "0" / f"bad{number}.png").write_bytes(b"")

    with pytest.raises(DatasetCorrupt, match=r"7 of 27 .*bad0.*bad1.*bad2.* and 4 more"):
        load_folder(folder)


def test_a_digit_without_folder_is_an_error_unless_an_empty_folder_says_so(folder: Path) -> None:
    shutil.rmtree(folder / "8")
    with pytest.raises(DatasetCorrupt, match="no folder for 8"):
        load_folder(folder)

    (folder / "8").mkdir()
    assert 8 not in load_folder(folder).labels


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetCorrupt, match="none of the folders 0"):
        load_folder(tmp_path)

    for digit in range(10):
        (tmp_path / str(digit)).mkdir()
    with pytest.raises(DatasetCorrupt, match="holds no pictures"):
        load_folder(tmp_path)

    with pytest.raises(DatasetCorrupt, match="is no folder"):
        load_folder(tmp_path / "missing")
