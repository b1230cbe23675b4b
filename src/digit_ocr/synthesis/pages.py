"""Windows of composed pages with maps of where the digits and numbers are, to learn finding from.

A window is what the page network sees: ink, digits about 10 to 40 pixels high. It is drawn at one
to three times that size, photographed, turned to ink as a user's photo is, and scaled down.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digit_ocr.imaging.ink import to_ink
from digit_ocr.imaging.page_polarity import is_writing_dark
from digit_ocr.inference.finding import STRIDE
from digit_ocr.synthesis.glyphs import GlyphSource
from digit_ocr.synthesis.letters import LONE_LETTERS
from digit_ocr.synthesis.page_layouts import LAYOUTS, Pens, random_digits
from digit_ocr.synthesis.paper import photograph
from digit_ocr.synthesis.scenes import draw_scene
from digit_ocr.synthesis.sheet import Ink, Rectangle, Repertoire, Sheet

WINDOW = 192
"""Pixels of a window, both ways."""
READABLE = (8.0, 46.0)
"""Heights of digits, in pixels of the window, that the maps show."""
FAINTEST = 0.12
"""Ink of digits that came through paler than this cannot be told from the paper's grain."""
SCENE_SHARE, CROPS_SHARE = 0.07, 0.13
"""Of the windows, those of a photo of something else, and of a few tight crops."""
RINGS_SHARE = 0.12
"""Of the windows and crops, those with rings around numbers."""
UNDECIDED = (5.5, 64.0)
"""Beyond the readable ones and up to here neither finding nor missing a digit is counted."""


@dataclass(frozen=True, slots=True)
class PageWindows:
    """Composed windows and what the network should say about them.

    `images`: (n, 192, 192) uint8, ink 255 on paper 0. `maps`: (n, 4, 48, 48) uint8: middles of
    digits, middle bands of numbers, ink of digits, and the weight with which a cell counts.
    """

    images: NDArray[np.uint8]
    maps: NDArray[np.uint8]


