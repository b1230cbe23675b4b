"""The digit of a picture is found, alone, and comes out in MNIST's form."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging import digit as digit_imaging
from digit_ocr.imaging.digit import centre_digit, find_digit, prepare_digit, prepare_leniently
from digit_ocr.imaging.ink import to_ink

Draw = Callable[..., NDArray[np.uint8]]
Grey = NDArray[np.uint8]


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two prepared digits, the best of shifts by a pixel: 1 for the same."""
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(
        float(np.corrcoef(np.roll(one, shift, (0, 1)).ravel(), other.ravel())[0, 1])
        for shift in shifts
    )


def test_mnist_comes_out_as_it_was_in_either_polarity(mnist: Mnist) -> None:
    for image in mnist.test_images[:100]:
        for grey in (image, 255 - image):
            assert likeness(prepare_digit(grey).image, image / 255.0) > 0.99


@pytest.mark.parametrize("digit", ["1", "2", "4", "5", "7", "8"])
def test_the_form_is_mnists(draw_digit: Draw, digit: str) -> None:
    image = prepare_digit(draw_digit(digit)).image
    rows, columns = np.nonzero(image > 0.1)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() == 1
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    weights = image / image.sum()
    assert abs((weights.sum(axis=0) @ np.arange(28)) - 14) <= 0.5
    assert abs((weights.sum(axis=1) @ np.arange(28)) - 14) <= 0.5


@settings(max_examples=25, deadline=None)
@given(index=st.integers(0, 999), margins=st.tuples(*[st.integers(0, 40)] * 4))
def test_padding_changes_nothing(mnist: Mnist, index: int, margins: tuple[int, ...]) -> None:
    image = mnist.test_images[index]
    top, bottom, left, right = margins
    padded = np.pad(image, ((top, bottom), (left, right)))
    assert likeness(prepare_digit(padded).image, prepare_digit(image).image) > 0.98


@pytest.mark.parametrize("scale", [1.5, 2.3, 5, 12])
def test_scaling_changes_little(mnist: Mnist, scale: float) -> None:
    side = round(28 * scale)
    alike = []
    for image in mnist.test_images[:40]:
        scaled = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))
        alike.append(likeness(prepare_digit(scaled).image, prepare_digit(image).image))
    # Single digits of broken strokes may differ: their pieces join when they are enlarged.
    assert np.median(alike) > 0.85


@pytest.mark.parametrize("digit", ["1", "2", "4", "5", "8"])
def test_inversion_changes_nothing(draw_digit: Draw, digit: str) -> None:
    grey = draw_digit(digit)
    assert likeness(prepare_digit(255 - grey).image, prepare_digit(grey).image) > 0.99


def test_the_box_is_in_pixels_of_the_picture(draw_digit: Draw) -> None:
    grey = draw_digit("8", size=(300, 200), height=60, middle=(0.6, 0.55))
    left, top, right, bottom = prepare_digit(grey).box
    rows, columns = np.nonzero(grey < 120)
    assert abs(left - columns.min()) <= 4
    assert abs(right - 1 - columns.max()) <= 4
    assert abs(top - rows.min()) <= 4
    assert abs(bottom - 1 - rows.max()) <= 4


@pytest.mark.parametrize("size", [(1600, 1200), (2700, 2000)])
def test_a_small_digit_of_a_large_photo_is_found(draw_digit: Draw, size: tuple[int, int]) -> None:
    grey = draw_digit("2", size=size, height=120, middle=(0.3, 0.6), pen=10)
    prepared = prepare_digit(grey)
    assert abs((prepared.box[1] + prepared.box[3]) / 2 - 0.6 * size[1]) < 8
    assert likeness(prepared.image, prepare_digit(draw_digit("2", pen=7)).image) > 0.85


