"""Reading order: which numbers stand on one line, and which boxed digits are one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digit_ocr.inference.finding import Corner, FoundNumber

CountDigits = Callable[[Sequence[FoundNumber]], Sequence[int]]
"""How many digits each of some numbers reads to have."""

SAME_LINE = 0.55
"""Distance of two middles, as a share of the digits' height, up to which they share a line."""
LONG = 2.5
"""Widths in heights from which a number's own angle is that of its line."""
STACKED = 0.5
"""Of the narrower of two numbers, from which the other one stands above or below it."""
LINED_UP = 0.25
"""Distance of two middles, as a share of the lower height, at which they hardly share a line."""
EVEN = 0.16
"""By how much the pitch of a form's boxes may vary, as a share of it."""
WIDEST_PITCH = 2.2
"""Of a form's boxes, in heights of a digit."""
NEAR = 1.6
"""Gap, in heights, up to which two numbers may be parts of one, its digits widely spaced."""
NONE, BOX, GRID = 0, 1, 2
"""What stands between two numbers: nothing, a border as high as a box, or one that goes on."""
BORDER_INK = 0.2
OVERHANG = 0.2
"""Heights by which a number's box may reach over a border beside it."""
SHARED = 0.3
"""Heights from which two boxes that overlap hold the same digit."""
LEAST_COLUMN = 1.1
"""Width of a table's column, in heights of the digits in it, whatever they read."""
DIGITS_A_COLUMN = 1.5
"""Of a number over borders nearer than that, from which its parts are read."""
SLIVER = 0.5
"""Heights of the digits; a part narrower than that holds none."""
LEANS = np.linspace(-0.2, 0.2, 13)
"""Of borders against the upright of a line, in radians."""
GRID_BORDERS = 8
"""From so many borders that go on, and more than half of all, a page of digits is a grid."""


def order_lines(found: Sequence[FoundNumber]) -> list[list[FoundNumber]]:
    """Return lines from top to bottom, the numbers of each from left to right.

    Lines may be tilted, and not all alike: a page seen from the side is levelled first.
    """
    if not found:
        return []
    u, v = level(found)
    heights = np.array([number.height for number in found])
    widths = np.array([number.width for number in found])
    lines: list[list[int]] = []
    for index in np.argsort(v, kind="stable"):
        best, nearest = None, np.inf
        for line in lines:
            # The neighbour on the line decides: levelling leaves some slope over its length.
            beside = min(line, key=lambda other: abs(u[other] - u[index]))
            apart = abs(v[beside] - v[index])
            room = SAME_LINE * min(max(heights[beside], heights[index]), 2 * heights[index])
            if apart < room and apart < nearest and not on_top(u, widths, beside, index):
                best, nearest = line, apart
        if best is None:
            lines.append([int(index)])
        else:
            best.append(int(index))
    lines.sort(key=lambda line: float(np.median(v[line])))
    return [[found[index] for index in sorted(line, key=lambda i: u[i])] for line in lines]


def on_top(u: NDArray[np.float64], widths: NDArray[np.float64], first: int, second: int) -> bool:
    """Return whether two numbers stand at the same place along the line: one above the other."""
    shared = (widths[first] + widths[second]) / 2 - abs(u[first] - u[second])
    return bool(shared > STACKED * min(widths[first], widths[second]))