def compose_pages(count: int, seed: int, source: GlyphSource) -> PageWindows:
    """Return composed windows; the same seed gives the same windows."""
    images = np.zeros((count, WINDOW, WINDOW), np.uint8)
    maps = np.zeros((count, 4, WINDOW // STRIDE, WINDOW // STRIDE), np.uint8)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        kind = rng.random()
        if kind < SCENE_SHARE:
            images[index], maps[index] = compose_scene(rng)
        else:
            compose = compose_crops if kind < SCENE_SHARE + CROPS_SHARE else compose_page
            images[index], maps[index] = compose(source, rng)
    return PageWindows(images, maps)


def compose_page(
    source: GlyphSource, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return one window of a page and its maps."""
    unit = float(rng.choice([1.0, 1.5, 2.0, 3.0], p=[0.45, 0.25, 0.2, 0.1]))
    side = round(WINDOW * unit)
    size = round(side * 1.35)
    sheet = Sheet(size, unit, random_view(size, side, rng), side)
    pens = random_pens(source, rng, float(np.exp(rng.uniform(np.log(9), np.log(48)))) * unit)
    weights = np.array([weight for _, weight in LAYOUTS])
    layout = LAYOUTS[rng.choice(len(LAYOUTS), p=weights / weights.sum())][0]
    layout(sheet, pens, rng)
    add_clutter(sheet, pens, rng)
    if rng.random() < 0.2:
        show_through(sheet, pens, rng)
    digits = warp(sheet.digits, sheet.view, side)
    ink = np.maximum(digits, warp(sheet.other, sheet.view, side))
    if rng.random() < 0.12:
        ink = lay_on_table(ink, sheet, rng)
    photo = photograph(ink, rng)
    seen = to_ink(photo, is_writing_dark(photo), is_page=True)
    image = cv2.resize(seen, (WINDOW, WINDOW), interpolation=cv2.INTER_AREA)
    shrink = np.diag([1 / unit, 1 / unit, 1.0])
    maps = draw_maps(sheet.numbers, shrink @ sheet.view, image)
    maps[2] = ink_map(digits)
    return to_bytes(image), maps


def compose_scene(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a window of a photo of something else than writing, and its maps: none of it counts
    as a number."""
    photo = photograph(draw_scene(WINDOW, WINDOW, rng), rng, rng.uniform(0, 0.8), one_bit=False)
    maps = np.zeros((4, WINDOW // STRIDE, WINDOW // STRIDE), np.uint8)
    maps[3] = 255
    return to_bytes(to_ink(photo, is_writing_dark(photo), is_page=True)), maps


def compose_crops(
    source: GlyphSource, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a window with a few tight crops of single numbers in it, each photographed alone."""
    image = np.zeros((WINDOW, WINDOW), np.uint8)
    maps = np.zeros((4, WINDOW // STRIDE, WINDOW // STRIDE), np.uint8)
    maps[3] = 255
    top = 0
    while top < WINDOW - 24:
        height = min(int(rng.integers(20, 68)), WINDOW - top)
        left, lowest = 0, 0
        while left < WINDOW - 24:
            crop, crop_maps = compose_crop(source, rng, height, WINDOW - left)
            tall, wide = crop.shape
            image[top : top + tall, left : left + wide] = crop
            y, x = top // STRIDE, left // STRIDE
            _, rows, columns = crop_maps.shape
            maps[:, y : y + rows, x : x + columns] = crop_maps
            lowest = max(lowest, tall)
            # Crops stand on the 16-pixel lattice, as a small picture padded with paper does.
            left += wide + 16 + (-wide) % 16
        top += lowest + 16 + (-lowest) % 16
    return image, maps


def compose_crop(
    source: GlyphSource, rng: np.random.Generator, height: int, room: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a crop of one number, cut close or through its surroundings, and its maps."""
    unit = float(rng.choice([1.0, 1.0, 1.5, 3.0]))
    digit = min(height * rng.uniform(0.4, 1.02), READABLE[1] - 2) * unit
    pens = random_pens(source, rng, digit)
    text = random_digits(rng, 8)
    sheet = Sheet(round(WINDOW * unit), unit)
    margin = digit * rng.uniform(-0.06, 0.6)
    end = sheet.write_number(
        pens.writer, text, margin, 0.5 * sheet.size, digit, rng,
        gap=pens.gap, level=pens.level, slope=rng.normal(0, 0.03),
    )  # fmt: skip
    if sheet.numbers and rng.random() < RINGS_SHARE:
        sheet.draw_ring(0, rng)
    top = 0.5 * sheet.size - digit - max(0.0, height * unit - digit) * rng.uniform(0, 1)
    top = max(0, round(top))
    wide = round(min(end + digit * rng.uniform(-0.06, 0.8), room * unit))
    tall = round(height * unit)
    if rng.random() < 0.5:
        add_borders(sheet, (0, top, wide, top + tall), rng)
    digits = sheet.digits[top : top + tall, :wide]
    ink = np.maximum(digits, sheet.other[top : top + tall, :wide])
    seen = to_ink(photograph(np.ascontiguousarray(ink), rng), is_page=True)
    size = (max(1, round(wide / unit)), height)
    image = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
    view = np.array([[1 / unit, 0, 0], [0, 1 / unit, -top / unit], [0, 0, 1]])
    maps = draw_maps(sheet.numbers, view, image)
    maps[2] = ink_map(digits, (maps.shape[2], maps.shape[1]))
    return to_bytes(image), maps


def random_pens(source: GlyphSource, rng: np.random.Generator, height: float) -> Pens:
    """Return who writes on one page."""
    gap = rng.choice([rng.uniform(-0.08, 0.3), rng.uniform(0.3, 1.0)], p=[0.8, 0.2])
    level = rng.choice([1.0, rng.uniform(0.3, 1.0)], p=[0.4, 0.6])
    writer = Repertoire(source.writer(rng))
    printer = Repertoire(source.writer(rng, "font"), LONE_LETTERS)
    return Pens(writer, printer, height, float(level), float(gap))


def add_borders(sheet: Sheet, crop: Rectangle, rng: np.random.Generator) -> None:
    """Draw a cell's borders near the edges of the crop, on any side."""
    left, top, right, bottom = crop
    level, width = rng.uniform(0.3, 1.0), rng.uniform(0.7, 2.5)
    for across in (True, False):
        for edge in (0, 1):
            if rng.random() < 0.5:
                inset = rng.uniform(0, 0.1) * (bottom - top)
                lean = rng.normal(0, 0.02) * (bottom - top)
                if across:
                    y = (bottom - inset) if edge else (top + inset)
                    sheet.line((left, y), (right, y + lean), level, width)
                else:
                    x = (right - inset) if edge else (left + inset)
                    sheet.line((x, top), (x + lean, bottom), level, width)


def add_clutter(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Draw what pages bear besides writing: strokes, scribbles, circles, ticks, blots."""
    h, thin = pens.height, max(0.8, 0.09 * pens.height / sheet.unit)
    for _ in range(rng.poisson(1.2)):
        x, y = rng.uniform(0, sheet.size, 2)
        reach = h * rng.uniform(0.5, 3)
        level = rng.uniform(0.4, 1.0)
        match rng.choice(["scribble", "arc", "tick", "arrow", "rule", "blot", "cross"]):
            case "scribble":
                n = int(rng.integers(5, 20))
                walk = np.cumsum(rng.normal(0, 0.3 * h, (n, 2)), 0)
                sheet.curve(np.array([x, y]) + walk, level, thin)
            case "arc":
                turn = np.linspace(0, rng.uniform(1.5, 7), 24)[:, None]
                ring = np.hstack([np.cos(turn) * rng.uniform(0.6, 1.6), np.sin(turn)]) * reach
                sheet.curve(np.array([x, y]) + ring, level, thin)
            case "tick":
                tick = np.array([[0, -0.3], [0.25, 0], [0.9, -1.0]]) * reach
                sheet.curve(np.array([x, y]) + tick, level, thin)
            case "arrow":
                arrow = np.array([[0, 0], [1, 0], [0.7, -0.2], [1, 0], [0.7, 0.2]]) * reach
                sheet.curve(np.array([x, y]) + arrow, level, thin)
            case "rule":
                lean = rng.normal(0, 0.1) * reach
                sheet.line((x, y), (x + 3 * reach, y + lean), level, thin)
            case "blot":
                dots = np.array([x, y]) + rng.normal(0, 0.1 * h, (3, 2))
                sheet.curve(dots, level, thin * rng.uniform(1, 4))
            case _:
                sheet.line((x, y), (x + reach, y + reach), level, thin)
                sheet.line((x + reach, y), (x, y + reach), level, thin)
    if sheet.numbers and rng.random() < 0.08:
        for _ in range(min(2, len(sheet.numbers))):
            sheet.cross_out(int(rng.integers(len(sheet.numbers))), rng)
    if sheet.numbers and rng.random() < RINGS_SHARE:
        for index in rng.choice(len(sheet.numbers), min(3, len(sheet.numbers)), replace=False):
            sheet.draw_ring(int(index), rng)
    if sheet.numbers and rng.random() < 0.3:
        for index in rng.choice(len(sheet.numbers), min(4, len(sheet.numbers)), replace=False):
            boxes = np.array(sheet.numbers[index])
            left, right, foot = boxes[:, 0].min(), boxes[:, 2].max(), boxes[:, 3].max()
            y = foot + 0.15 * h
            sheet.line(
                (left - 0.2 * h, y), (right + 0.2 * h, y + rng.normal(0, 0.05) * h), 0.9, thin
            )


def show_through(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Add the other side's writing: mirrored, pale and soft."""
    # The other side is seen mirrored: what shows on the right was written on the left.
    mirror = np.array([[-1.0, 0, sheet.size], [0, 1, 0], [0, 0, 1]])
    back = Sheet(sheet.size, sheet.unit, sheet.view @ mirror, sheet.side)
    LAYOUTS[rng.choice([0, 1, 5])][0](back, pens, rng)
    ink = np.maximum(back.digits, back.other)[:, ::-1]
    soft = cv2.GaussianBlur(ink, (0, 0), 0.8 * sheet.unit) * np.float32(rng.uniform(0.08, 0.55))
    np.maximum(sheet.other, soft, out=sheet.other)


def random_view(size: int, side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the homography (3, 3) from the sheet to the window: shifted, tilted, foreshortened."""
    tilt = np.deg2rad(rng.choice([rng.normal(0, 2), rng.uniform(-20, 20)], p=[0.65, 0.35]))
    cos, sin = np.cos(tilt), np.sin(tilt)
    spare = 0.08 * size
    middle = size / 2 + rng.uniform(-spare, spare, 2)
    if rng.random() < 0.12:
        # Near a corner: the page's edges come into view.
        middle = size * rng.uniform(0.1, 0.9, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    sheared = corners @ np.array([[1, 0], [rng.normal(0, 0.04), 1]])
    on_sheet = sheared @ np.array([[cos, -sin], [sin, cos]]) + middle
    on_sheet *= 1 + rng.normal(0, 0.01, (4, 2))
    window = (corners + side / 2).astype(np.float32)
    view: NDArray[np.float64] = cv2.getPerspectiveTransform(on_sheet.astype(np.float32), window)
    return view


def warp(ink: Ink, view: NDArray[np.float64], side: int) -> Ink:
    """Return the ink as the window (side, side) shows it."""
    seen: Ink = cv2.warpPerspective(ink, view, (side, side), flags=cv2.INTER_LINEAR)
    return seen


def lay_on_table(ink: Ink, sheet: Sheet, rng: np.random.Generator) -> Ink:
    """Return the ink with a darker, uneven table around the sheet, and maybe things on it."""
    side = ink.shape[0]
    paper = warp(np.ones_like(sheet.other), sheet.view, side)
    if rng.random() < 0.4:
        surroundings: Ink = np.maximum(ink * paper, draw_scene(side, side, rng) * (1 - paper))
        return surroundings
    grain = cv2.resize(rng.normal(0, 0.05, (side // 8 + 1, side // 8 + 1)), (side, side))
    table = (rng.uniform(0.3, 1.0) + grain).astype(np.float32).clip(0, 1)
    mixed: Ink = np.maximum(ink * paper, table * (1 - paper))
    return mixed


def draw_maps(
    numbers: list[list[Rectangle]],
    view: NDArray[np.float64],
    image: Ink,
) -> NDArray[np.uint8]:
    """Return the maps (4, H / 4, W / 4) uint8 of numbers seen through `view`; ink is left empty.

    What `image`, the ink that came through (H, W), hardly shows counts neither way.
    """
    height, width = image.shape
    small = (-(-width // STRIDE), -(-height // STRIDE))
    full = np.zeros((3, small[1] * STRIDE, small[0] * STRIDE), np.uint8)
    full[2] = 255
    for boxes in numbers:
        if not near(boxes, view, width, height):
            continue
        quads = [seen_quad(box, view) for box in boxes]
        heights = [float(np.linalg.norm(q[3] - q[0] + q[2] - q[1])) / 2 for q in quads]
        mean_height = float(np.median(heights))
        readable = READABLE[0] <= mean_height <= READABLE[1]
        shown = []
        for quad, tall in zip(quads, heights, strict=True):
            inside = share_inside(quad, width, height)
            clear = inside < 0.6 or darkest(image, quad) > FAINTEST
            if UNDECIDED[0] <= tall <= UNDECIDED[1] and (
                not readable or not clear or 0 < inside < 0.6
            ):
                fill(full[2], quad, 0)
            shown.append(readable and clear and inside >= 0.6)
            if shown[-1]:
                fill(full[0], shrunk(quad, 0.55, 0.55, 0.45 * tall), 255)
                fill(full[1], shrunk(quad, 0.6, 0.5, 0.45 * tall), 255)
        for k in range(len(quads) - 1):
            if shown[k] and shown[k + 1]:
                fill(full[1], between(quads[k], quads[k + 1]), 255)
    maps = np.zeros((4, small[1], small[0]), np.uint8)
    for channel, drawn in zip((0, 1, 3), full, strict=True):
        maps[channel] = cv2.resize(drawn, small, interpolation=cv2.INTER_AREA)
    return maps


def near(boxes: list[Rectangle], view: NDArray[np.float64], width: int, height: int) -> bool:
    """Return whether any digit of a number may show in a window."""
    x0, y0, x1, y1 = np.array(boxes).T
    corners = np.array([[x0.min(), x1.max(), x1.max(), x0.min()], [y0.min()] * 2 + [y1.max()] * 2])
    seen = view @ np.vstack([corners, np.ones(4)])
    x, y = seen[:2] / seen[2]
    return bool(x.max() > 0 and y.max() > 0 and x.min() < width and y.min() < height)


def seen_quad(box: Rectangle, view: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners (4, 2) of a rectangle of the sheet, clockwise from top left, as seen."""
    x0, y0, x1, y1 = box
    corners = np.array([[x0, y0, 1], [x1, y0, 1], [x1, y1, 1], [x0, y1, 1]]) @ view.T
    seen: NDArray[np.float64] = corners[:, :2] / corners[:, 2:]
    return seen


def share_inside(quad: NDArray[np.float64], width: int, height: int) -> float:
    """Return about which share of a digit lies within the window."""
    x0, y0 = quad.min(0)
    x1, y1 = quad.max(0)
    wide = min(x1, width) - max(x0, 0.0)
    tall = min(y1, height) - max(y0, 0.0)
    return float(max(wide, 0) * max(tall, 0) / max((x1 - x0) * (y1 - y0), 1e-6))


def darkest(image: Ink, quad: NDArray[np.float64]) -> float:
    """Return how dark the ink of a digit is: the level that a twentieth of its box exceeds."""
    x0, y0 = np.floor(quad.min(0)).astype(int).clip(0)
    x1, y1 = np.ceil(quad.max(0)).astype(int).clip(0)
    pixels = image[y0:y1, x0:x1].ravel()
    if not pixels.size:
        return 0.0
    place = int(0.95 * (pixels.size - 1))
    return float(np.partition(pixels, place)[place])


def shrunk(
    quad: NDArray[np.float64], across: float, down: float, least_width: float
) -> NDArray[np.float64]:
    """Return the middle of a quad; one narrower than `least_width` is widened to it first."""
    middle = quad.mean(0)
    right = (quad[1] + quad[2] - quad[0] - quad[3]) / 4
    lower = (quad[2] + quad[3] - quad[0] - quad[1]) / 4
    half = float(np.linalg.norm(right))
    # A 1 is a stroke: its middle would vanish between the cells of the map.
    right = right * max(1.0, least_width / 2 / max(half, 1e-6)) * across
    lower = lower * down
    corners = [-right - lower, right - lower, right + lower, lower - right]
    return np.array([middle + corner for corner in corners])


def between(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the band from the middle of one digit to the middle of the next."""
    a, b = first.mean(0), second.mean(0)
    up_a = (first[3] + first[2] - first[0] - first[1]) / 8
    up_b = (second[3] + second[2] - second[0] - second[1]) / 8
    return np.array([a - up_a, b - up_b, b + up_b, a + up_a])


def fill(canvas: NDArray[np.uint8], quad: NDArray[np.float64], value: int) -> None:
    """Fill a convex quad, to a sixteenth of a pixel."""
    points = np.round((quad - 0.5) * 16).astype(np.int32)
    cv2.fillConvexPoly(canvas, points, value, cv2.LINE_AA, 4)


def ink_map(digits: Ink, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return where digits have ink, (H / 4, W / 4) uint8 by default, 255 where a cell has any."""
    small = size or (WINDOW // STRIDE, WINDOW // STRIDE)
    share = cv2.resize(digits, small, interpolation=cv2.INTER_AREA)
    return to_bytes((share - 0.04) * 5)


def to_bytes(ink: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return 0..1 as 0..255 uint8."""
    scaled: NDArray[np.uint8] = (ink.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return scaled
