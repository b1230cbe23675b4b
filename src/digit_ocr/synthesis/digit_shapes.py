"""How each digit is written: the strokes of its variants, about 0.6 wide where it is 1 high."""

from __future__ import annotations

import math
from collections.abc import Callable

from digit_ocr.synthesis.arcs import Arc, Stroke, ellipse

Between = Callable[[float, float], float]
"""Gives a number between two limits: one writer's habit with a little variation."""


def zero(variant: str, between: Between) -> list[Stroke]:
    rx = between(0.18, 0.38)
    start = between(-130, -40)
    if variant == "open":
        ring = ellipse(0.3, 0.5, rx, 0.5, start, -between(312, 345), between(0.85, 1.1))
    elif variant == "overlapping":
        ring = ellipse(0.3, 0.5, rx, 0.5, start, -between(385, 450), between(0.55, 0.9))
    elif variant == "hooked":
        # The pen comes in from inside the ring before it goes round.
        ring = ellipse(0.3, 0.5, rx, 0.5, start, -between(345, 375), between(0.9, 1.1))
        inside = 1 - between(0.25, 0.7)
        hook = (0.3 + rx * inside * between(-0.5, 0.3), 0.5 - 0.5 * inside * between(0.6, 1.0))
        ring = [hook, *ring]
    elif variant == "clockwise":
        ring = ellipse(0.3, 0.5, rx, 0.5, -180 - start, between(350, 385), between(0.8, 1.1))
    else:
        ring = ellipse(0.3, 0.5, rx, 0.5, start, -between(352, 380), between(0.85, 1.05))
    strokes: list[Stroke] = [[ring]]
    if variant == "slashed":
        reach_x = rx * between(0.5, 1.3)
        reach_y = between(0.25, 0.55)
        strokes.append([[(0.3 + reach_x, 0.5 - reach_y), (0.3 - reach_x, 0.5 + reach_y)]])
    elif variant == "dotted":
        y = between(0.42, 0.58)
        strokes.append([[(0.3, y), (0.3 + between(-0.02, 0.02), y + between(0.01, 0.06))]])
    return strokes


def one(variant: str, between: Between) -> list[Stroke]:
    bend = between(-0.03, 0.03)
    lean = between(-0.05, 0.05)
    top, bottom = (0.3, 0.0), (0.3 + lean, 1.0)
    stem = [top, (0.3 + lean / 2 + bend, 0.5), bottom]
    stroke: Stroke = [stem]
    if variant.startswith("flag"):
        rise, run = between(0.13, 0.25), between(0.08, 0.24)
        stroke = [[(top[0] - run, rise), top], stem]
    elif variant.startswith("tick"):
        # As good as level, and short beside a 7's top.
        rise, run = between(0.01, 0.12), between(0.08, 0.18)
        start = (top[0] - run, rise)
        if "round" in variant:
            stroke = [[start, (top[0] - run * 0.4, rise * 0.6), (top[0], 0.04), *stem[1:]]]
        else:
            stroke = [[start, top], stem]
    elif variant.startswith("upstroke"):
        # Its start lies clearly below the top: level with the top it would be a 7.
        rise = between(0.2, 0.9)
        run = min(between(0.16, 0.5), 1.15 * rise)
        middle = (top[0] - run * between(0.4, 0.55), rise * between(0.38, 0.55))
        stroke = [[(top[0] - run, rise), middle, top], stem]
        if "round" in variant:
            shoulder = (top[0] - run * 0.16, rise * 0.1)
            stroke = [[(top[0] - run, rise), middle, shoulder, (top[0], 0.04), *stem[1:]]]
    elif variant == "hooked":
        stroke = [[*stem[:-1], (bottom[0], 0.93), (bottom[0] + between(0.05, 0.14), 0.98)]]
    strokes = [stroke]
    if variant.endswith("foot"):
        left, right, tilt = between(0.1, 0.35), between(0.1, 0.4), between(-0.05, 0.04)
        base = bottom[1] + between(-0.03, 0.02)
        strokes.append([[(bottom[0] - left, base - tilt), (bottom[0] + right, base + tilt)]])
    return strokes


