from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digit_ocr.data.csv_dataset import COLUMNS, load_csv, parse_rows
from digit_ocr.data.digits import load_digits
from digit_ocr.errors import DatasetCorrupt
from digit_ocr.imaging.digit import prepare_digit

HEADER = ",".join(["label", *(f"pixel{number}" for number in range(784))])


@pytest.fixture
def rows(draw: Callable[..., Image.Image]) -> list[list[int]]:
    """Label and pixels of the ten digits, light on dark as Kaggle has them."""
    return [
        [digit, *np.asarray(draw(digit, (28, 28), ink=255, paper=0)).ravel().tolist()]
        for digit in range(10)
    ]


def write(path: Path, rows: list[list[int]], header: str | None = HEADER) -> Path:
    lines = [header] if header else []
    path.write_text("\n".join([*lines, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize(
    "header", [HEADER, None, HEADER.replace("pixel", "PX").upper(), "\n" + HEADER]
)
def test_rows_are_digits_with_and_without_a_header(
    tmp_path: Path, rows: list[list[int]], header: str | None
) -> None:
    digits = load_csv(write(tmp_path / "digits.csv", rows, header))

    assert digits.images.shape == (10, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.labels.tolist() == list(range(10))
    assert len(digits.sha256) == 64


def test_rows_are_prepared_as_pictures_that_are_read(tmp_path: Path, rows: list[list[int]]) -> None:
    digits = load_csv(write(tmp_path / "digits.csv", rows))

    read = prepare_digit(np.array(rows[7][1:], np.uint8).reshape(28, 28)).image
    assert np.abs(digits.images[7] / 255 - read).max() <= 0.5 / 255 + 1e-6


def test_rows_of_which_imaging_leaves_out_some_ink_are_kept_track_of(
    tmp_path: Path, rows: list[list[int]]
) -> None:
    assert not load_csv(write(tmp_path / "digits.csv", rows)).ambiguous

    rows[4][1 : 1 + 2 * 28] = [255] * 2 * 28
    digits = load_csv(write(tmp_path / "digits.csv", rows))
    assert list(digits.ambiguous) == [4]
    assert digits.ambiguous[4].all_ink is not None


def test_dark_on_light_rows_give_the_same_digits(tmp_path: Path, rows: list[list[int]]) -> None:
    inverted = [[row[0], *(255 - pixel for pixel in row[1:])] for row in rows]

    first = load_csv(write(tmp_path / "light.csv", rows)).images.astype(int)
    second = load_csv(write(tmp_path / "dark.csv", inverted)).images.astype(int)

    assert np.abs(first - second).max() <= 2


def test_quotes_spaces_blank_lines_and_a_byte_order_mark_do_no_harm(
    tmp_path: Path, rows: list[list[int]]
) -> None:
    path = tmp_path / "digits.csv"
    quoted = "\r\n\r\n".join(", ".join(f'"{value}"' for value in row) for row in rows)
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{quoted}\r\n".encode())

    assert load_csv(path).labels.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (0, "10", "label is '10'; expected a whole number from 0 to 9"),
        (0, "-1", "label is '-1'"),
        (0, "seven", "label is 'seven'"),
        (1, "256", "pixel0 is '256'; expected a whole number from 0 to 255"),
        (784, "-3", "pixel783 is '-3'"),
        (5, "0.5", "pixel4 is '0.5'"),
        (5, "", "pixel4 is ''"),
        (5, "nan", "pixel4 is 'nan'"),
        (5, "1e400", "pixel4 is '1e400'"),
        (5, "99999999999999999999", "pixel4 is '99999999999999999999'"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(
    tmp_path: Path, rows: list[list[int]], column: int, value: str, expected: str
) -> None:
    rows[3][column] = value  # type: ignore[call-overload]

    with pytest.raises(DatasetCorrupt) as caught:
        load_csv(write(tmp_path / "digits.csv", rows))

    assert f"digits.csv, line 5: {expected}" in str(caught.value)


@pytest.mark.parametrize("change", [[], [0]], ids=["too few", "too many"])
def test_a_row_of_another_length_is_named_with_its_line(
    tmp_path: Path, rows: list[list[int]], change: list[int]
) -> None:
    rows[9] = [*rows[9], 0] if change else rows[9][:-1]

    with pytest.raises(DatasetCorrupt, match=r"line 11: 78[46] columns; expected 785"):
        load_csv(write(tmp_path / "digits.csv", rows))


def test_a_blank_row_is_named_with_its_line(tmp_path: Path, rows: list[list[int]]) -> None:
    rows[4] = [4] + [0] * 784

    path = write(tmp_path / "digits.csv", rows)
    with pytest.raises(DatasetCorrupt, match="line 6"):
        load_csv(path)

    to_test_by = load_digits(path, part="test")
    assert to_test_by.labels.tolist() == list(range(10))
    assert [place for place, image in enumerate(to_test_by.images) if not image.any()] == [4]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "holds no rows"),
        (HEADER.encode() + b"\n", "holds no rows"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is no CSV"),
        (b"name,age\nAda,36\n", "first column is 'name'"),
        (b"1,2,3\n", "3 columns"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_in_one_line(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "digits.csv"
    path.write_bytes(content)

    with pytest.raises(DatasetCorrupt, match=expected) as caught:
        load_csv(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetCorrupt, match=r"missing\.csv cannot be read"):
        load_csv(tmp_path / "missing.csv")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 255)), min_size=1, max_size=5))
def test_rows_of_valid_numbers_are_read_as_they_stand(values: list[tuple[int, int]]) -> None:
    texts = [",".join([str(label), *[str(pixel)] * 784]) for label, pixel in values]

    table = parse_rows(list(enumerate(texts, start=1)), "rows")

    assert table.shape == (len(values), COLUMNS)
    assert table[:, 0].tolist() == [label for label, _ in values]
    assert table[:, 1:].tolist() == [[pixel] * 784 for _, pixel in values]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_is_refused_with_a_clear_message(texts: list[str]) -> None:
    with pytest.raises(DatasetCorrupt, match="text, line"):
        parse_rows(list(enumerate(texts, start=1)), "text")


@given(st.binary(max_size=300))
def test_any_file_is_refused_with_a_clear_message(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "bytes.csv"
    path.write_bytes(content)

    with pytest.raises(DatasetCorrupt, match=r"bytes\.csv"):
        load_csv(path)