def level(found: Sequence[FoundNumber]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers' middles along and across their lines, as if the page lay straight.

    The slope of the lines is fitted to neighbours that clearly stand on one line; it may change
    down the page, as it does where the page is seen from the side.
    """
    centres = np.array([number.centre for number in found])
    heights = np.array([number.height for number in found])
    tilt = page_tilt(found)
    cos, sin = np.cos(tilt), np.sin(tilt)
    u = centres @ np.array([cos, sin])
    v = centres @ np.array([-sin, cos])
    u0, v0 = u.mean(), v.mean()
    first, second = np.triu_indices(len(found), 1)
    room = LINED_UP * np.minimum(heights[first], heights[second])
    for reach in (5.0, 9.0):
        slopes, places = neighbour_slopes(u, v, heights, reach)
        if len(slopes) < 2:
            break
        # A page seen from the side: the slope grows steadily from line to line.
        extent = max(float(np.ptp(places)), 1.0)
        steadiness = 1.0 if len(slopes) >= 8 else 0.0
        middle = float(np.median(slopes))
        change = steadiness * robust_change(places - v0, slopes - middle, extent)
        levelled = v - (middle + change * (v - v0)) * (u - u0)
        # Slopes between close neighbours are hardly more than chance: all pairs decide.
        if aligned(levelled[second] - levelled[first], room) > aligned(v[second] - v[first], room):
            v = levelled
    return u, v


def aligned(apart: NDArray[np.float64], room: NDArray[np.float64]) -> float:
    """Return how many pairs of numbers stand on one line, each counted by how well it does.

    apart: (n,) distance of the middles of each pair across the lines; room: that at which two
        hardly share a line
    """
    return float(np.exp(-((apart / room) ** 2)).sum())


def page_tilt(found: Sequence[FoundNumber]) -> float:
    """Return the angle, in radians, at which most numbers line up; long ones show it themselves."""
    centres = np.array([number.centre for number in found])
    heights = np.array([number.height for number in found])
    long = [n for n in found if n.width > LONG * n.height]
    first, second = np.triu_indices(len(found), 1)
    apart = centres[second] - centres[first]
    room = LINED_UP * np.minimum(heights[first], heights[second])
    best, most = 0.0, -1.0
    for tilt in np.deg2rad(np.arange(-24, 24.5, 0.5)):
        support = aligned(apart[:, 1] * np.cos(tilt) - apart[:, 0] * np.sin(tilt), room)
        support += sum(3 * np.exp(-(((n.angle - tilt) / 0.06) ** 2)) for n in long)
        # Two numbers always line up somehow: without more to go by a page lies straight.
        support += 1.5 * float(np.exp(-((tilt / 0.07) ** 2)))
        if support > most:
            best, most = float(tilt), support
    return best


def neighbour_slopes(
    u: NDArray[np.float64], v: NDArray[np.float64], heights: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slopes between each number and the next one to its right, and where they are."""
    slopes, places = [], []
    for index in range(len(u)):
        ahead = u - u[index]
        near = (ahead > 0.5 * heights[index]) & (ahead < reach * heights[index])
        near &= np.abs(v - v[index]) < 0.5 * heights[index]
        if near.any():
            other = int(np.flatnonzero(near)[np.argmin(ahead[near])])
            slopes.append((v[other] - v[index]) / ahead[other])
            places.append((v[other] + v[index]) / 2)
    return np.array(slopes), np.array(places)


def robust_change(places: NDArray[np.float64], slopes: NDArray[np.float64], extent: float) -> float:
    """Return by how much the slope changes per pixel down the page (median of slopes of pairs)."""
    apart = places[:, None] - places[None, :]
    pairs = apart > 0.25 * extent
    if not pairs.any():
        return 0.0
    change = (slopes[:, None] - slopes[None, :])[pairs] / apart[pairs]
    return float(np.median(change))


def settle_boxes(
    lines: Sequence[Sequence[FoundNumber]],
    ink: NDArray[np.float32],
    count_digits: CountDigits = lambda _: [],
) -> tuple[list[list[FoundNumber]], bool]:
    """Return the lines with the digits of a form's row of boxes joined, and whether it is a grid.

    Without `count_digits` no number is taken for those of narrow columns.

    A row of boxes: three or more single digits, evenly spaced, a border between each two. Where
    borders go on above or below and most numbers are single digits, it is a grid, whose cells stay
    apart; so do those of a table.
    """
    borders = borders_of(lines, ink)
    in_grid = sum(kind == GRID for row in borders for kind in row)
    # Numbers on squared paper stand across its lines; a grid's cells hold a digit each.
    singles = [is_single(number) for line in lines for number in line]
    is_of_singles = 2 * sum(singles) >= len(singles)
    is_ruled = in_grid >= GRID_BORDERS and in_grid > sum(len(row) for row in borders) / 2
    if is_ruled and is_of_singles:
        cells = [part for line in lines for n in line for part in split_at_borders(n, ink)]
        return order_lines(cells), True
    columns = [
        part for line in lines for n in line for part in split_at_columns(n, ink, count_digits)
    ]
    if len(columns) > len(singles):
        lines = order_lines(columns)
        borders = borders_of(lines, ink)
    joined = [
        join_runs(line, boxed_runs(line, row)) for line, row in zip(lines, borders, strict=True)
    ]
    return joined, False


def borders_of(lines: Sequence[Sequence[FoundNumber]], ink: NDArray[np.float32]) -> list[list[int]]:
    """Return what stands between each two neighbours of each line."""
    return [
        [border_between(first, second, ink) for first, second in pairwise(line)] for line in lines
    ]


def boxed_runs(line: Sequence[FoundNumber], borders: Sequence[int]) -> list[list[FoundNumber]]:
    """Return the runs of three or more evenly spaced single digits with boxes' borders between."""
    runs: list[list[FoundNumber]] = [[line[0]]]
    for number, border in zip(line[1:], borders, strict=True):
        if border == BOX and follows(runs[-1], number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return [run for run in runs if len(run) >= 3]


def near_runs(line: Sequence[FoundNumber], ink: NDArray[np.float32]) -> list[list[FoundNumber]]:
    """Return the line in runs of neighbours that may be one number: near, no border between."""
    runs: list[list[FoundNumber]] = []
    for number in line:
        if runs and is_near(runs[-1][-1], number) and is_open(runs[-1][-1], number, ink):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def is_open(first: FoundNumber, second: FoundNumber, ink: NDArray[np.float32]) -> bool:
    """Return whether no border stands between two neighbours.

    Where their boxes share a digit, what looks like one is its stem.
    """
    shared = (first.width + second.width) / 2 - distance(first, second)
    if shared > SHARED * min(first.height, second.height):
        return True
    return border_between(first, second, ink) == NONE


def is_near(first: FoundNumber, second: FoundNumber) -> bool:
    """Return whether two numbers are level, about equally high, and not far apart for digits."""
    low, high = sorted((first.height, second.height))
    gap = distance(first, second) - (first.width + second.width) / 2
    angle = (first.angle + second.angle) / 2
    dx, dy = second.centre[0] - first.centre[0], second.centre[1] - first.centre[1]
    rise = abs(dy * np.cos(angle) - dx * np.sin(angle))
    return bool(gap < NEAR * low and high < 2 * low and rise < 0.4 * low)


def follows(run: Sequence[FoundNumber], number: FoundNumber) -> bool:
    """Return whether a single digit stands one even step after a run of such."""
    height = float(np.median([other.height for other in run]))
    if not is_single(run[-1]) or not is_single(number):
        return False
    pitch = distance(run[-1], number)
    if pitch > WIDEST_PITCH * height or not 0.5 * height < number.height < 2 * height:
        return False
    usual = float(np.median([distance(a, b) for a, b in pairwise(run)])) if len(run) > 1 else pitch
    return abs(pitch - usual) < 2 * EVEN * usual


def is_single(number: FoundNumber) -> bool:
    """Return whether a number is hardly wider than one digit."""
    return number.width < 1.25 * number.height


def distance(first: FoundNumber, second: FoundNumber) -> float:
    """Return how far apart the middles of two numbers are."""
    (ax, ay), (bx, by) = first.centre, second.centre
    return float(np.hypot(ax - bx, ay - by))


def border_between(first: FoundNumber, second: FoundNumber, ink: NDArray[np.float32]) -> int:
    """Return NONE, or BOX where a stroke stands between two numbers, or GRID where it goes on."""
    height = (first.height + second.height) / 2
    apart = distance(first, second)
    if apart > 6 * height or apart < 1:
        return NONE
    start, end = first.width / 2 / apart, 1 - second.width / 2 / apart
    # Boxes reach over a border that is near; there, what is no higher than digits may be a 1.
    low, high = (pick(start, end) for pick in (min, max))
    reach = OVERHANG * height / apart
    steps = max(3, round((high - low + 2 * reach) * apart))
    spots = np.linspace(low - reach, high + reach, steps)
    kinds = strokes_across(first.centre, second.centre, spots, height, ink)
    is_gap = (spots > start) & (spots < end)
    return int(np.where(is_gap | (kinds == GRID), kinds, NONE).max())


def strokes_across(
    start: Corner,
    end: Corner,
    spots: NDArray[np.float64],
    height: float,
    ink: NDArray[np.float32],
) -> NDArray[np.int64]:
    """Return for each spot (0 at `start`, 1 at `end`) whether a stroke crosses the way there.

    NONE, BOX for one as high as digits are, GRID for one that goes on above or below them.
    """
    (ax, ay), (bx, by) = start, end
    # Borders lean where the page is seen from the side.
    leans = np.arctan2(by - ay, bx - ax) + LEANS
    at = ax + spots * (bx - ax), ay + spots * (by - ay)
    reach = np.linspace(-1.4, 1.4, 57) * height
    above, beside, below = reach[:19], reach[19:38], reach[38:]
    is_stroke = dark_share(ink, at, leans, beside) > 0.9
    kinds = np.where(is_stroke.any(axis=0), BOX, NONE)
    # Few spots have a stroke: only there is looked for where it leads.
    leaning = is_stroke.any(axis=1)
    if leaning.any():
        ways = (dark_share(ink, at, leans[leaning], part) > 0.85 for part in (above, below))
        goes_on = np.logical_or(*ways) & is_stroke[leaning]
        kinds[goes_on.any(axis=0)] = GRID
    return kinds


def dark_share(
    ink: NDArray[np.float32],
    at: tuple[NDArray[np.float64], NDArray[np.float64]],
    leans: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return which share of the ways through spots is dark, (leans, spots).

    at: x and y of the spots; reach: how far from a spot, along a way that leans, is looked at
    """
    x = at[0][:, None] - reach * np.sin(leans)[:, None, None]
    y = at[1][:, None] + reach * np.cos(leans)[:, None, None]
    columns, rows = np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
    height, width = ink.shape
    dark = ink[rows.clip(0, height - 1), columns.clip(0, width - 1)] > BORDER_INK
    dark &= (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    # A thin line that leans a little more runs over into the next spots.
    dark[:, 1:-1] |= dark[:, :-2] | dark[:, 2:]
    share: NDArray[np.float64] = np.count_nonzero(dark, axis=2) / len(reach)
    return share


def split_at_columns(
    number: FoundNumber, ink: NDArray[np.float32], count_digits: CountDigits
) -> list[FoundNumber]:
    """Return the parts of a number that reaches over the borders of a table's columns.

    The lines of squared paper, which a number may be written across, are nearer to each other, or
    some of these parts hold a digit at most.
    """
    parts = split_at_borders(number, ink)
    if min(part.width for part in parts) >= LEAST_COLUMN * number.height:
        return parts
    # At its ends it may reach a little into the next columns.
    parts = [part for part in parts if part.width >= SLIVER * number.height]
    if len(parts) < 2 or sum(count_digits([number])) < DIGITS_A_COLUMN * len(parts):
        return [number]
    return parts if min(count_digits(parts)) >= 2 else [number]


def split_at_borders(number: FoundNumber, ink: NDArray[np.float32]) -> list[FoundNumber]:
    """Return the parts of a number that reaches over the borders of a grid's cells."""
    if number.width < 1.3 * number.height:
        return [number]
    cos, sin = np.cos(number.angle), np.sin(number.angle)
    x, y = number.centre
    half = number.width / 2
    start, end = (x - half * cos, y - half * sin), (x + half * cos, y + half * sin)
    spots = np.linspace(0, 1, max(32, int(number.width)))
    is_border = strokes_across(start, end, spots, number.height, ink) == GRID
    edges = np.flatnonzero(np.diff(np.concatenate([[1], is_border, [1]])))
    parts = []
    for first, last in edges.reshape(-1, 2):
        left, right = spots[first] * number.width, spots[last - 1] * number.width
        if right - left < 0.25 * number.height:
            continue
        along = (left + right) / 2 - half
        centre = (float(x + along * cos), float(y + along * sin))
        parts.append(replace(number, centre=centre, width=float(right - left)))
    return parts if len(parts) > 1 else [number]


def join_runs(
    line: Sequence[FoundNumber], runs: Sequence[Sequence[FoundNumber]]
) -> list[FoundNumber]:
    """Return the line with each run replaced by one number that holds it."""
    first_of = {id(run[0]): run for run in runs}
    members = {id(number) for run in runs for number in run}
    joined = []
    for number in line:
        if id(number) in first_of:
            joined.append(around(first_of[id(number)]))
        elif id(number) not in members:
            joined.append(number)
    return joined


def around(run: Sequence[FoundNumber]) -> FoundNumber:
    """Return one box that holds all numbers of a run."""
    (ax, ay), (bx, by) = run[0].centre, run[-1].centre
    angle = float(np.arctan2(by - ay, bx - ax))
    cos, sin = np.cos(angle), np.sin(angle)
    corners = np.array([corner for number in run for corner in number.corners])
    u = corners @ np.array([cos, sin])
    v = corners @ np.array([-sin, cos])
    middle_u, middle_v = (u.min() + u.max()) / 2, (v.min() + v.max()) / 2
    return FoundNumber(
        centre=(float(middle_u * cos - middle_v * sin), float(middle_u * sin + middle_v * cos)),
        width=float(np.ptp(u)),
        height=float(np.ptp(v)),
        angle=angle,
        confidence=float(np.mean([number.confidence for number in run])),
    )