def two(variant: str, between: Between) -> list[Stroke]:
    width, start_y = between(0.45, 0.66), between(0.14, 0.38)
    shoulder = between(0.24, 0.36)
    if variant == "ring":
        # The head closes nearly to a ring, as a Q's.
        ring = ellipse(width * 0.5, 0.38, width * 0.52, 0.38, between(100, 200), between(200, 240))
        loop_top, out = between(0.72, 0.88), width * between(0.9, 1.35)
        return [[[
            *ring, (width * between(0.45, 0.65), 0.85), (width * between(0.1, 0.3), 0.97),
            (width * between(0.05, 0.25), (loop_top + 0.97) / 2), (width * 0.3, loop_top),
            (width * 0.7, 0.93), (out, between(0.9, 1.1)),
        ]]]  # fmt: skip
    head: Arc = [
        (width * (0.3 * between(-0.2, 1.0) ** 2), start_y),
        (width * 0.14, between(0.04, 0.13)),
        (width * 0.55, 0.0),
        (width * between(0.9, 1.0), shoulder * 0.65),
        (width * between(0.82, 0.92), shoulder + 0.14),
        (width * 0.5, between(0.62, 0.74)),
    ]
    right = width * between(0.95, 1.25)
    base_y = between(0.93, 1.02)
    if variant == "flat":
        corner = (between(-0.03, 0.06), between(0.95, 1.0))
        return [[[*head, corner], [corner, (width * 0.5, 0.98), (right, base_y)]]]
    if variant == "z":
        tip = (width, between(0.02, 0.12))
        corner = (between(-0.02, 0.08), 0.97)
        top = [(0.02, between(0.03, 0.14)), (width * 0.6, between(-0.02, 0.03)), tip]
        shaft = [tip, (width * between(0.5, 0.68), between(0.45, 0.55)), corner]
        return [[top, shaft, [corner, (right, base_y)]]]
    if variant == "wave":
        corner = (between(-0.04, 0.05), between(0.94, 1.0))
        tail = [
            corner,
            (width * 0.25, between(0.86, 0.92)),
            (width * 0.65, 0.98),
            (right, between(0.86, 0.98)),
        ]
        return [[[*head, corner], tail]]
    loop = between(0.06, 0.26)
    low = [
        (width * 0.22, 0.9),
        (0.03, 0.99),
        (-0.03, 0.97 - loop / 2),
        (0.06, 0.94 - loop),
        (width * 0.4, 0.93 - loop * 0.3),
        (right, base_y),
    ]
    return [[head + low]]


def three(variant: str, between: Between) -> list[Stroke]:
    width = between(0.42, 0.62)
    waist_x, waist_y = width * between(0.25, 0.55), between(0.4, 0.52)
    belly: Arc = [
        (width * 0.75, waist_y + 0.03),
        (width * between(0.98, 1.08), waist_y + between(0.2, 0.28)),
        (width * 0.72, between(0.92, 0.98)),
        (width * 0.35, 1.0),
        (between(-0.05, 0.06), between(0.84, 0.96)),
    ]
    if variant == "zigzag":
        # Corners all the way, as written in a hurry.
        tip = (width * between(0.8, 1.05), between(0.0, 0.1))
        waist, elbow = (waist_x, waist_y - 0.06), (width * between(0.9, 1.1), between(0.5, 0.6))
        end = (between(-0.1, 0.15), between(0.94, 1.0))
        lower = [elbow, (width * between(0.75, 0.95), between(0.72, 0.82)), end]
        return [[[(0.02, between(0.0, 0.14)), tip], [tip, waist], [waist, elbow], lower]]
    if variant == "flat":
        tip = (width * between(0.85, 1.05), between(0.0, 0.08))
        waist = (waist_x, waist_y - 0.02)
        return [[[(0.02, between(0.0, 0.1)), tip], [tip, waist], [waist, *belly]]]
    head: Arc = [
        (between(0.0, 0.1), between(0.08, 0.22)),
        (width * 0.3, 0.01),
        (width * 0.7, 0.02),
        (width * between(0.85, 0.98), 0.2),
        (width * 0.72, waist_y - 0.07),
    ]
    if variant == "looped":
        size = between(0.03, 0.08)
        loop = [
            (waist_x, waist_y + size * 0.4),
            (waist_x - size, waist_y - size * 0.2),
            (waist_x, waist_y - size),
        ]
        return [[head + loop + belly]]
    waist = (waist_x, waist_y)
    if variant == "smooth":
        return [[[*head, (waist_x * 1.1, waist_y), *belly]]]
    return [[[*head, waist], [waist, *belly]]]


