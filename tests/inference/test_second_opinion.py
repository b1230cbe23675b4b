"""The digit network is asked about strips that the line reader is not sure of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.imaging.line import LineStrip
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.number_line import CLASSES, SEPARATOR, LineReading, read_lines
from digit_ocr.inference.second_opinion import is_date

NONE = 10
Chances = dict[int, float]


class Says:
    """Reads at each bar of a strip what it was told: the chances of labels, the rest is nothing."""

    metadata = ModelMetadata(kind="number", architecture="number_net", classes=CLASSES)

    def __init__(self, *bars: Chances) -> None:
        self.bars = bars

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        chances = np.full((len(images), images.shape[3] // 2, 12), 1e-9, np.float32)
        chances[..., -1] = 1.0
        for place, bar in enumerate(self.bars):
            chances[:, 10 * place + 6, -1] = 1 - sum(bar.values()) + 1e-9
            for label, chance in bar.items():
                chances[:, 10 * place + 6, label] = chance
        return np.log(chances)


class Sees:
    """Says of every picture that it is this digit (10: none), so surely; counts the pictures."""

    def __init__(self, label: int, sureness: float, classes: int = 11) -> None:
        self.row = np.full(classes, (1 - sureness) / (classes - 1))
        self.row[label] = sureness
        self.asked = 0

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        self.asked += len(images)
        return np.tile(self.row, (len(images), 1))


def strip_of(count: int, tall: int | None = None) -> LineStrip:
    """Bars ten columns wide, twenty apart; `tall` is the one that is higher than the others."""
    image = np.zeros((32, 20 * count + 12), np.float32)
    for place in range(count):
        rows = slice(1, 30) if place == tall else slice(4, 28)
        image[rows, 20 * place + 8 : 20 * place + 18] = 1.0
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    return LineStrip(image, corners, (4.0, 28.0))


def read(sees: Sees | None, *bars: Chances, strip: LineStrip | None = None) -> LineReading:
    strips = [strip or strip_of(len(bars))]
    (reading,) = read_lines(Says(*bars), strips, digit_reader=sees)
    return reading


def test_a_surer_opinion_decides_between_two_digits() -> None:
    bars: tuple[Chances, ...] = ({4: 0.55, 9: 0.45}, {1: 0.99})
    assert read(None, *bars).text == "41"
    assert read(Sees(9, 0.99), {4: 0.55, 9: 0.45}, {9: 0.99}).text == "99"


def test_agreement_makes_digit_and_number_surer_and_doubt_less_sure() -> None:
    bar = {4: 0.8, 9: 0.2}
    alone, agreed, doubted = (read(sees, bar) for sees in (None, Sees(4, 0.99), Sees(9, 0.2)))
    assert alone.text == agreed.text == doubted.text == "4"
    assert agreed.confidence > 0.97 > alone.confidence > doubted.confidence
    for reading in (alone, agreed, doubted):
        assert reading.confidence == pytest.approx(reading.digits[0].confidence, abs=0.01)


def test_a_digit_taken_for_a_border_is_read_after_all() -> None:
    bars: tuple[Chances, ...] = ({5: 0.99}, {1: 0.3}, {7: 0.99})
    assert read(None, *bars).text == "57"
    reading = read(Sees(1, 0.97), *bars)
    assert reading.text == "517"
    assert [digit.left for digit in reading.digits] == pytest.approx([8, 28, 48], abs=1)


def test_a_reading_that_is_sure_but_leaves_out_a_clear_digit_is_looked_at_again() -> None:
    bars: tuple[Chances, ...] = ({5: 0.999}, {1: 0.04}, {7: 0.999})
    assert read(None, *bars).confidence > 0.95
    assert read(Sees(1, 0.99), *bars).text == "517"


def test_digits_of_a_number_too_doubtful_to_search_are_decided_one_by_one() -> None:
    bars: list[Chances] = [{4: 0.6, 9: 0.4}] * 6
    assert read(None, *bars).text == "444444"
    reading = read(Sees(9, 0.99), *bars)
    assert reading.text == "999999"
    assert reading.confidence > 0.5


def test_what_it_takes_for_none_is_not_read() -> None:
    assert read(None, {1: 0.6}).text == "1"
    assert read(Sees(NONE, 0.98), {1: 0.6}).text == ""


def test_a_sign_higher_than_the_digits_stays_one_where_the_line_reader_is_sure() -> None:
    bars: tuple[Chances, ...] = ({1: 0.99}, {SEPARATOR: 0.9, 1: 0.1}, {1: 0.99})
    slash = strip_of(3, tall=1)
    assert [digit.is_apart for digit in read(Sees(1, 0.99), *bars, strip=slash).digits] == [
        False,
        True,
    ]
    bars = ({1: 0.99}, {SEPARATOR: 0.6, 1: 0.4}, {1: 0.99})
    assert read(Sees(1, 0.99), *bars, strip=slash).text == "111"


def test_a_sign_no_higher_than_the_digits_is_one_of_them() -> None:
    bars: tuple[Chances, ...] = ({1: 0.99}, {SEPARATOR: 0.9, 1: 0.1}, {1: 0.99})
    reading = read(Sees(1, 0.99), *bars)
    assert reading.text == "111"
    assert 0.7 < reading.confidence < 0.8


def test_a_sign_that_looks_like_a_digit_is_less_sure() -> None:
    bars: tuple[Chances, ...] = ({1: 0.99}, {SEPARATOR: 0.99, 1: 0.01}, {1: 0.99})
    before, after = read(Sees(1, 0.99), *bars).digits
    assert (before.is_apart, after.is_apart) == (False, True)
    assert after.apart_confidence < 0.9
    _, after = read(Sees(NONE, 0.99), *bars, strip=strip_of(3, tall=1)).digits
    assert after.apart_confidence > 0.98


def read_spaced(*bars: Chances) -> LineReading:
    """Read 1s where they are, no ink where there is none or a space."""
    strip = strip_of(len(bars))
    for place, bar in enumerate(bars):
        if 1 not in bar:
            strip.image[:, 20 * place + 8 : 20 * place + 18] = 0.0
    return read(Sees(1, 0.99), *bars, strip=strip)


def test_a_space_no_wider_than_the_steps_within_numbers_is_doubted() -> None:
    one: Chances = {1: 0.999}
    nothing: Chances = {}
    even = (one, nothing, one, {SEPARATOR: 0.7}, one, nothing, one)
    assert [digit.is_apart for digit in read_spaced(*even).digits] == [False] * 4
    surely = read_spaced(one, nothing, one, {SEPARATOR: 0.97}, one, nothing, one)
    assert [digit.is_apart for digit in surely.digits] == [False, False, True, False]
    assert surely.digits[2].apart_confidence == pytest.approx(0.97, abs=0.001)
    wide = (one, one, {SEPARATOR: 0.7}, one, one)
    assert [digit.is_apart for digit in read_spaced(*wide).digits] == [False, False, True, False]


def test_two_digits_tell_no_pitch() -> None:
    bars: tuple[Chances, ...] = ({1: 0.999}, {}, {1: 0.999}, {SEPARATOR: 0.7}, {1: 0.999})
    assert [digit.is_apart for digit in read_spaced(*bars).digits] == [False, False, True]


def test_two_labels_in_one_clear_digit_are_doubted() -> None:
    strip = strip_of(2)
    strip.image[4:6, 8:38] = 1.0
    assert read(None, {1: 0.6}, {4: 0.99}, strip=strip).text == "14"
    assert read(Sees(4, 0.99), {1: 0.6}, {4: 0.99}, strip=strip).text == "4"


def test_two_digits_that_touch_and_are_none_to_it_are_both_read() -> None:
    strip = strip_of(2)
    strip.image[4:6, 8:38] = 1.0
    sees = Sees(10, 0.5)
    sees.row[4] = 0.45
    assert read(sees, {1: 0.6}, {4: 0.99}, strip=strip).text == "14"


def test_strips_that_are_sure_are_not_asked_about() -> None:
    sees = Sees(9, 0.99)
    assert read(sees, {4: 0.9999}, {1: 0.9999}).text == "41"
    assert sees.asked == 0


def test_digits_that_touch_are_not_asked_about() -> None:
    sees = Sees(9, 0.99)
    strip = strip_of(3)
    strip.image[14:16, 10:56] = 1.0
    bars: tuple[Chances, ...] = ({4: 0.6, 9: 0.4}, {1: 0.99}, {7: 0.99})
    assert read(sees, *bars, strip=strip) == read(None, *bars, strip=strip)
    assert sees.asked == 0


def test_a_model_that_knows_no_none_decides_which_digit_but_not_whether() -> None:
    sees = Sees(9, 0.99, classes=10)
    assert read(sees, {4: 0.55, 9: 0.45}).text == "9"
    assert read(sees, {9: 0.3}).text == ""


def test_a_given_length_is_kept_to() -> None:
    bars: tuple[Chances, ...] = ({5: 0.99}, {1: 0.3}, {7: 0.99})
    (reading,) = read_lines(Says(*bars), [strip_of(3)], length=2, digit_reader=Sees(1, 0.97))
    assert len(reading.digits) == 2


def test_a_digit_that_only_a_given_length_asks_for_is_sure_of_nothing() -> None:
    class Blind(Says):
        def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
            logits = super().__call__(images)
            # Nothing but the first bar, not even by rounding; what could be a 4 is the second one.
            logits[:, [*range(6), *range(7, logits.shape[1])], :-1] = -90.0
            logits[:, 16, 4] = -60.0
            return logits

    (reading,) = read_lines(Blind({7: 0.99}), [strip_of(2)], length=2, digit_reader=Sees(1, 0.97))
    seven, nothing = reading.digits
    assert seven.digit == 7
    assert 0 <= nothing.confidence < 1e-6
    assert 0 <= reading.confidence < 1e-6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(date, True) for date in ("27/08/2010", "3/4/1998", "12/31/2024", "2024/12/31")],
        *[(none, False) for none in ("2710812010", "32/12/2024", "13/13/2024", "0/4/1998")],
        *[
            (none, False)
            for none in ("27/08", "27/08/10", "27/08/3010", "1/2/3/2010", "/4/1998", "")
        ],
    ],
)
def test_day_month_and_year_are_a_date(text: str, expected: bool) -> None:
    assert is_date([SEPARATOR if sign == "/" else int(sign) for sign in text]) == expected


def test_a_slash_as_high_as_the_digits_is_one_in_a_date_and_a_1_elsewhere() -> None:
    bars = [{int(digit): 1.0} for digit in "2710812010"]
    for place in (2, 5):
        bars[place] = {SEPARATOR: 0.8, 1: 0.2}
    assert read(Sees(1, 0.9), *bars[:3], *bars[6:]).text == "2712010"
    date = read(Sees(1, 0.9), *bars)
    assert date.text == "27082010"
    assert [digit.is_apart for digit in date.digits] == [place in (2, 4) for place in range(8)]
