"""All numbers of a picture: found, put in reading order, read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.errors import ModelNotUsable
from digit_ocr.imaging.dark_blocks import with_dark_blocks_turned
from digit_ocr.imaging.ink import is_dark_on_light, to_ink
from digit_ocr.imaging.line import (
    MAX_CROP_HEIGHT,
    LineStrip,
    prepare_line,
    prepare_line_otherwise,
)
from digit_ocr.imaging.page_polarity import is_writing_dark
from digit_ocr.imaging.region import Quad
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.finding import (
    FoundNumber,
    Levels,
    find_numbers,
    is_filled,
    merge,
    surest,
)
from digit_ocr.inference.layout import around, near_runs, order_lines, settle_boxes
from digit_ocr.inference.load import Model
from digit_ocr.inference.number_line import CLASSES, LineReading, read_lines
from digit_ocr.inference.one_line import is_one_line
from digit_ocr.inference.read_number import (
    ReadNumber,
    boxes_in_picture,
    clipped,
    cut,
    enlarged,
    to_number,
    turned_back,
)
from digit_ocr.inference.sureness import (
    LEAST_DIGITS_CONFIDENCE,
    LEAST_ON_PAGE,
    Readings,
    amid_letters,
    amid_others,
    amount,
    as_found,
    is_number,
    is_reported,
    is_text,
    mean_sureness,
    sureness,
)
from digit_ocr.inference.way_up import (
    FEW_READ,
    SURELY_READ,
    UPRIGHT,
    WELL_READ,
    other_ways,
    weigh_ways_up,
)
from digit_ocr.results import Box, Number

LARGEST_AREA = 16_000_000
"""Pixels of a picture that are looked at; larger ones are reduced, by a whole number. Numbers are
found in less anyway (`LONGEST_SIDE`): what more pixels cost is time and memory."""
EMPTY_WEIGHT = 0.3
"""Of no number in what somebody wants read; one in seven of the strips learned from held none."""
HARDLY_READ = 0.5
"""Confidence of a line below which it is prepared otherwise as well."""
SURER = 2.0
"""How many times as sure it must read then."""
CLEAR_HEIGHT = 2 * MAX_CROP_HEIGHT
"""Up to here little is lost where a picture is read as one line; a page reduced to such a height
may look like one large digit, so what is higher is searched as well."""
CROP_SHARE = 0.25
"""Of the shorter side of a picture, from which a number is so high that it is a crop of it."""
SHOWN = 0.5
"""Of the height of all writing in a crop: where the strip that was read holds less, other lines may
be beside it."""
LEAST_POSSIBLE = 1e-3
"""Of a whole crop's confidence, that all of it is one number; each digit of it may be sure."""
SURE = 0.6
"""Of a whole crop's least sure digit, from which the crop is not read in another way as well."""
DOUBT = 0.4
"""By how much surer the parts of a crop must read than the whole of it, which has the edges."""
MARGIN = 0.12
"""Around a found number, as a share of its height: ascenders that the maps cut off."""
NOTE_HEIGHT, NOTES_HEIGHT = 0.65, 0.87
"""A digit, or several, in a grid's cell that are lower than this share of the usual: notes."""
SINGLE_SHARE = 0.75
"""Of a grid's cells that hold one digit, from which it is one of single digits."""