def four(variant: str, between: Between) -> list[Stroke]:
    # Narrow ones are a small h or the Cyrillic che.
    width = between(0.34, 0.48) if variant.startswith("narrow") else between(0.5, 0.68)
    variant = variant.removeprefix("narrow ")
    bar_y = between(0.5, 0.72)
    stem_x = width * between(0.58, 0.82)
    right = width * between(1.0, 1.2)
    bar_end_y = bar_y + between(-0.08, 0.03)
    foot = (stem_x + between(-0.06, 0.06), 1.0)
    if variant == "closed":
        top = (stem_x, 0.0)
        corner = (0.0, bar_y)
        return [[[top, corner], [corner, (right, bar_end_y)]], [[top, foot]]]
    if variant == "sail":
        # In one stroke from the bar's right end: over the top and down.
        top = (stem_x - 0.02, 0.0)
        corner = (0.0, bar_y)
        return [[[(right, bar_end_y), corner], [corner, top], [top, foot]]]
    arm_x = between(0.02, 0.22)
    if variant == "looped":
        # In one stroke: the bar turns back over its right end, and on into the stem.
        back = bar_y - between(0.12, 0.3)
        return [[
            [(width * between(0.4, 0.9), 0.0), (arm_x * 0.4, bar_y - between(0.04, 0.16))],
            [
                (arm_x * 0.4, bar_y - 0.1), (width * 0.4, bar_y + between(0.0, 0.08)),
                (right * between(0.85, 1.05), (bar_y + back) / 2), (stem_x + 0.04, back),
                (stem_x - between(0.04, 0.14), bar_y), foot,
            ],
        ]]  # fmt: skip
    if variant == "cup":
        cup_y = between(0.42, 0.58)
        bowl = [
            (arm_x * 0.7, between(0.0, 0.1)),
            (arm_x * 0.6, cup_y * 0.7),
            (arm_x + 0.12, cup_y),
            (stem_x, cup_y - between(0.04, 0.14)),
        ]
        stem = [(stem_x + between(0.0, 0.05), 0.0), (stem_x, cup_y - 0.1), foot]
        return [[bowl], [stem]]
    corner = (arm_x - between(0.0, 0.12), bar_y)
    arm = [(arm_x + between(0.03, 0.3), 0.0), corner]
    bar = [corner, (right, bar_end_y)]
    if variant == "bolt":
        # One stroke like lightning: the stem hangs from the bar's right end.
        end = (min(right, stem_x + 0.14), bar_y + between(-0.22, 0.04))
        return [[arm, [corner, end], [end, (foot[0] + between(-0.05, 0.1), 1.0)]]]
    low_stem = variant == "hanging"
    top_y = bar_y - between(0.06, 0.3) if low_stem else between(0.0, 0.25)
    return [[arm, bar], [[(stem_x + between(-0.02, 0.07), top_y), foot]]]


