"""Another hand's habits on a digit that is there as pixels: strokes added, thickness changed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.paper import smooth_noise
from digit_ocr.synthesis.strokes import HEIGHT_PIXELS, crop_tight

Ink = npt.NDArray[np.float32]

TICK_SHARE = 0.2
"""Of the 1s that get an up-stroke, those that get a short one, as good as level."""


def enlarge_mnist(image: npt.NDArray[np.uint8], height_pixels: int = HEIGHT_PIXELS) -> Ink:
    """Return an MNIST digit, (28, 28) uint8, as tight ink with crisp edges, `height_pixels` high
    where its height in MNIST is the usual 20 pixels, float32 0..1."""
    scale = height_pixels / 20
    size = round(28 * scale)
    grey = image.astype(np.float32) / 255
    large = cv2.resize(grey, (size, size), interpolation=cv2.INTER_CUBIC)
    # Enlarged pixels have soft edges: a pen's are about one pixel wide.
    return crop_tight(np.clip((large - 0.5) * np.float32(scale) * 0.8 + 0.5, 0, 1))


def half_width(ink: Ink) -> float:
    """Return half the typical stroke width in pixels."""
    marked = (ink > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(np.pad(marked, 1), cv2.DIST_L2, 3)
    inside = distance[distance > 0]
    # Distances inside a stroke of half-width r are spread evenly over 0..r.
    return float(2 * inside.mean()) if inside.size else 0.5


def change_thickness(ink: Ink, shift_pixels: float) -> Ink:
    """Return the ink with each edge moved out by `shift_pixels` (in, where negative), tight."""
    margin = max(2, int(np.ceil(shift_pixels)) + 2)
    padded = np.pad(ink, margin)
    marked = (padded > 0.5).astype(np.uint8)
    inside = cv2.distanceTransform(marked, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - marked, cv2.DIST_L2, 3)
    signed = np.where(marked > 0, inside - 0.5, 0.5 - outside)
    moved = np.clip(signed + shift_pixels + 0.5, 0, 1)
    if shift_pixels < 0:
        # The middle of each stroke stays, or uneven strokes would break where they are thin.
        ridge = (inside > 0.5) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 0.4)
        middle = cv2.blur(ridge.astype(np.float32), (3, 3)) * 2.2
        moved = np.maximum(moved, np.minimum(middle, 1))
    return crop_tight(moved.astype(np.float32))


def set_half_width(ink: Ink, wanted_pixels: float) -> Ink:
    """Return the ink with strokes of about this half-width; thin strokes never vanish."""
    current = half_width(ink)
    shift = float(np.clip(wanted_pixels - current, -0.55 * current, 12))
    return change_thickness(ink, shift) if abs(shift) > 0.3 else ink


def shear(ink: Ink, slant: float) -> Ink:
    """Return the ink leaning to the right by `slant` pixels a row, tight."""
    height, width = ink.shape
    reach = abs(slant) * height / 2
    new_width = int(width + 2 * reach + 2)
    matrix = np.array([[1, -slant, reach + 1 + slant * height / 2], [0, 1, 0]], np.float32)
    return crop_tight(np.asarray(cv2.warpAffine(ink, matrix, (new_width, height)), np.float32))


def distort(ink: Ink, rng: np.random.Generator, pixels: float) -> Ink:
    """Return the ink as a hand writes it another time: each part strays by about so many pixels."""
    margin = int(np.ceil(3 * pixels))
    padded = np.pad(ink, margin)
    height, width = padded.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = (pixels * smooth_noise(height, width, 0.4 * height, rng) for _ in range(2))
    moved = cv2.remap(padded, columns + dx, rows + dy, cv2.INTER_LINEAR)
    return crop_tight(np.asarray(moved, np.float32))


def add_upstroke(ink: Ink, rng: np.random.Generator, foot: bool = False) -> Ink:
    """Return a 1 with the European up-stroke to its top, and a foot if wanted.

    A 1 that has a flag or a foot already is returned as it is.
    """
    height = ink.shape[0]
    marked = ink > 0.5
    runs = marked.sum(axis=1)
    pen = float(np.median(runs[runs > 0])) if runs.any() else 0.0
    # From the first to the last ink of each row: a flag or a foot reaches beyond the stem.
    reach = ink.shape[1] - marked.argmax(axis=1) - marked[:, ::-1].argmax(axis=1)
    if pen == 0 or reach[runs > 0].max() > 1.7 * pen + 2 or height < 1.2 * pen:
        return ink
    centres = _row_centres(marked)
    # The pen of a slanted 1 crosses the rows at an angle.
    lean = (centres[-1] - centres[0]) / height
    pen = pen / float(np.hypot(1, lean))
    if rng.random() < TICK_SHARE:
        rise, run = rng.uniform(0.01, 0.12) * height, rng.uniform(0.06, 0.15) * height + pen / 2
    else:
        rise = rng.uniform(0.2, 0.85) * height
        run = min(rng.uniform(0.16, 0.5) * height, 1.1 * rise)
    margin = int(run + abs(lean) * height + 2 * pen) + 2
    canvas = np.pad(ink, ((2, 2), (margin, margin)))
    top = np.array([centres[0] + margin, 2 + pen * 0.45])
    row = min(height - 1, round(rise))
    start = np.array([centres[row] + margin - run, 2 + rise])
    bend = (start + top) / 2 + rng.normal(0, 0.03, 2) * height
    thickness = pen * rng.uniform(0.65, 1.05)
    draw_polyline(canvas, np.stack([start, bend, top]), thickness)
    if foot:
        base = height - pen * 0.4 + 2
        x = centres[-1] + margin
        left, right = rng.uniform(0.12, 0.35, 2) * height
        tilt = rng.normal(0, 0.025) * height
        ends = np.array([[x - left, base - tilt], [x + right, base + tilt]])
        draw_polyline(canvas, ends, thickness)
    return crop_tight(canvas)


def add_bar(ink: Ink, rng: np.random.Generator) -> Ink:
    """Return a 7 with a bar across its stem; one that has a bar already as it is."""
    height = ink.shape[0]
    marked = ink > 0.5
    row = round(rng.uniform(0.42, 0.66) * height)
    below = marked[round(0.35 * height) : round(0.9 * height)].sum(axis=1)
    pen = float(np.median(below[below > 0])) if below.any() else 0.0
    if pen == 0 or below.max() > 2.2 * pen + 2:
        return ink
    x = _row_centres(marked)[row]
    thickness = min(pen * rng.uniform(0.6, 1.0), 2.2 * half_width(ink))
    left, right = rng.uniform(0.13, 0.36, 2) * height
    margin = int(max(left, right) + thickness) + 2
    canvas = np.pad(ink, ((0, 0), (margin, margin)))
    tilt = rng.normal(0.03, 0.05) * height
    ends = np.array([[x + margin - left, row + tilt], [x + margin + right, row - tilt]])
    draw_polyline(canvas, ends, thickness)
    return crop_tight(canvas)


def add_serif(ink: Ink, rng: np.random.Generator) -> Ink:
    """Return a 7 with a short stroke down from the left end of its top; 7s that have one too."""
    height = ink.shape[0]
    top = ink[: max(1, round(0.3 * height))] > 0.5
    if not top.any():
        return ink
    x = int(top.any(axis=0).argmax())
    y = float(np.flatnonzero(top[:, x]).mean())
    below = ink[round(0.35 * height) : round(0.9 * height)] > 0.5
    runs = below.sum(axis=1)
    pen = min(float(np.median(runs[runs > 0])), 2.2 * half_width(ink)) if runs.any() else 2.0
    drop, lean = rng.uniform(0.1, 0.45) * height, rng.normal(-0.02, 0.05) * height
    margin = int(abs(lean) + pen) + 2
    canvas = np.pad(ink, ((2, 2), (margin, margin)))
    start = np.array([x + margin + pen * 0.4, y + 2])
    ends = np.stack([start, start + np.array([lean, min(drop, height - y - pen)])])
    draw_polyline(canvas, ends, pen * rng.uniform(0.7, 1.05))
    return crop_tight(canvas)


def add_slash(ink: Ink, rng: np.random.Generator) -> Ink:
    """Return a 0 with a slash through it from the lower left to the upper right."""
    height, width = ink.shape
    margin = round(0.2 * height)
    canvas = np.pad(ink, margin)
    reach = np.array([width * rng.uniform(0.3, 0.65), height * rng.uniform(0.28, 0.6)])
    middle = np.array([width / 2, height / 2]) + margin
    ends = np.stack([middle + reach * (-1, 1), middle + reach * (1, -1)])
    draw_polyline(canvas, ends, 2 * half_width(ink) * rng.uniform(0.6, 1.0))
    return crop_tight(canvas)


def wear(ink: Ink, rng: np.random.Generator) -> Ink:
    """Return the ink broken or faint in places, as a dry pen or a poor copy leaves it."""
    height, width = ink.shape
    if rng.random() < 0.5:
        cover = smooth_noise(height, width, rng.uniform(0.04, 0.3) * height, rng)
        return np.asarray(ink * np.clip(1 - rng.uniform(0.2, 0.6) * cover, 0.2, 1), np.float32)
    worn = ink.copy()
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        angle = rng.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.2, 0.6) * height
        ends = np.stack([np.array([x, y]) - reach, np.array([x, y]) + reach])
        draw_polyline(worn, ends, rng.uniform(0.02, 0.06) * height, value=0.0)
    return worn


def draw_polyline(
    canvas: Ink, points: npt.NDArray[np.float64], thickness: float, value: float = 1.0
) -> None:
    """Draw an antialiased line through points (n, 2) of x, y onto the ink; `value` 0 erases."""
    low = np.floor(points.min(axis=0) - thickness - 2).astype(int)
    high = np.ceil(points.max(axis=0) + thickness + 2).astype(int)
    x0, y0 = np.maximum(low, 0).tolist()
    x1, y1 = np.minimum(high, canvas.shape[::-1]).tolist()
    if x1 <= x0 or y1 <= y0:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    whole = max(1, round(thickness))
    fixed = np.round((points - (x0, y0)) * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(mask, [fixed], False, 255, whole, cv2.LINE_AA, 4)
    cover = mask.astype(np.float32) * np.float32(min(1.0, thickness) / 255)
    region = canvas[y0:y1, x0:x1]
    if value == 0:
        region *= 1 - cover
    else:
        np.maximum(region, cover * np.float32(value), out=region)


def _row_centres(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the mean x of the ink in each row, from the rows nearby where one has none."""
    rows = np.arange(marked.shape[0])
    counts = marked.sum(axis=1)
    sums = (marked * np.arange(marked.shape[1])).sum(axis=1)
    known = counts > 0
    return np.asarray(np.interp(rows, rows[known], sums[known] / counts[known]), np.float64)