@pytest.mark.parametrize("tilt_pixels", [0, 6])
@pytest.mark.parametrize("middle", [(0.5, 0.5), (0.5, 0.6), (0.38, 0.5)])
@pytest.mark.parametrize("digit", ["1", "2", "5", "8"])
def test_the_border_of_a_cell_is_left_out(
    draw_digit: Draw, digit: str, middle: tuple[float, float], tilt_pixels: int
) -> None:
    clean = draw_digit(digit, middle=middle)
    grey = clean.copy()
    for column in range(128):
        start = 2 + column * tilt_pixels // 128
        grey[start : start + 4, column] = 20
        grey[127 - start : 130 - start, column] = 60
        grey[column, start + 2 : start + 5] = 20
    assert likeness(prepare_digit(grey).image, prepare_digit(clean).image) > 0.95


@pytest.mark.parametrize("digit", ["1", "4", "7", "8"])
def test_a_line_is_erased_and_the_strokes_that_cross_it_stay(draw_digit: Draw, digit: str) -> None:
    clean = draw_digit(digit, size=(160, 128))
    grey = clean.copy()
    grey[84:87] = np.minimum(grey[84:87], 70)
    assert likeness(prepare_digit(grey).image, prepare_digit(clean).image) > 0.9


@pytest.mark.parametrize("digit", ["1", "2", "4", "5", "7", "8"])
@pytest.mark.parametrize("pen", [6, 14])
def test_a_digit_that_fills_its_box_is_left_alone(draw_digit: Draw, digit: str, pen: int) -> None:
    grey = draw_digit(digit, pen=pen)
    rows, columns = np.nonzero(grey < 120)
    tight = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    expected = prepare_digit(grey).image
    assert likeness(prepare_digit(tight).image, expected) > 0.9
    small = np.asarray(Image.fromarray(tight).resize((28, 28), Image.Resampling.BOX))
    form = centre_digit(to_ink(small))
    assert likeness(prepare_digit(small).image, form) > 0.95


def test_specks_and_dots_are_left_out(draw_digit: Draw) -> None:
    clean = draw_digit("7")
    grey = clean.copy()
    for x, y in ((15, 20), (110, 100), (100, 30), (60, 118)):
        grey[y : y + 3, x : x + 3] = 40
    assert likeness(prepare_digit(grey).image, prepare_digit(clean).image) > 0.97


@pytest.mark.parametrize("neighbour_x", [-0.02, 1.03])
def test_a_neighbour_that_reaches_in_is_left_out(draw_digit: Draw, neighbour_x: float) -> None:
    clean = draw_digit("5")
    neighbour = draw_digit("8", middle=(neighbour_x, 0.5))
    both = np.minimum(clean, neighbour)
    assert likeness(prepare_digit(both).image, prepare_digit(clean).image) > 0.97


def test_all_ink_is_handed_on_where_some_was_left_out(draw_digit: Draw) -> None:
    clean = draw_digit("7")
    assert prepare_digit(clean).all_ink is None
    neighbour = draw_digit("1", middle=(1.02, 0.5))
    both = np.minimum(clean, neighbour)
    for scale in (1, 4, 14):
        prepared = prepare_digit(both.repeat(scale, axis=0).repeat(scale, axis=1))
        assert prepared.all_ink is not None
        inked = np.flatnonzero(both.min(axis=0) < 120)
        left, _, right, _ = prepared.all_ink.box
        assert abs(left - scale * inked[0]) <= 3 * scale
        assert abs(right - scale * (inked[-1] + 1)) <= 3 * scale
        assert prepared.box[2] < 0.8 * right
        # Both strokes stand in it, with paper between.
        columns = prepared.all_ink.image.max(axis=0) > 0.5
        assert np.count_nonzero(np.diff(columns.astype(int)) == 1) == 2


def test_a_detached_bar_is_joined_to_its_5(draw_digit: Draw) -> None:
    whole = prepare_digit(draw_digit("5 with its bar apart", pen=5))
    rows = np.nonzero(draw_digit("5 with its bar apart", pen=5) < 120)[0]
    assert abs(whole.box[1] - rows.min()) <= 2


def test_a_broken_stroke_is_joined(draw_digit: Draw) -> None:
    clean = draw_digit("8", size=(100, 128))
    grey = clean.copy()
    grey[74:77] = 220
    assert likeness(prepare_digit(grey).image, prepare_digit(clean).image) > 0.95