def five(variant: str, between: Between) -> list[Stroke]:
    width = between(0.45, 0.64)
    top_right = (width * between(0.85, 1.25), between(-0.04, 0.06))
    top_left = (width * between(0.12, 0.3), between(0.0, 0.05))
    notch = (width * between(0.02, 0.2), between(0.38, 0.5))
    belly: Arc = [
        (width * 0.5, notch[1] - between(0.0, 0.1)),
        (width * between(0.95, 1.05), notch[1] + between(0.15, 0.25)),
        (width * 0.75, between(0.9, 0.96)),
        (width * 0.35, 1.0),
        (between(-0.08, 0.05), between(0.84, 0.97)),
    ]
    if variant == "s":
        # The arc of the belly begins high, without a corner.
        start = [top_right, (width * 0.55, 0.02), (width * 0.15, 0.12), (width * 0.12, 0.34)]
        return [[[*start, *belly[:]]]]
    if variant == "joined":
        return [[[top_right, top_left], [top_left, notch], [notch, *belly]]]
    if variant == "barless":
        return [[[top_left, notch], [notch, *belly]]]
    gap_x, gap_y = between(-0.06, 0.14), between(-0.08, 0.06)
    bar_left = (top_left[0] + gap_x, top_left[1] + gap_y)
    bar_right = (bar_left[0] + width * between(0.5, 1.1), bar_left[1] + between(-0.1, 0.05))
    if variant == "soft":
        body: Stroke = [[top_left, (notch[0], notch[1] * 0.75), *belly]]
    else:
        body = [[top_left, notch], [notch, *belly]]
    return [body, [[bar_left, bar_right]]]


def six(variant: str, between: Between) -> list[Stroke]:
    width = between(0.42, 0.6)
    loop_top = between(0.42, 0.68)
    middle = (1 + loop_top) / 2
    start = (width * between(0.4, 1.1), between(0.0, 0.03))
    shaft: Arc = [
        start,
        (width * between(0.2, 0.5), between(0.18, 0.26)),
        (width * 0.05, middle * 0.78),
    ]
    if variant == "straight":
        shaft = [(width * between(0.1, 0.7), 0.0), (width * 0.08, middle * 0.72)]
    elif variant == "curled":
        tip = (width * between(0.75, 1.1), between(0.08, 0.2))
        shaft = [tip, (width * between(0.55, 0.7), 0.0), *shaft[1:]]
    loop: Arc = [
        (width * 0.05, middle + 0.08),
        (width * 0.42, 1.0),
        (width * between(0.92, 1.02), middle + 0.03),
        (width * 0.58, loop_top),
    ]
    if variant == "open":
        return [[[*shaft, *loop[:3], (width * between(0.65, 0.85), loop_top + between(0.0, 0.1))]]]
    if variant == "spiral":
        loop[-1] = (width * 0.6, loop_top + 0.04)
        inner = [
            (width * 0.3, middle - 0.05),
            (width * between(0.35, 0.5), middle + between(0.0, 0.1)),
        ]
        return [[shaft + loop + inner]]
    end = (width * between(0.0, 0.3), loop_top + between(0.08, 0.2))
    return [[[*shaft, *loop, end]]]


