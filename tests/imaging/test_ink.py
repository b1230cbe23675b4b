"""Ink is 1 on paper 0, whatever the light, the paper and the polarity were."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digit_ocr.data.mnist_dataset import Mnist
from digit_ocr.imaging.ink import is_dark_on_light, to_ink

Draw = Callable[..., NDArray[np.uint8]]


def test_mnist_comes_out_as_it_was_in_either_polarity(mnist: Mnist) -> None:
    for image in mnist.test_images[:50]:
        assert np.abs(to_ink(image) - image / 255.0).max() < 0.1
        np.testing.assert_allclose(to_ink(255 - image), to_ink(image), atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=80)))
def test_ink_of_any_picture_is_in_0_to_1(grey: NDArray[np.uint8]) -> None:
    before = grey.copy()
    ink = to_ink(grey)
    assert ink.shape == grey.shape
    assert ink.dtype == np.float32
    assert float(ink.min()) >= 0
    assert float(ink.max()) <= 1
    np.testing.assert_array_equal(grey, before)


@pytest.mark.parametrize("level", [0, 3, 128, 250, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (100, 140)])
def test_blank_paper_of_any_level_has_no_ink(level: int, shape: tuple[int, int]) -> None:
    assert to_ink(np.full(shape, level, np.uint8)).max() == 0


def test_faint_pencil_reaches_1(draw_digit: Draw) -> None:
    ink = to_ink(draw_digit("8", ink=185, paper=215))
    assert ink.max() == 1
    assert np.median(ink) == 0


@pytest.mark.parametrize(("ink", "paper"), [(30, 90), (160, 200), (200, 110), (60, 10)])
def test_polarity_is_decided_by_the_few_pixels_and_not_by_brightness(
    draw_digit: Draw, ink: int, paper: int
) -> None:
    for digit in "1258":
        assert is_dark_on_light(draw_digit(digit, ink=ink, paper=paper)) == (ink < paper)


def test_a_polarity_that_is_known_is_taken(draw_digit: Draw) -> None:
    grey = draw_digit("5", ink=160, paper=200)
    np.testing.assert_array_equal(to_ink(grey, dark_on_light=True), to_ink(grey))
    assert to_ink(grey, dark_on_light=False)[grey == 160].max() < 0.1


def test_polarity_holds_for_thick_ink_that_fills_the_box() -> None:
    image = np.zeros((32, 32), np.uint8)
    image[:, 9:24] = 255
    assert not is_dark_on_light(image)
    assert is_dark_on_light(255 - image)
    assert to_ink(image)[16, 16] == 1


@pytest.mark.parametrize("is_negative", [False, True])
def test_polarity_of_a_long_roll_is_that_of_its_writing(
    draw_digit: Draw, is_negative: bool
) -> None:
    roll = np.hstack([draw_digit("4", size=(40, 60), height=28, pen=4)] * 100)
    assert is_dark_on_light(255 - roll if is_negative else roll) != is_negative


def test_the_border_of_a_cell_does_not_turn_its_polarity(draw_digit: Draw) -> None:
    grey = draw_digit("4", ink=90, paper=150).copy()
    grey[:7] = 20
    grey[:, :6] = 20
    assert is_dark_on_light(grey)


def test_a_shadow_is_no_ink(draw_digit: Draw) -> None:
    grey = draw_digit("2", size=(160, 160)).astype(np.float32)
    light = np.linspace(1.0, 0.4, 160)[None].repeat(160, axis=0)
    ink = to_ink((grey * light).astype(np.uint8))
    expected = to_ink(grey.astype(np.uint8))
    assert np.abs(ink - expected).mean() < 0.02
    assert (ink > 0.3)[:, 140:].sum() == 0


def under_shadow(grey: NDArray[np.uint8], share: float, light: float, blur: float) -> Image.Image:
    """Return a picture with a shadow over that share of its width, which leaves so much light."""
    lit = grey.astype(np.float32)
    lit[:, : round(lit.shape[1] * share)] *= light
    return Image.fromarray(lit.astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))


@pytest.mark.parametrize("share", [0.4, 0.6, 0.75])
@pytest.mark.parametrize("is_negative", [False, True])
def test_a_shadow_with_an_edge_is_no_thick_stroke(
    draw_digit: Draw, share: float, is_negative: bool
) -> None:
    grey = draw_digit("2", size=(300, 300), height=100, pen=10)
    shadowed = np.asarray(under_shadow(grey, share, 0.6, blur=4))
    ink = to_ink(255 - shadowed if is_negative else shadowed, not is_negative)
    expected = to_ink(draw_digit("2", size=(300, 300), height=100, pen=10))
    assert (ink > 0.3).mean() < (expected > 0.3).mean() + 0.05
    edge = slice(round(300 * share) - 12, round(300 * share) + 12)
    difference = np.abs((ink > 0.3).astype(int) - (expected > 0.3))
    difference[:, edge] = 0
    assert difference.mean() < 0.02


@pytest.mark.parametrize("share", [0.35, 0.5, 0.65])
def test_the_edge_of_a_hard_shadow_is_no_stroke_of_the_digit_that_it_crosses(
    draw_digit: Draw, share: float
) -> None:
    grey = draw_digit("8", size=(120, 120), height=80, pen=8)
    ink = to_ink(np.asarray(under_shadow(grey, share, 0.5, blur=0)))
    bare = to_ink(grey)
    beside = bare == 0
    beside[:, : round(share * 120) - 12] = beside[:, round(share * 120) + 12 :] = False
    assert ink[beside].mean() < 0.05
    assert np.abs(ink - bare).mean() < 0.06


@pytest.mark.parametrize("share", [0.3, 0.55, 0.75, 0.9])
@pytest.mark.parametrize("is_negative", [False, True])
def test_a_shadow_over_any_part_leaves_the_polarity_as_it_is(
    draw_digit: Draw, share: float, is_negative: bool
) -> None:
    grey = draw_digit("2", size=(300, 300), height=120, pen=12)
    shadowed = np.asarray(under_shadow(grey, share, 0.55, blur=2))
    assert is_dark_on_light(255 - shadowed if is_negative else shadowed) != is_negative


@pytest.mark.parametrize("share", [0.65, 0.7])
@pytest.mark.parametrize(("height", "pen"), [(50, 6), (120, 4)])
def test_what_a_deep_shadow_leaves_of_the_paper_is_no_stroke(
    draw_digit: Draw, share: float, height: int, pen: int
) -> None:
    grey = draw_digit("2", size=(300, 240), height=height, pen=pen)
    assert is_dark_on_light(np.asarray(under_shadow(grey, share, 0.4, blur=2)))


@pytest.mark.parametrize("rim", [12, 25, 50])
@pytest.mark.parametrize("degrees", [0, 5, -8])
def test_a_dark_desk_around_a_sheet_is_not_its_paper(
    draw_digit: Draw, rim: int, degrees: float
) -> None:
    for digit in "1258":
        sheet = draw_digit(digit, size=(240, 240), height=110, pen=12)
        desk = Image.fromarray(np.pad(sheet, rim, constant_values=35))
        turned = desk.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=35)
        assert is_dark_on_light(np.asarray(turned))


@pytest.mark.parametrize("margin", [4, 10, 40])
def test_a_thick_light_digit_that_fills_a_dark_picture_is_no_sheet(
    draw_digit: Draw, margin: int
) -> None:
    for digit in "124578":
        drawn = draw_digit(digit, size=(200, 200), height=170, pen=34, ink=20, paper=230)
        rows, columns = np.nonzero(drawn < 125)
        tight = drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert not is_dark_on_light(np.pad(255 - tight, margin, constant_values=25))


def test_noise_of_the_paper_is_taken_off(draw_digit: Draw) -> None:
    grey = draw_digit("7") + np.random.default_rng(0).normal(0, 5, (128, 128))
    ink = to_ink(grey.clip(0, 255).astype(np.uint8))
    paper = draw_digit("7") > 215
    assert np.mean(ink[paper] > 0.2) < 0.001


@pytest.mark.parametrize("negative", [False, True])
def test_noise_that_is_cut_off_at_white_is_noise_in_a_small_picture_too(negative: bool) -> None:
    """Half of such a paper is exactly white, as a clean picture is."""
    grey = np.full((28, 28), 255.0)
    grey[6:22, 13:15] = 170
    noisy = (grey + np.random.default_rng(0).normal(0, 12, grey.shape)).clip(0, 255)
    noisy = noisy.astype(np.uint8)
    assert np.mean(noisy == 255) > 0.4
    ink = to_ink(255 - noisy if negative else noisy)
    assert np.mean(ink[grey == 255] > 0.2) < 0.03
    assert ink[grey < 255].min() > 0.5


def test_a_blurred_low_contrast_table_cell_is_stretched() -> None:
    image = Image.new("L", (60, 34), 170)
    image.paste(120, (28, 6, 31, 28))
    grey = np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)))
    ink = to_ink(grey)
    assert ink[17, 29] > 0.9
    assert ink[:, :20].max() < 0.05
