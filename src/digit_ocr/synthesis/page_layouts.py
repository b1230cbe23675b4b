"""What people write on pages: lists, tables, grids, forms and prose, each drawn onto a sheet."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digit_ocr.synthesis.glyphs import DIGIT_SHARES, LONE_ONE_SHARE
from digit_ocr.synthesis.sheet import Repertoire, Sheet
from digit_ocr.synthesis.signs import random_sign, random_surroundings


@dataclass(frozen=True, slots=True)
class Pens:
    """Who writes on the page. `height` of the digits in pixels of the sheet."""

    writer: Repertoire
    printer: Repertoire
    height: float
    level: float
    """How dark the handwriting is, 0..1."""
    gap: float
    """Between the digits of one number, as a share of the height."""


SURROUNDED_SHARE = 0.15
"""Of the numbers in lines of writing, those with something right beside them."""

Layout = Callable[[Sheet, Pens, np.random.Generator], None]


def random_digits(rng: np.random.Generator, longest: int = 12) -> str:
    """Return 1 to `longest` digits, short numbers more often."""
    length = min(longest, 1 + int(rng.geometric(0.3)) - int(rng.random() < 0.35))
    if length <= 1 and rng.random() < LONE_ONE_SHARE:
        return "1"
    return "".join(str(d) for d in rng.choice(10, max(1, length), p=DIGIT_SHARES))


def number_width(text: str, pens: Pens) -> float:
    """Return about how wide the number will come out."""
    return len(text) * (0.6 + pens.gap) * pens.height


def rule_paper(sheet: Sheet, pitch: float, rng: np.random.Generator) -> None:
    """Draw ruled or squared paper, or none."""
    kind = rng.choice(["blank", "ruled", "squared"], p=[0.6, 0.22, 0.18])
    if kind == "blank":
        return
    level, width = rng.uniform(0.1, 0.7), rng.uniform(0.6, 1.6)
    step = pitch if kind == "ruled" else pitch / rng.choice([1, 1, 2, 3])
    for at in np.arange(rng.uniform(0, step), sheet.size, step):
        sheet.line((0, at), (sheet.size, at), level, width)
        if kind == "squared":
            sheet.line((at, 0), (at, sheet.size), level, width)


def free_rows(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Rows of handwritten numbers, here and there a word."""
    h = pens.height
    pitch = h * rng.uniform(1.3, 3.2)
    rule_paper(sheet, pitch, rng)
    words = rng.choice([0.0, 0.15, 0.5])
    separators = rng.random() < 0.3
    slope = rng.normal(0, 0.02)
    y = rng.uniform(0.4, 1.5) * pitch
    between = max(rng.uniform(0.9, 4.0), 2.4 * pens.gap + 0.9) * h
    while y < sheet.size + h:
        x = rng.uniform(-0.5, 2.5) * h
        while x < sheet.size:
            if rng.random() < words:
                letters = int(rng.integers(2, 9))
                x = sheet.write_word(
                    pens.writer, letters, x, y, h, rng, level=pens.level, slope=slope
                )
                between_now = rng.uniform(0.5, 1.5) * h
            else:
                hand = pens.printer if rng.random() < 0.05 else pens.writer
                x = write_surrounded(
                    sheet, hand, random_digits(rng), x, y, h, rng,
                    gap=pens.gap, level=pens.level, slope=slope,
                )  # fmt: skip
                between_now = between * rng.uniform(0.8, 1.5)
                if separators and rng.random() < 0.7 and pens.gap < 0.4:
                    x = sheet.write_signs(hand, random_sign(rng), x, y, h, rng, pens.level)
                    between_now = rng.uniform(0.1, 0.3) * h
            x += between_now
            if rng.random() < 0.12:
                x += rng.uniform(2, 6) * h
        y += pitch * rng.uniform(0.85, 1.2)