def seven(variant: str, between: Between) -> list[Stroke]:
    is_narrow = "narrow" in variant
    width = between(0.17, 0.38) if is_narrow else between(0.3, 0.66)
    if "deep" in variant:
        # As wide as an M, which these begin like.
        width *= 1.3
    left_y = between(0.0, 0.09)
    corner = (width, between(0.0, 0.05))
    foot = (width * between(0.0, 0.55), 1.0)
    bow = between(-0.02, 0.05)
    stem: Arc = [corner, ((corner[0] + foot[0]) / 2 - bow, 0.5), foot]
    if "curved" in variant:
        bow = between(0.05, 0.12)
        stem = [corner, ((corner[0] * 2 + foot[0]) / 3 - bow, 0.38), (foot[0] + 0.02, 0.72), foot]
    top: Stroke = [[(0.0, left_y), (width * 0.5, left_y / 2 + between(-0.03, 0.05)), corner]]
    if "hooked" in variant:
        # A down-stroke at the left half as long as the stem: an n to those who don't write it so.
        drop = between(0.15, 0.42) if is_narrow else between(0.25, 0.6)
        corner_y = left_y + between(0.0, 0.05)
        top = [[(between(-0.08, 0.06), left_y + drop), (0.0, corner_y)], *top]
        if "round" in variant:
            top = [[top[0][0], (between(-0.02, 0.04), corner_y), *top[1][1:]]]
    elif "serif" in variant:
        drop = between(0.08, 0.36)
        top = [[(between(-0.04, 0.04), left_y + drop), (0.0, left_y)], *top]
    elif "wave" in variant:
        start = (between(-0.05, 0.05), left_y + between(0.12, 0.42))
        crest = (width * between(0.12, 0.3), left_y - between(0.0, 0.04))
        sag = between(0.3, 0.62) if "deep" in variant else between(0.06, 0.36)
        trough = (width * between(0.4, 0.62), left_y + sag)
        if "sharp" in variant:
            top = [[start, crest], [crest, trough], [trough, corner]]
        else:
            top = [[start, crest, trough, corner]]
    strokes: list[Stroke] = [[*top, stem]]
    if "crossed" in variant:
        y = between(0.66, 0.92) if "low" in variant else between(0.42, 0.7)
        t = y
        x = corner[0] + (foot[0] - corner[0]) * t - bow
        left, right, tilt = between(0.1, 0.32), between(0.1, 0.32), between(-0.05, 0.06)
        strokes.append([[(x - left, y + tilt), (x + right, y - tilt)]])
    return strokes


def eight(variant: str, between: Between) -> list[Stroke]:
    waist = between(0.4, 0.53)
    upper, lower = between(0.16, 0.26), between(0.2, 0.32)
    if variant == "circles":
        gap = between(-0.03, 0.03)
        top = ellipse(0.3, waist / 2, upper, waist / 2, between(-150, -30), -between(350, 385))
        low_height = (1 - waist) / 2
        low = ellipse(
            0.3 + between(-0.05, 0.05), waist + low_height + gap, lower, low_height - gap,
            between(-150, -30), -between(350, 385),
        )  # fmt: skip
        return [[top], [low]]
    if variant == "ribbon":
        # Both ends stand open at the top, as of a ribbon pinned up.
        return [[[
            (0.3 + upper * between(0.6, 1.2), between(0.0, 0.1)), (0.3 + upper * 0.7, waist * 0.5),
            (0.3, waist), (0.3 - lower, waist + (1 - waist) * 0.5), (0.3, 1.0),
            (0.3 + lower, waist + (1 - waist) * 0.5), (0.3, waist), (0.3 - upper, waist * 0.45),
            (0.3 - upper * between(0.3, 0.8), between(0.0, 0.06)),
            (0.3 + upper * between(-0.3, 0.5), between(0.0, 0.06)),
        ]]]  # fmt: skip
    open_top = variant == "open"
    start = (0.3 + upper * between(0.5, 1.0), between(0.06, 0.14) if open_top else 0.08)
    end = (
        0.3 + upper * (between(0.9, 1.3) if open_top else between(0.3, 0.8)),
        0.02 + between(0, 0.1),
    )
    down: Arc = [
        start,
        (0.3 - upper * 0.1, 0.0),
        (0.3 - upper, waist * 0.45),
        (0.3, waist),
        (0.3 + lower, waist + (1 - waist) * 0.5),
        (0.3, 1.0),
    ]
    up: Arc = [
        (0.3 - lower, waist + (1 - waist) * 0.55),
        (0.3 - 0.02, waist + between(0.0, 0.06)),
        (0.3 + upper * 0.95, waist * 0.5),
        end,
    ]
    strokes: list[Stroke] = [[down + up]]
    if variant == "slant":
        straight_end = (0.3 + upper * between(1.0, 1.6), between(-0.04, 0.06))
        strokes = [[[*down, up[0], up[1]], [up[1], straight_end]]]
    return strokes


