from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digit_ocr.evaluation import calibration, figures, metrics
from digit_ocr.evaluation.axes import nice_ticks, percent, percent_ticks
from digit_ocr.evaluation.drawing import LIGHT, Drawing

RNG = np.random.default_rng(4)
RIGHT = RNG.random(300) < 0.9
CONFIDENCES = np.clip(RNG.random(300) ** 0.2, 0, 1)
CURVE = calibration.risk_coverage(CONFIDENCES, RIGHT)
POINTS = calibration.rejection_thresholds(CONFIDENCES, RIGHT)
LABELS = RNG.integers(0, 10, 300)
EPOCHS = [
    {"epoch": n, "train_loss": 1 / n, "validation": {"accuracy": 0.9}, "best": n == 1}
    for n in (1, 2, 3)
]
LENGTHS = [{"digits": 3, "count": 9, "exact_match": 0.8, "interval_95": [0.6, 0.9]}]
EDITS = [
    {"digit": str(n), "count": 9, "substituted": n, "deleted": 1, "inserted": 0} for n in range(10)
]
DRAWINGS = {
    "confusion": figures.draw_confusion_matrix(
        metrics.confusion_matrix(np.where(RIGHT, LABELS, 0), LABELS), "0123456789"
    ),
    "reliability": figures.draw_reliability(calibration.reliability(CONFIDENCES, RIGHT)),
    "risk": figures.draw_risk_coverage([("a", CURVE)], POINTS),
    "risks": figures.draw_risk_coverage([("a & b", CURVE), ("c", CURVE)]),
    "accuracies": figures.draw_accuracies(["a <b>", "c"], [270, 265], 300),
    "training": figures.draw_training(EPOCHS),
    "one epoch": figures.draw_training(EPOCHS[:1]),
    "robustness": figures.draw_robustness(["blur"], np.array([[1.0, 0.9, 0.5, 0.1, 0.0]])),
    "lengths": figures.draw_by_length(LENGTHS),
    "edits": figures.draw_edits(EDITS),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_well_formed_svg_and_a_png_of_its_size(name):
    drawing = DRAWINGS[name]
    root = ET.fromstring(drawing.to_svg())
    assert root.get("viewBox") == f"0 0 {drawing.width:g} {drawing.height:g}"
    assert "nan" not in drawing.to_svg()
    with Image.open(io.BytesIO(drawing.to_png())) as png:
        assert png.size == (round(2 * drawing.width), round(2 * drawing.height))
        assert len(png.convert("RGB").getcolors(10000)) > 3


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_is_drawn_outside_the_figure(name):
    drawing = DRAWINGS[name]
    for shape in drawing.shapes:
        for x, y in shape.points:
            assert -1 <= x <= drawing.width + 1
            assert -1 <= y <= drawing.height + 1


def test_faultless_and_hopeless_answers_can_be_drawn_too():
    for right in (np.ones(20, bool), np.zeros(20, bool)):
        curve = calibration.risk_coverage(CONFIDENCES[:20], right)
        points = calibration.rejection_thresholds(CONFIDENCES[:20], right)
        assert "nan" not in figures.draw_risk_coverage([("", curve)], points).to_svg()
        figures.draw_reliability(calibration.reliability(CONFIDENCES[:20], right)).to_png(1)


def test_inside_a_page_a_figure_takes_the_colours_of_the_page():
    drawing = Drawing("test", 10, 10)
    drawing.rectangle((0, 0, 5, 5), "accent", tip="5 < 6")
    assert "var(--accent)" in drawing.to_svg(inline=True)
    assert LIGHT["accent"] in drawing.to_svg()
    assert "<title>5 &lt; 6</title>" in drawing.to_svg(inline=True)


def test_png_shows_the_shapes_where_svg_does():
    drawing = Drawing("test", 10, 10)
    drawing.rectangle((0, 0, 5, 10), "ink")
    with Image.open(io.BytesIO(drawing.to_png())) as png:
        pixels = png.convert("RGB")
        assert pixels.getpixel((4, 10)) == tuple(bytes.fromhex(LIGHT["ink"][1:]))
        assert pixels.getpixel((16, 10)) == (255, 255, 255)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 9))
def test_ticks_are_few_and_lie_within_their_range(low, span, about):
    high = low + span
    ticks = nice_ticks(low, high, about)
    assert len(ticks) <= about + 1
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert all(low - slack <= tick <= high + slack for tick in ticks)


def test_shares_are_written_with_the_decimals_that_tell_them_apart():
    assert percent(0.99637) == "99.64 %"
    assert percent(0.5) == "50.0 %"
    assert percent(1.0) == "100 %"
    assert percent_ticks([0.97, 0.98, 0.99]) == ["97 %", "98 %", "99 %"]
    assert percent_ticks([0.99, 0.995, 1.0]) == ["99.0 %", "99.5 %", "100.0 %"]