def write_surrounded(
    sheet: Sheet,
    hand: Repertoire,
    text: str,
    x: float,
    y: float,
    height: float,
    rng: np.random.Generator,
    *,
    gap: float,
    level: float,
    slope: float = 0.0,
) -> float:
    """Write a number, now and then with brackets, marks or letters right beside it."""
    before = after = ""
    if rng.random() < SURROUNDED_SHARE:
        before, after = random_surroundings(rng, hand.hand.kind == "font")
    x = sheet.write_signs(hand, before, x, y, height, rng, level)
    end = sheet.write_number(hand, text, x, y, height, rng, gap=gap, level=level, slope=slope)
    return sheet.write_signs(hand, after, end, y + slope * (end - x), height, rng, level)


def listing(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """A list: marks or printed row numbers, words, and a column of numbers."""
    h = pens.height
    pitch = h * rng.uniform(1.4, 2.6)
    rule_paper(sheet, pitch, rng)
    column = rng.uniform(0.3, 0.7) * sheet.size
    row_numbers = rng.random() < 0.5
    ending = str(rng.choice(["", ".", ")", ":"], p=[0.3, 0.4, 0.22, 0.08]))
    hand = pens.printer if rng.random() < 0.5 else pens.writer
    right_aligned = rng.random() < 0.5
    row = int(rng.integers(0, 30))
    y = pitch * rng.uniform(0.5, 1.5)
    while y < sheet.size + h:
        x = rng.uniform(0.3, 0.5) * h
        if row_numbers:
            x = sheet.write_number(hand, str(row), x, y, h * 0.9, rng, gap=0.1, level=pens.level)
            x = sheet.write_signs(hand, ending, x, y, h * 0.9, rng, pens.level) + 0.5 * h
        row += 1
        while x < column - 3 * h and rng.random() < 0.8:
            x = 0.5 * h + sheet.write_word(hand, int(rng.integers(2, 9)), x, y, h, rng)
        if rng.random() < 0.85:
            text = random_digits(rng, 7)
            at = max(x + h, column - (number_width(text, pens) if right_aligned else 0))
            write_surrounded(
                sheet, pens.writer, text, at, y, h, rng, gap=min(pens.gap, 0.5), level=pens.level
            )
        y += pitch * rng.uniform(0.9, 1.1)


def table(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Cells with borders: numbers, words, dashes, ticks, many empty."""
    h = pens.height
    # Printed borders are often far darker than the pencil beside them.
    level = rng.choice([1.0, rng.uniform(0.3, 1.0)])
    width = rng.uniform(0.6, 2.2)
    rows = rng.uniform(-1, 0.5) * h + np.cumsum(np.full(60, h * rng.uniform(1.2, 2.6)))
    columns = rng.uniform(-2, 1) * h + np.cumsum(h * rng.uniform(1.6, 6, 40))
    rows, columns = rows[rows < sheet.size + h], columns[columns < sheet.size + 3 * h]
    for y in rows:
        sheet.line((columns[0], y), (columns[-1], y), level, width)
    if rng.random() < 0.85:
        for x in columns:
            sheet.line((x, rows[0]), (x, rows[-1]), level, width)
    filled = rng.uniform(0.08, 0.8)
    # Marks and counts stand alone in cells that have room for more.
    most_digits = int(rng.choice([1, 2, 12], p=[0.2, 0.2, 0.6]))
    printed = rng.choice([0.0, 0.1, 1.0], p=[0.6, 0.25, 0.15])
    # A row and a column of headings, anywhere: the window may show a page's middle.
    headings = tuple(
        int(rng.integers(len(lines))) if rng.random() < 0.5 else -1 for lines in (rows, columns)
    )
    # Columns a, b, c; rows with their numbers printed before them.
    is_lettered = rng.random() < 0.4
    numbered = int(rng.integers(len(columns))) if rng.random() < 0.3 else -1
    first = int(rng.integers(0, 20))
    for row, (top, bottom) in enumerate(itertools.pairwise(rows)):
        for column, (left, right) in enumerate(itertools.pairwise(columns)):
            kind = rng.random()
            if (row == headings[0] or column == headings[1]) and rng.random() < 0.8:
                kind = filled
            room = right - left - 0.3 * h
            foot = bottom - (bottom - top - h) * rng.uniform(0.1, 0.9)
            if column == numbered and row != headings[0]:
                at = left + room * rng.uniform(0.2, 0.4)
                sheet.write_number(pens.printer, str(first + row), at, foot, 0.8 * h, rng, gap=0.1)
            elif kind < filled:
                longest = max(1, int(room / ((0.6 + pens.gap) * h)))
                text = random_digits(rng, min(longest, most_digits))
                slack = max(0.0, room - number_width(text, pens))
                hand = pens.printer if rng.random() < printed else pens.writer
                sheet.write_number(
                    hand, text, left + 0.15 * h + slack * rng.random(), foot, h * 0.95, rng,
                    gap=pens.gap, level=pens.level,
                )  # fmt: skip
            elif kind < filled + 0.08 and room > 0.8 * h:
                hand = pens.printer if rng.random() < 0.6 else pens.writer
                letters = int(np.clip(room / (0.5 * h), 1, 8))
                alone = 0.9 if row == headings[0] and is_lettered else 0.35
                letters = 1 if rng.random() < alone else letters
                at = left + (0.2 * h if letters > 1 else room * rng.uniform(0.1, 0.6))
                sheet.write_word(hand, letters, at, foot, h * 0.8, rng)
            elif kind < filled + 0.13:
                middle = (top + bottom) / 2
                sheet.line(
                    (left + 0.2 * room, middle + rng.normal(0, 0.1) * h),
                    (left + rng.uniform(0.4, 0.9) * room, middle),
                    pens.level, 0.1 * h / sheet.unit,
                )  # fmt: skip


def grid_of_digits(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """A Sudoku: each cell's digit is a number of its own, printed or written."""
    h = pens.height
    cell = h * rng.uniform(1.25, 2.3)
    level, width = rng.uniform(0.3, 1.0), rng.uniform(0.5, 1.4)
    left, top = rng.uniform(-0.5, 3, 2) * cell
    for k in range(10):
        bold = k % 3 == 0
        ink, wide = (1.0, width * rng.uniform(1.5, 2.5)) if bold else (level, width)
        sheet.line((left, top + k * cell), (left + 9 * cell, top + k * cell), ink, wide)
        sheet.line((left + k * cell, top), (left + k * cell, top + 9 * cell), ink, wide)
    sheet.write_word(pens.printer, 7, left + 4 * cell, top - 0.2 * cell, h * 0.7, rng)
    filled = rng.uniform(0.2, 0.8)
    for row in range(9):
        for column in range(9):
            if rng.random() > filled:
                continue
            x, foot = left + column * cell, top + (row + 1) * cell
            if rng.random() < 0.08:
                small = h * rng.uniform(0.4, 0.6)
                text = "".join(str(d) for d in rng.integers(1, 10, rng.integers(1, 4)))
                sheet.write_number(
                    pens.writer, text, x + 0.08 * cell, foot - cell + 1.2 * small, small, rng,
                    gap=0.12, level=pens.level,
                )  # fmt: skip
                continue
            hand = pens.printer if rng.random() < 0.6 else pens.writer
            tall = h * (0.85 if hand is pens.printer else rng.uniform(0.85, 1.15))
            x += (cell - 0.6 * tall) * rng.uniform(0.3, 0.7)
            foot -= (cell - tall) * rng.uniform(0.3, 0.7)
            ink = 1.0 if hand is pens.printer else pens.level
            sheet.write_number(hand, str(rng.integers(0, 10)), x, foot, tall, rng, level=ink)


def form(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Labels and rows of boxes, a digit in each: one number a row."""
    h = pens.height
    y = rng.uniform(0, 2) * h
    level, width = rng.uniform(0.3, 1.0), rng.uniform(0.6, 1.8)
    box_width, box_height = h * rng.uniform(0.95, 1.6), h * rng.uniform(1.15, 1.8)
    apart = rng.choice([0.0, 0.0, rng.uniform(0.1, 0.4)]) * h
    comb = rng.random() < 0.2
    while y < sheet.size:
        label = int(rng.integers(0, 10))
        x = rng.uniform(0.2, 1.0) * h
        foot = y + (box_height + h) / 2
        if label:
            hand = pens.printer if rng.random() < 0.8 else pens.writer
            x = sheet.write_word(hand, label, x, foot, 0.8 * h, rng) + 0.5 * h
        boxes = int(rng.integers(2, 15))
        used = int(rng.integers(0, boxes + 1))
        drawn: list[str] = [str(d) for d in rng.integers(0, 10, used)]
        tall = min(h, box_height * 0.9)
        row: list[tuple[float, float, float, float]] = []
        for k in range(boxes):
            at = x + k * (box_width + apart)
            rise = y + (0.7 * box_height if comb else 0.0)
            corners = [
                (at, rise), (at, y + box_height),
                (at + box_width, y + box_height), (at + box_width, rise),
            ]  # fmt: skip
            sheet.curve(np.array(corners if comb else [*corners, corners[0]]), level, width)
            if k < used:
                before = len(sheet.numbers)
                slack = max(0.0, box_width - 0.6 * h)
                sheet.write_number(
                    pens.writer, drawn[k], at + slack * rng.uniform(0.2, 0.7), foot, tall, rng,
                    level=pens.level, wobble=0.1,
                )  # fmt: skip
                for boxes_of_digit in sheet.numbers[before:]:
                    row.extend(boxes_of_digit)
                del sheet.numbers[before:]
        if row:
            sheet.numbers.append(row)
        y += box_height + h * rng.uniform(0.9, 3)


def sparse(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """A nearly empty page: short numbers far apart."""
    h = pens.height
    step = h * rng.uniform(2.5, 6)
    filled = rng.uniform(0.2, 1.0)
    longest = int(rng.choice([1, 1, 3]))
    for y in np.arange(rng.uniform(0.2, 1) * step, sheet.size + h, step * rng.uniform(0.7, 1.3)):
        for x in np.arange(rng.uniform(-0.5, 0.5) * step, sheet.size, step):
            if rng.random() < filled:
                shift = rng.normal(0, 0.2 * h, 2)
                sheet.write_number(
                    pens.writer, random_digits(rng, longest), x + shift[0], y + shift[1], h, rng,
                    gap=min(pens.gap, 0.3), level=pens.level,
                )  # fmt: skip


def prose(sheet: Sheet, pens: Pens, rng: np.random.Generator) -> None:
    """Lines of text, in which a number is rare or absent."""
    hand = pens.printer if rng.random() < 0.6 else pens.writer
    h = pens.height
    pitch = h * rng.uniform(1.25, 2.2)
    rule_paper(sheet, pitch, rng)
    numbers = rng.choice([0.0, 0.08, 0.25])
    y = pitch * rng.uniform(0.2, 1)
    while y < sheet.size + h:
        x = rng.uniform(-1, 0.5) * h
        end = sheet.size * rng.choice([1.0, 1.0, 0.5])
        while x < end:
            if rng.random() < numbers:
                text = random_digits(rng, 6)
                x = write_surrounded(sheet, hand, text, x, y, h, rng, gap=0.1, level=pens.level)
                if rng.random() < 0.3:
                    x = sheet.write_signs(hand, random_sign(rng), x, y, h, rng, pens.level)
            else:
                letters = int(rng.integers(2, 11))
                x = sheet.write_word(hand, letters, x, y, h, rng, level=pens.level)
            x += h * rng.uniform(0.3, 0.7)
        y += pitch


LAYOUTS: tuple[tuple[Layout, float], ...] = (
    (free_rows, 0.3),
    (listing, 0.13),
    (table, 0.2),
    (grid_of_digits, 0.17),
    (form, 0.08),
    (prose, 0.16),
    (sparse, 0.14),
)
"""Each way to fill a sheet and how often; the weights need not sum to 1."""