def nine(variant: str, between: Between) -> list[Stroke]:
    width = between(0.4, 0.58)
    loop_bottom = between(0.32, 0.6)
    middle = loop_bottom / 2
    right = width * between(0.95, 1.05)
    start = (right * between(0.92, 1.0), between(0.08, 0.2))
    loop: Arc = [
        start,
        (width * 0.5, 0.0),
        (0.0, middle * between(0.9, 1.1)),
        (width * 0.4, loop_bottom),
        (width * 0.88, middle * 1.15),
    ]
    join = (right, between(0.06, 0.22))
    if variant == "open":
        start = (width * between(0.5, 0.8), between(0.02, 0.08))
        loop = [start, (width * 0.1, middle * 0.6), *loop[3:]]
        loop[1] = (0.0, middle)
    foot = (width * between(0.4, 1.0), 1.0)
    if variant == "curved":
        tail: Arc = [join, (right, 0.5), (width * 0.75, 0.85), (width * between(0.05, 0.4), 1.0)]
    elif variant == "hooked":
        tail = [
            join, (right * between(0.95, 1.2), 0.58), (width * between(0.85, 1.2), 0.84),
            (width * 0.5, 1.0),
            (between(-0.05, 0.15), between(0.82, 0.94)),
        ]  # fmt: skip
    elif variant == "looped":
        # As a g: the tail turns back through itself, under the ring.
        low, out = between(0.9, 1.0), width * between(-0.15, 0.15)
        back = loop_bottom + (1 - loop_bottom) * between(0.15, 0.6)
        tail = [
            join, (right * between(0.95, 1.15), loop_bottom), (width * between(0.75, 1.05), 0.85),
            (width * between(0.3, 0.6), 1.0), (out, low - 0.06), (width * 0.35, back + 0.05),
            (width * between(0.9, 1.5), back - between(0.0, 0.12)),
        ]  # fmt: skip
    elif variant == "belly":
        # The pen leaves the ring near its foot and swings out to the right, as a 3 does.
        rx, ry = width * between(0.36, 0.5), middle
        turn = between(340, 440) * (1 if between(0, 1) < 0.5 else -1)
        ring = ellipse(width * 0.45, ry, rx, ry, between(-150, 60), turn, between(0.45, 1.05))
        angle = math.radians(between(5, 85))
        leave = (width * 0.45 + rx * math.cos(angle), ry + ry * math.sin(angle))
        out = width * between(0.85, 1.2)
        return [[ring], [[
            leave, (out, leave[1] + (1 - leave[1]) * between(0.25, 0.45)),
            (out * 0.92, between(0.78, 0.88)), (width * between(0.35, 0.6), 1.0),
            (width * between(-0.25, 0.3), between(0.8, 0.97)),
        ]]]  # fmt: skip
    elif variant == "spiral":
        return [[[
            (width * between(0.55, 0.8), between(0.12, 0.3)), (width * 0.3, 0.3),
            (width * 0.1, 0.14), (width * 0.55, 0.0), (right, 0.2), (right, 0.5),
            (width * 0.75, 0.85), (width * between(0.2, 0.7), 1.0),
        ]], [ellipse(width * 0.5, 0.24, width * 0.45, 0.22, -20, -between(330, 370))]]  # fmt: skip
    elif variant == "single":
        # The loop runs on into the tail: no corner.
        loop = [*loop[:-1], (right, 0.2)]
        return [[[*loop], [loop[-1], (right * 0.98, 0.5), foot]]]
    else:
        tail = [join, ((join[0] + foot[0]) / 2, 0.55), foot]
    return [[[*loop, join], tail]]


SHAPES: tuple[Callable[[str, Between], list[Stroke]], ...] = (
    zero, one, two, three, four, five, six, seven, eight, nine,
)  # fmt: skip