@pytest.mark.parametrize("is_light", [True, False])
def test_a_digit_that_leaves_no_paper_is_seen_as_all_that_is_dark_and_all_that_is_light(
    mnist: Mnist, is_light: bool
) -> None:
    eight = mnist.test_images[mnist.test_labels == 8][0]
    rows, columns = (np.flatnonzero((eight > 60).any(axis=axis)) for axis in (1, 0))
    tight = Image.fromarray(eight[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    light = np.asarray(tight.resize((9, 14), Image.Resampling.BICUBIC))
    grey = light if is_light else 255 - light
    # Where imaging finds no digit by itself, as in many such crops.
    with patch.object(digit_imaging, "prepare_digit", side_effect=NoDigitFound("none")):
        prepared = prepare_leniently(grey)
    ways = [prepared, prepared.all_ink]
    assert all(way is not None and way.is_doubtful for way in ways)
    alike = [likeness(way.image, centre_digit(light / np.float32(255))) for way in ways if way]
    assert max(alike) > 0.95


def test_what_imaging_finds_is_seen_as_it_finds_it(draw_digit: Draw) -> None:
    grey = draw_digit("5")
    strict, lenient = prepare_digit(grey), prepare_leniently(grey)
    assert not lenient.is_doubtful
    assert lenient.box == strict.box
    np.testing.assert_array_equal(lenient.image, strict.image)


@pytest.mark.parametrize("grey", [np.full((20, 30), 90), np.full((200, 30), 255)])
def test_blank_paper_holds_no_digit_however_leniently_seen(grey: NDArray[np.int64]) -> None:
    with pytest.raises(NoDigitFound, match="blank"):
        prepare_leniently(grey.astype(np.uint8))


def test_a_large_picture_without_a_digit_is_not_seen_as_one() -> None:
    lines = np.full((200, 300), 240, np.uint8)
    lines[60:64] = lines[120:124] = 20
    with pytest.raises(NoDigitFound):
        prepare_leniently(lines)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (28, 28), (120, 160)])
@pytest.mark.parametrize("level", [0, 130, 255])
def test_blank_paper_holds_no_digit(shape: tuple[int, int], level: int) -> None:
    with pytest.raises(NoDigitFound):
        prepare_digit(np.full(shape, level, np.uint8))


def noisy_paper() -> Grey:
    return np.random.default_rng(1).normal(200, 6, (150, 150)).clip(0, 255).astype(np.uint8)


def ruled_paper() -> Grey:
    grey = np.full((150, 150), 220, np.uint8)
    grey[70:73] = 60
    return grey


def corner_of_a_cell() -> Grey:
    grey = np.full((150, 150), 220, np.uint8)
    grey[:5] = 30
    grey[:, :5] = 30
    return grey


def specks() -> Grey:
    grey = np.full((150, 150), 220, np.uint8)
    grey[40:42, 40:42] = 30
    grey[90, 100] = 30
    return grey


def gradient() -> Grey:
    return np.linspace(60, 230, 200)[None].repeat(150, axis=0).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    [noisy_paper, ruled_paper, corner_of_a_cell, specks, gradient],
    ids=lambda f: f.__name__,
)
def test_what_is_no_digit_is_refused(picture: Callable[[], Grey]) -> None:
    with pytest.raises(NoDigitFound, match="no digit found"):
        prepare_digit(picture())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), height=st.integers(1, 90), width=st.integers(1, 90))
def test_any_picture_is_a_digit_or_none(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, (1 + height // 9, 1 + width // 9), dtype=np.uint8)
    grey = grey.repeat(9, axis=0).repeat(9, axis=1)[:height, :width]
    try:
        prepared = prepare_digit(grey)
    except NoDigitFound:
        return
    left, top, right, bottom = prepared.box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert 0 <= prepared.image.min() <= prepared.image.max() <= 1


def test_finding_changes_no_array(draw_digit: Draw) -> None:
    ink = to_ink(draw_digit("4"))
    before = ink.copy()
    find_digit(ink)
    np.testing.assert_array_equal(ink, before)