@dataclass(frozen=True, slots=True)
class WholeCrop:
    """A picture read as one line: its digits, and whether it is one line."""

    number: ReadNumber
    is_one_line: bool

    @property
    def is_sure(self) -> bool:
        return self.is_possible and self.number.least_confidence >= SURE

    @property
    def is_possible(self) -> bool:
        """Whether it is not several numbers that were held to the length of one."""
        return self.number.reading.confidence >= LEAST_POSSIBLE

    @property
    def is_clear(self) -> bool:
        """Whether nothing is left for the page network to tell."""
        return self.is_sure and self.is_one_line


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A picture (H, W) uint8, its ink at several scales, and what may be a number there.

    `found` at all scales; `merged` without those of it that a surer one shows already.
    """

    grey: NDArray[np.uint8]
    levels: Levels
    dark_on_light: bool
    found: Sequence[FoundNumber]
    merged: Sequence[FoundNumber]

    @property
    def ink(self) -> NDArray[np.float32]:
        """(H, W), 0..1."""
        return self.levels.ink


class NumberReader:
    """Reads whole pictures with a page model, which finds, and a number model, which reads.

    `digit_reader` is asked about digits that the number model is not sure of.

    Raises: ModelNotUsable: the number model's classes are not those of a line reader.
    """

    def __init__(self, number_model: Model, page_model: Model, digit_reader: DigitReader) -> None:
        classes = number_model.metadata.classes
        if classes != CLASSES:
            raise ModelNotUsable(f"model {number_model.metadata.name} has the classes {classes}")
        self.number_model = number_model
        self.page_model = page_model
        self.digit_reader = digit_reader

    def read(
        self,
        grey: NDArray[np.uint8],
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> tuple[Number, ...]:
        """Return the numbers of an upright picture (H, W), in reading order.

        Digits less confident than `reject_below` are marked. `regions`: boxes to read, one number
        each, in this order; one that holds no number gives none. `length`: of every number.
        """
        if regions is not None:
            read = self._read_regions(grey, regions, length)
        else:
            factor = math.ceil(math.sqrt(grey.size / LARGEST_AREA))
            small = np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey
            read = self._read_picture(small, length)
            read = [enlarged(number, factor, grey.shape) for number in read]
        return tuple(to_number(number, reject_below) for number in read)

    def _read_picture(self, grey: NDArray[np.uint8], length: int | None) -> list[ReadNumber]:
        """Return all numbers of a picture, in reading order."""
        is_dark: bool | None = None  # A low picture is mostly read before that is asked.
        if grey.shape[0] > CLEAR_HEIGHT:
            is_dark = is_writing_dark(grey)
            grey = with_dark_blocks_turned(grey, is_dark)
        looks_like_crop = is_dark is None or self._looks_like_crop(grey, is_dark)
        whole = self._read_whole(grey, length) if looks_like_crop else None
        if whole is not None and whole.is_clear:
            return cut(whole.number)
        page = self._find(grey, is_dark)
        is_crop = may_be_crop(page.merged, grey.shape)
        if is_crop and not looks_like_crop:
            whole = self._read_whole(grey, length)
        if whole is not None and is_crop:
            return self._read_crop(page, whole, length)
        read, turns = self._read_right_way_up(page, length)
        if not read and is_filled(page.found, grey.shape):
            # What fills it is no number: the edges of a sheet, say, with small ones on it.
            page = self._find(grey, is_dark, all_scales=True)
            read, turns = self._read_right_way_up(page, length)
        return [] if is_text(read) else [turned_back(n, turns, grey.shape) for n in read]

    def _find(
        self, grey: NDArray[np.uint8], dark_on_light: bool | None, *, all_scales: bool = False
    ) -> Page:
        if dark_on_light is None:
            dark_on_light = is_dark_on_light(grey)
        levels = Levels(to_ink(grey, dark_on_light, is_page=True), self.page_model)
        found = find_numbers(levels, all_scales=all_scales)
        return Page(grey, levels, dark_on_light, found, merge(found))

    def _looks_like_crop(self, grey: NDArray[np.uint8], dark_on_light: bool) -> bool:
        """Return whether a picture shows one large line at a quick look."""
        height, width = grey.shape
        size = max(1, round(width * CLEAR_HEIGHT / height)), CLEAR_HEIGHT
        small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))
        return is_large_line(self._find(small, dark_on_light).merged, small.shape)

    def _read_crop(self, page: Page, whole: WholeCrop, length: int | None) -> list[ReadNumber]:
        """Return the numbers of a picture of one line: the whole of it, or what was found there."""
        if whole.is_sure:
            return cut(whole.number)
        read = self._read_found(page, length)
        least = min((number.least_confidence for number in read), default=0.0)
        if read and not whole.is_possible:
            return read
        is_number_at_all = whole.number.mean_confidence >= LEAST_DIGITS_CONFIDENCE
        is_sure_enough = whole.number.least_confidence > least - DOUBT
        # Parts that hold no other digits do not speak against the whole.
        if is_number_at_all and (is_sure_enough or holds(whole.number, read)):
            return cut(whole.number)
        return read

    def _read_right_way_up(self, page: Page, length: int | None) -> tuple[list[ReadNumber], int]:
        """Return the numbers of a page, and by how many quarter turns to the left it is upright.

        The digits, one by one, say which ways to try; more numbers, and surer ones, speak for one.
        Where hardly any digit is seen, which happens on its side, a way must read far more.
        """
        best, turns = self._read_found(page, length, LEAST_ON_PAGE), 0
        weights = weigh_ways_up(page.levels, page.merged, self.digit_reader)
        if weights is not None:
            most, ways = UPRIGHT * weights[0] * amount(best), other_ways(weights)
        elif page.found and is_hardly_read(best):
            most, ways = max(2 * amount(best), FEW_READ), [1, 2, 3]
        else:
            return best, turns
        for quarter_turns in ways:
            turned = np.ascontiguousarray(np.rot90(page.grey, quarter_turns))
            other = self._find(turned, page.dark_on_light)
            read = self._read_found(other, length, LEAST_ON_PAGE)
            much = amount(read)
            if weights is not None:
                # Where digits stand is seen best the way they stand.
                own = weigh_ways_up(other.levels, other.merged, self.digit_reader)
                much *= weights[quarter_turns] if own is None else own[0]
            if much > most and mean_sureness(read) >= WELL_READ:
                best, turns, most = read, quarter_turns, much
        return best, turns

    def _read_whole(self, grey: NDArray[np.uint8], length: int | None) -> WholeCrop | None:
        """Return a picture read as one line, edges and all: what the line reader was made for."""
        first = prepare_line(grey)
        reading = self._read_strips([first], length)[0]
        reading, strip = self._surest(reading, first, None, grey, length)
        if not reading.digits:
            return None
        number = ReadNumber(reading, boxes_in_picture(reading, strip, grey.shape))
        shows_all = strip.height_of_writing >= SHOWN * first.height_of_writing
        return WholeCrop(number, shows_all and is_one_line(reading.digits, strip))

    def _surest(
        self,
        reading: LineReading,
        strip: LineStrip,
        region: Box | None,
        grey: NDArray[np.uint8],
        length: int | None,
        *,
        is_one_number: bool = False,
    ) -> tuple[LineReading, LineStrip]:
        """Return what a region reads, and its strip; prepared otherwise where that is far surer."""
        if reading.confidence >= HARDLY_READ:
            return reading, strip
        strips = prepare_line_otherwise(grey, region)
        others = self._read_strips(strips, length, is_one_number=is_one_number)
        least = SURER * reading.confidence
        for other, its_strip in zip(others, strips, strict=True):
            if other.digits and other.confidence > least:
                reading, strip, least = other, its_strip, other.confidence
        return reading, strip

    def _read_found(self, page: Page, length: int | None, least: float = 0.0) -> list[ReadNumber]:
        """Return what was found as it reads, in lines; of overlapping boxes the surest reading.

        least: confidence below which a number is left out, but for gaps in doubt (`is_reported`)
        """
        known: dict[FoundNumber, ReadNumber | None] = {}

        def read(numbers: Sequence[FoundNumber]) -> None:
            new = [number for number in numbers if number not in known]
            regions = [with_margin(number).corners for number in new]
            known.update(zip(new, self._read_all(page, regions, length), strict=True))

        def count_digits(numbers: Sequence[FoundNumber]) -> list[int]:
            read(numbers)
            return [len(n.boxes) if is_number(n) else 0 for n in map(known.get, numbers)]

        read(page.found)
        likely = [(place, n) for place, n in known.items() if is_number(n)]
        readings = Readings(number for _, number in likely)
        chosen = surest(readings.boxes, [sureness(*pair, readings) for pair in likely])
        lines = order_lines([likely[index][0] for index in chosen])
        lines, is_grid = settle_boxes(lines, page.ink, count_digits)
        read([number for line in lines for number in line])
        lines = [[n for n in line if is_number(known[n])] for line in lines]
        if is_grid:
            notes = notes_of({n: known[n] for line in lines for n in line})
            lines = [[n for n in line if n not in notes] for line in lines]
        runs = [[[n] for n in line] if length else near_runs(line, page.ink) for line in lines]
        read([around(run) for line in runs for run in line if len(run) > 1])
        readings = Readings(part for n in known.values() if is_number(n) for part in cut(n))
        found = [
            replace(number, line=count)
            for count, line in enumerate(runs)
            for run in line
            for number in numbers_of(run, known, readings, length)
        ]
        if not is_grid:
            found = [amid_letters(number, page.ink) for number in found]
            found = amid_others(found, len(page.merged))
        kept = [number for number in found if is_reported(number, least)]
        filled = sorted({number.line for number in kept})
        return [replace(number, line=filled.index(number.line)) for number in kept]

    def _read_regions(
        self, grey: NDArray[np.uint8], regions: Sequence[Box], length: int | None
    ) -> list[ReadNumber]:
        boxes = [clipped(region, grey.shape) for region in regions]
        strips = [prepare_line(grey, box) for box in boxes]
        readings = self._read_strips(strips, length, is_one_number=True)
        numbers = []
        for line, read in enumerate(zip(readings, strips, boxes, strict=True)):
            reading, strip = self._surest(*read, grey, length, is_one_number=True)
            if reading.digits:
                boxes_of_digits = boxes_in_picture(reading, strip, grey.shape)
                numbers.append(ReadNumber(reading, boxes_of_digits, line))
        return numbers

    def _read_all(
        self, page: Page, regions: Sequence[Quad], length: int | None
    ) -> list[ReadNumber | None]:
        """Return what is in each region, in order; None where there is no number."""
        strips = [
            prepare_line(page.grey, region, page.dark_on_light, found_on_page=True)
            for region in regions
        ]
        return [
            ReadNumber(reading, boxes_in_picture(reading, strip, page.grey.shape))
            if reading.digits
            else None
            for reading, strip in zip(self._read_strips(strips, length), strips, strict=True)
        ]

    def _read_strips(
        self, strips: Sequence[LineStrip], length: int | None, *, is_one_number: bool = False
    ) -> list[LineReading]:
        return read_lines(
            self.number_model,
            strips,
            length,
            EMPTY_WEIGHT,
            is_one_number=is_one_number,
            digit_reader=self.digit_reader,
        )


def may_be_crop(found: Sequence[FoundNumber], shape: tuple[int, ...]) -> bool:
    """Return whether a picture (H, W) may be a crop of one line, by what was found in it.

    In a crop a line of digits is large; a digit that fills it is larger than any that is found.
    """
    if found and shape[0] > CLEAR_HEIGHT:
        return is_large_line(found, shape)
    return len(order_lines(found)) <= 1


def is_large_line(found: Sequence[FoundNumber], shape: tuple[int, ...]) -> bool:
    """Return whether one line was found in a picture (H, W), and fills a good part of it."""
    lines = order_lines(found)
    return len(lines) == 1 and any(n.height > CROP_SHARE * min(shape) for n in lines[0])


def is_hardly_read(numbers: Sequence[ReadNumber]) -> bool:
    """Return whether so little of a page was read, and so unsurely, that it may lie on its side."""
    return amount(numbers) < FEW_READ and mean_sureness(numbers) <= SURELY_READ


def numbers_of(
    run: Sequence[FoundNumber],
    known: Mapping[FoundNumber, ReadNumber | None],
    readings: Readings,
    length: int | None = None,
) -> list[ReadNumber]:
    """Return the numbers of a run of neighbours: read as a whole and cut, or as they were found.

    What the page network takes apart may be digits at an even pitch; what it takes together,
    two numbers with a wide space or a point between. A given `length` leaves each as it is.
    """
    place = around(run) if len(run) > 1 else run[0]
    whole = known[place]
    parts = [part for part in (known[number] for number in run) if part is not None]
    if length is None and whole is not None:
        is_longer = len(whole.boxes) > max(len(part.boxes) for part in parts)
        if holds(whole, parts) or (is_longer and is_number(whole)):
            parts = cut(whole)
    return [as_found(part, place, readings) for part in parts]


def notes_of(cells: Mapping[FoundNumber, ReadNumber | None]) -> set[FoundNumber]:
    """Return the small digits in cells of a grid of single digits: a Sudoku's candidates."""
    counts = {cell: len(number.boxes) for cell, number in cells.items() if number is not None}
    heights = [cell.height for cell, count in counts.items() if count == 1]
    if not heights or len(heights) < SINGLE_SHARE * len(counts):
        return set()
    usual = float(np.median(heights))
    return {
        cell
        for cell, count in counts.items()
        if cell.height < usual * (NOTE_HEIGHT if count == 1 else NOTES_HEIGHT)
    }


def holds(whole: ReadNumber, parts: Sequence[ReadNumber]) -> bool:
    """Return whether the digits of all parts are those of the whole, in their order."""
    rest = iter(whole.reading.text)
    return all(digit in rest for part in parts for digit in part.reading.text)


def with_margin(number: FoundNumber) -> FoundNumber:
    """Return the box with a little room around it."""
    room = 2 * MARGIN * number.height
    return FoundNumber(
        number.centre,
        number.width + room,
        number.height + room,
        number.angle,
        number.confidence,
    )
