"""From a picture to numbers: what is kept, where it stands, and which way is up.

Fakes stand in for the networks: blots are found wherever there is ink, and a blot with its bar on
top is a sure 7, one lying or upside down an unsure 2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digit_ocr.errors import ModelNotUsable, RegionInvalid
from digit_ocr.imaging.line import LineStrip, prepare_line
from digit_ocr.inference import numbers as numbers_module
from digit_ocr.inference import sureness
from digit_ocr.inference.finding import FoundNumber, Levels, find_numbers
from digit_ocr.inference.layout import around
from digit_ocr.inference.metadata import ModelMetadata
from digit_ocr.inference.number_line import CLASSES, SEPARATOR, LineDigit, LineReading
from digit_ocr.inference.numbers import NumberReader, may_be_crop, notes_of, numbers_of
from digit_ocr.inference.read_number import ReadNumber, cut, enlarged
from digit_ocr.inference.sureness import Readings
from digit_ocr.inference.way_up import LEAST_DIGITS, other_ways, weigh_ways_up


class InkFinder:
    """Takes any ink for a number: a band at the middle of what is inked, row by row of blots."""

    metadata = None

    def __init__(self) -> None:
        self.calls = 0
        self.largest = 0

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        self.calls += 1
        self.largest = max(self.largest, images.size)
        ink = (
            images[0, 0].reshape(images.shape[2] // 4, 4, images.shape[3] // 4, 4).max((1, 3)) > 0.3
        )
        maps = np.stack([ink, ink, ink])
        return np.where(maps, 8.0, -8.0).astype(np.float32)[None]


class BarReader:
    """Reads a 7 where the upper half of the strip has most of the ink, else an unsure 2."""

    metadata = ModelMetadata("number", "bars", classes=CLASSES)

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        batch, _, _, width = images.shape
        logits = np.zeros((batch, width // 2, 12), np.float32)
        logits[:, :, -1] = 12.0
        for row, image in zip(logits, images[:, 0], strict=True):
            if image.sum() < 1:
                continue
            middle = int(np.average(np.arange(width), weights=image.sum(0))) // 2
            stands = image[:16].sum() > 1.5 * image[16:].sum()
            row[middle] = 0.0
            row[middle, 7 if stands else 2] = 12.0 if stands else 2.6
        return logits


class SpacedReader:
    """Reads each bar as a 5, as surely as it was told, and a wide gap as a separator."""

    metadata = ModelMetadata("number", "bars", classes=CLASSES)

    def __init__(self, sureness: float, separating: float = 12.0) -> None:
        self.sureness = sureness
        self.separating = separating

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        batch, _, _, width = images.shape
        logits = np.zeros((batch, width // 2, 12), np.float32)
        logits[:, :, -1] = 12.0
        for row, image in zip(logits, images[:, 0], strict=True):
            inked = (image > 0.3).any(0)
            starts = np.flatnonzero(np.diff(inked.astype(int), prepend=0) == 1)
            ends = np.flatnonzero(np.diff(inked.astype(int), append=0) == -1) + 1
            for start, end in zip(starts, ends, strict=True):
                if image[:, start:end].sum() > 40:
                    row[(start + end) // 4, [-1, 5]] = 0.0, self.sureness
            for end, start in zip(ends, starts[1:], strict=False):
                if start - end > 20:
                    row[(start + end) // 4, [-1, SEPARATOR]] = 12 - self.separating, self.separating
        return logits


class Undecided:
    """Takes every digit for any."""

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.full((len(images), 10), 0.1)


class Fives(Undecided):
    """Takes every digit for a 5."""

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.tile(np.eye(10)[5], (len(images), 1))


def line_crop(*lefts: int) -> NDArray[np.uint8]:
    """Return a crop of one line: bars 10 wide and 40 high with their left edges there."""
    crop = np.full((56, lefts[-1] + 22), 235, np.uint8)
    for left in lefts:
        crop[8:48, left : left + 10] = 20
    return crop


def blot(page: NDArray[np.uint8], left: int, top: int, size: int = 24) -> None:
    """Draw a T: a bar on top of a stem."""
    page[top : top + size // 3, left : left + size] = 20
    page[top : top + size, left + size // 2 - 2 : left + size // 2 + 2] = 20


@pytest.fixture
def page() -> NDArray[np.uint8]:
    page = np.full((160, 240), 235, np.uint8)
    for left, top in ((40, 30), (150, 30), (40, 100)):
        blot(page, left, top)
    return page


@pytest.fixture
def reader() -> NumberReader:
    return NumberReader(BarReader(), InkFinder(), Undecided())


def texts(numbers) -> list[tuple[int, str]]:
    return [(number.line, number.text) for number in numbers]


def test_numbers_come_in_reading_order_with_their_boxes(
    reader: NumberReader, page: NDArray[np.uint8]
) -> None:
    numbers = reader.read(page)
    assert texts(numbers) == [(0, "7"), (0, "7"), (1, "7")]
    for number, (left, top) in zip(numbers, ((40, 30), (150, 30), (40, 100)), strict=True):
        assert number.box == pytest.approx((left, top, left + 24, top + 24), abs=5)


def test_where_what_fills_a_picture_reads_as_none_small_numbers_are_looked_for(
    reader: NumberReader, page: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edges of a sheet on a desk look like a large 0 or 7."""

    def filled_first(levels: Levels, *, all_scales: bool = False) -> list[FoundNumber]:
        edges = FoundNumber((205.0, 105.0), 30.0, 100.0, 0.0, 0.95)
        return find_numbers(levels) if all_scales else [edges]

    monkeypatch.setattr(numbers_module, "find_numbers", filled_first)
    monkeypatch.setattr(NumberReader, "_read_whole", lambda *_: None)
    assert texts(reader.read(page)) == [(0, "7"), (0, "7"), (1, "7")]


class MiddleFinder(InkFinder):
    """Takes ink for a number in the middle of a picture alone, a ninth of its width."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        maps = super().__call__(images)
        width = maps.shape[-1]
        maps[..., : round(4 / 9 * width)] = maps[..., round(5 / 9 * width) :] = -8.0
        return maps


def test_a_lone_digit_of_a_page_is_less_sure_amid_letters() -> None:
    reader = NumberReader(BarReader(), MiddleFinder(), Undecided())
    page = np.full((160, 240), 235, np.uint8)
    blot(page, 108, 70)
    (alone,) = reader.read(page)
    page[80:92, [100, 101, 102, 103, 136, 137, 138, 139]] = 20
    (amid,) = reader.read(page)
    assert amid.text == alone.text == "7"
    assert 1 - amid.confidence > 3 * (1 - alone.confidence)


class StandingSevens(Undecided):
    """Takes what has its bar on top for a sure 7, and all else for any digit."""

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        stands = images[:, :14].sum((1, 2)) > 1.5 * images[:, 14:].sum((1, 2))
        return np.where(stands[:, None], np.eye(10)[7], 0.1)


EIGHT = [(0, "7")] * 4 + [(1, "7")] * 4


@pytest.fixture
def sheet() -> NDArray[np.uint8]:
    """A page with eight digits, which are enough to tell the way up by."""
    sheet = np.full((160, 480), 235, np.uint8)
    for left in (40, 150, 265, 370):
        for top in (30, 100):
            blot(sheet, left, top)
    return sheet


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_sheet_on_its_side_is_read_and_boxes_stay_where_the_ink_is(
    sheet: NDArray[np.uint8], quarter_turns: int
) -> None:
    reader = NumberReader(BarReader(), InkFinder(), StandingSevens())
    turned = np.ascontiguousarray(np.rot90(sheet, quarter_turns))
    numbers = reader.read(turned)
    assert texts(numbers) == EIGHT
    for number in numbers:
        left, top, right, bottom = number.box
        inside = turned[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3]
        assert (inside < 100).sum() > 200


def test_an_upright_page_is_read_one_way_only(sheet: NDArray[np.uint8]) -> None:
    reader = NumberReader(BarReader(), InkFinder(), StandingSevens())
    reader.read(sheet)
    upright = reader.page_model.calls
    reader.page_model.calls = 0
    reader.read(np.rot90(sheet).copy())
    assert reader.page_model.calls > upright


def test_a_page_that_reads_hardly_at_all_is_tried_all_ways(page: NDArray[np.uint8]) -> None:
    """Six digits are too few to tell by, but as many as six are surely read when it is turned."""
    for left, top in ((150, 100), (95, 65), (200, 65)):
        blot(page, left, top)
    reader = NumberReader(TopHeavyReader(), InkFinder(), Undecided())
    lying = np.ascontiguousarray(np.rot90(page))
    assert {text for _, text in texts(reader.read(lying))} == {"7"}


def test_a_few_digits_that_are_surely_read_are_read_one_way_only(
    page: NDArray[np.uint8],
) -> None:
    finder = InkFinder()
    reader = NumberReader(BarReader(), finder, Undecided())
    reader.read(page)
    sure = finder.calls
    finder.calls = 0
    NumberReader(TopHeavyReader(), finder, Undecided()).read(np.rot90(page, 2).copy())
    assert finder.calls > 2 * sure


def test_too_few_digits_do_not_turn_a_page(page: NDArray[np.uint8]) -> None:
    reader = NumberReader(BarReader(), InkFinder(), StandingSevens())
    turned = np.ascontiguousarray(np.rot90(page))
    assert "7" not in {text for _, text in texts(reader.read(turned))}


class TopHeavyReader(BarReader):
    """Reads nothing in what lies or stands upside down."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = super().__call__(images)
        logits[..., 2] = 0.0
        logits[..., -1] = np.where(logits[..., 7] > 0, 0.0, 12.0)
        return logits


class LyingSevens(StandingSevens):
    """Takes what lies for the 7s."""

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        return super().classify(np.rot90(images, 1, (1, 2)))


def test_a_way_up_that_reads_less_is_not_chosen(sheet: NDArray[np.uint8]) -> None:
    reader = NumberReader(TopHeavyReader(), InkFinder(), LyingSevens())
    assert texts(reader.read(sheet)) == EIGHT


class SurerReader(BarReader):
    """The same, but 75 % sure of its 2s."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = super().__call__(images)
        logits[..., 2] *= 1.3
        return logits


def test_of_ways_up_that_digits_cannot_tell_the_surest_is_chosen(
    sheet: NDArray[np.uint8],
) -> None:
    reader = NumberReader(SurerReader(), InkFinder(), Undecided())
    assert {text for _, text in texts(reader.read(sheet))} == {"7"}
    assert {text for _, text in texts(reader.read(np.rot90(sheet, 2).copy()))} == {"7"}


class HardlyReader(BarReader):
    """The same, but hardly surer of its 7s than of nothing, and without 2s: as of letters."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = super().__call__(images)
        logits[..., 7] *= 3.4 / 12.0
        logits[..., 2] = 0.0
        return logits


def test_a_page_that_reads_unsurely_when_turned_is_not_turned(
    sheet: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = NumberReader(HardlyReader(), InkFinder(), Undecided())
    upside_down = np.rot90(sheet, 2).copy()
    monkeypatch.setattr(numbers_module, "WELL_READ", 0.9)
    assert reader.read(upside_down) == ()
    monkeypatch.setattr(numbers_module, "WELL_READ", 0.5)
    assert texts(reader.read(upside_down)) == EIGHT


def test_a_page_of_several_numbers_none_of_them_sure_is_one_of_text(
    sheet: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = NumberReader(HardlyReader(), InkFinder(), Undecided())
    half = sheet.copy()
    half[:, 240:] = np.rot90(sheet[:, 240:], 2)
    monkeypatch.setattr(sureness, "LEAST_MEAN", 0.0)
    confidences = [number.confidence for number in reader.read(half)]
    assert len(confidences) == 4
    # Each of them is one digit.
    for least, count in ((0.95 * min(confidences), 4), (1.05 * max(confidences), 0)):
        monkeypatch.setattr(sureness, "LEAST_MEAN", least)
        assert len(reader.read(half)) == count


def test_numbers_are_less_sure_on_a_page_half_of_which_reads_as_none(
    sheet: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sureness, "LEAST_MEAN", 0.0)
    reader = NumberReader(HardlyReader(), InkFinder(), Undecided())
    half = sheet.copy()
    half[:, 240:] = np.rot90(sheet[:, 240:], 2)
    (all_of_it, *_), (a_half, *others) = reader.read(sheet), reader.read(half)
    assert len(others) == 3
    assert a_half.confidence < all_of_it.confidence - 0.02


class EightsOrFours(Undecided):
    """Takes what stands for an 8, and what lies on its left side for a 4, each for sure."""

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        chances = super().classify(images)
        for digit, turns in ((8, 0), (4, 3)):
            seen = np.rot90(images, turns, (1, 2))
            stands = seen[:, :14].sum((1, 2)) > 1.8 * seen[:, 14:].sum((1, 2))
            chances[stands] = np.eye(10)[digit]
        return chances


def test_digits_that_look_alike_both_ways_tell_little(sheet: NDArray[np.uint8]) -> None:
    levels = Levels((sheet < 100).astype(np.float32), InkFinder())
    weights = weigh_ways_up(levels, find_numbers(levels), EightsOrFours())
    assert weights is not None
    assert weights[:2] == pytest.approx([0.3, 1.0])
    assert other_ways(weights) == [1]
    assert weigh_ways_up(levels, [], EightsOrFours()) is None


@pytest.mark.parametrize(
    ("weights", "ways"),
    [
        ((0.5, 0.6, 0.3, 0.5), [1, 3]),
        ((0.6, 0.55, 0.3, 0.3), []),
        ((0.3, 0.25, 0.29, 0.2), [2, 1]),
        ((0.1, 0.3, 0.2, 0.25), [1, 3]),
    ],
    ids=[
        "likelier ones",
        "none is likelier",
        "none is likely, nearly as much",
        "far likelier ones",
    ],
)
def test_ways_up_are_tried_that_are_likelier_or_nearly_so_where_none_is_likely(
    weights: tuple[float, ...], ways: list[int]
) -> None:
    assert other_ways(np.array(weights)) == ways


class Scripted(Undecided):
    """Each time it is asked about a page takes all digits for 4s, so surely each way up."""

    def __init__(self, *answers: tuple[float, float, float, float]) -> None:
        self.answers = list(answers)

    def classify(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        if len(images) < 4 * LEAST_DIGITS:
            return super().classify(images)
        chances = np.zeros((len(images), 10))
        chances[:, 4] = np.repeat(self.answers.pop(0), len(images) // 4)
        return chances


@pytest.mark.parametrize(
    ("turned", "read"),
    [(0.8, "7"), (0.2, "2"), (0.38, "2")],
    ids=["they stand", "they do not", "hardly more is read, and most pages lie upright"],
)
def test_a_way_up_counts_by_the_digits_seen_there(
    sheet: NDArray[np.uint8], turned: float, read: str
) -> None:
    digits = Scripted((0.5, 0.1, 0.6, 0.1), (turned, 0.1, 0.1, 0.1))
    reader = NumberReader(SurerReader(), InkFinder(), digits)
    upside_down = np.rot90(sheet, 2).copy()
    assert {text for _, text in texts(reader.read(upside_down))} == {read}


def test_a_model_of_other_classes_is_refused() -> None:
    model = BarReader()
    model.metadata = replace(model.metadata, classes=(*"0123456789", "blank"))
    with pytest.raises(ModelNotUsable, match="has the classes"):
        NumberReader(model, InkFinder(), Undecided())


def test_the_digit_reader_is_asked_about_what_the_line_reader_doubts() -> None:
    crop = line_crop(20, 48)
    (sure,) = NumberReader(SpacedReader(20.0), InkFinder(), Undecided()).read(crop)
    (unsure,) = NumberReader(SpacedReader(6.0), InkFinder(), Undecided()).read(crop)
    (agreed,) = NumberReader(SpacedReader(6.0), InkFinder(), Fives()).read(crop)
    assert sure.text == unsure.text == agreed.text == "55"
    assert sure.confidence > agreed.confidence > unsure.confidence


def test_of_a_large_picture_less_is_looked_at_and_boxes_are_those_of_the_whole(
    reader: NumberReader, page: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers_module, "LARGEST_AREA", page.size)
    large = page.repeat(3, 0).repeat(3, 1)[:-1, :-2]
    expected, looks = texts(reader.read(page)), reader.page_model.calls
    numbers = reader.read(large)
    assert reader.page_model.calls == 2 * looks
    assert texts(numbers) == expected
    for number, (left, top) in zip(numbers, ((40, 30), (150, 30), (40, 100)), strict=True):
        box = 3 * left, 3 * top, 3 * left + 72, 3 * top + 72
        assert number.box == pytest.approx(box, abs=15)


def test_boxes_of_a_large_picture_end_where_it_does() -> None:
    number = enlarged(replace(read_as("1", 0.9, 20), boxes=((20, 10, 34, 34),)), 3, (100, 100))
    assert number.boxes == ((60, 30, 100, 100),)


def test_blank_paper_gives_no_numbers(reader: NumberReader) -> None:
    assert reader.read(np.full((100, 150), 240, np.uint8)) == ()


def test_a_region_is_read_alone_and_as_one_number(
    reader: NumberReader, page: NDArray[np.uint8]
) -> None:
    numbers = reader.read(page, regions=[(30, 90, 80, 135), (30, 20, 80, 65)])
    assert texts(numbers) == [(0, "7"), (1, "7")]
    assert numbers[0].box[1] > numbers[1].box[3]
    assert reader.page_model.calls == 0


def test_an_empty_region_gives_no_number(reader: NumberReader, page: NDArray[np.uint8]) -> None:
    assert reader.read(page, regions=[(90, 60, 140, 95)]) == ()


@pytest.mark.parametrize("region", [(10, 10, 10, 40), (300, 10, 340, 40), (50, 60, 20, 90)])
def test_a_region_outside_the_picture_is_refused(
    reader: NumberReader, page: NDArray[np.uint8], region: tuple[int, int, int, int]
) -> None:
    with pytest.raises(RegionInvalid, match="outside the picture"):
        reader.read(page, regions=[region])


def test_unsure_digits_are_marked_and_the_next_read_is_as_before(
    reader: NumberReader, page: NDArray[np.uint8]
) -> None:
    before = reader.read(page)
    assert all(n.digits[0].rejected for n in reader.read(page, reject_below=1.0))
    assert reader.read(page) == before


def test_a_crop_that_reads_surely_needs_no_page_network() -> None:
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    assert texts(reader.read(line_crop(12, 34, 56))) == [(0, "555")]
    assert reader.page_model.calls == 0


def test_a_crop_that_reads_unsurely_is_looked_at_by_the_page_network() -> None:
    reader = NumberReader(SpacedReader(2.5), InkFinder(), Undecided())
    reader.read(line_crop(12, 34, 56))
    assert reader.page_model.calls > 0


def test_a_number_that_fills_a_large_photo_reads_as_a_small_crop_does() -> None:
    finder = InkFinder()
    large = line_crop(12, 34, 56).repeat(20, axis=0).repeat(20, axis=1)
    numbers = NumberReader(SpacedReader(12.0), finder, Undecided()).read(large)
    assert texts(numbers) == [(0, "555")]
    left, top, right, bottom = numbers[0].box
    assert (left, top) == pytest.approx((240, 160), abs=40)
    assert (right, bottom) == pytest.approx((1320, 960), abs=40)
    assert finder.largest < large.size / 50


def test_a_high_picture_that_reads_surely_is_looked_at_all_the_same() -> None:
    """A whole page reduced to the height of a line may look like a digit."""
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    reader.read(line_crop(12, 34, 56).repeat(3, axis=0).repeat(3, axis=1))
    assert reader.page_model.calls > 0


def test_what_fills_a_large_photo_is_read_though_the_page_network_finds_nothing() -> None:
    """A digit as high as the picture is larger than any that it knows."""
    large = line_crop(12, 34, 56).repeat(20, axis=0).repeat(20, axis=1)
    numbers = NumberReader(SpacedReader(12.0), Blind(), Undecided()).read(large)
    assert texts(numbers) == [(0, "555")]


def test_a_page_of_two_lines_is_not_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even tried: each try is a tenth of a page's time."""
    monkeypatch.setattr(NumberReader, "_read_whole", None)
    reader = NumberReader(BarReader(), InkFinder(), Undecided())
    sheet = np.full((660, 640), 235, np.uint8)
    blot(sheet, 240, 230)
    blot(sheet, 240, 300)
    assert texts(reader.read(sheet)) == [(0, "7"), (1, "7")]


class Blind(InkFinder):
    """Finds nothing."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full_like(super().__call__(images), -8.0)


@pytest.mark.parametrize(
    ("shape", "middles", "height", "is_crop"),
    [
        ((60, 200), [30], 10, True),
        ((60, 200), [15, 45], 10, False),
        ((400, 600), [200], 20, False),
        ((400, 600), [200], 150, True),
        ((400, 600), [100, 300], 150, False),
        ((400, 600), [], 0, True),
    ],
    ids=[
        "a small line in a low picture",
        "two lines",
        "a small line in a high picture",
        "a large line in a high picture",
        "two large lines",
        "nothing, for a digit may fill the picture",
    ],
)
def test_what_was_found_tells_a_crop_of_a_line_from_a_page(
    shape: tuple[int, int], middles: list[int], height: int, is_crop: bool
) -> None:
    numbers = [FoundNumber((100.0, y), 2.0 * height, float(height), 0.0, 0.9) for y in middles]
    assert may_be_crop(numbers, shape) is is_crop


class MiddleOverlooked(InkFinder):
    """Finds no ink in the middle fifth of a picture."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        width = images.shape[3]
        images = images.copy()
        images[..., 2 * width // 5 : 3 * width // 5] = 0
        return super().__call__(images)


class MiddleDoubted(SpacedReader):
    """Half sure of the second of three bars."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = super().__call__(images)
        for row in logits:
            steps = np.flatnonzero(row[:, 5])
            if len(steps) == 3:
                row[steps[1], 5] = 2.5
        return logits


def test_parts_without_another_digit_do_not_speak_against_the_whole() -> None:
    """The page network overlooked a digit that the line reader thinks is one."""
    reader = NumberReader(MiddleDoubted(12.0, separating=0.0), MiddleOverlooked(), Undecided())
    (number,) = reader.read(line_crop(12, 120, 228))
    assert number.text == "555"
    assert 0.4 < number.digits[1].confidence < 0.6


class OutlineReader(BarReader):
    """Reads a sure 7 in the outline that a bar of the other polarity leaves, else an unsure 2."""

    def __init__(self, least: float) -> None:
        self.least = least

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        batch, _, _, width = images.shape
        logits = np.zeros((batch, width // 2, 12), np.float32)
        logits[:, :, -1] = 12.0
        for row, image in zip(logits, images[:, 0], strict=True):
            is_outline = image.mean() > 0.15
            row[8] = 0.0
            row[8, 7 if is_outline else 2] = 12.0 if is_outline else self.least
        return logits


@pytest.mark.parametrize(("least", "read"), [(1.8, "7"), (4.0, "2")])
@pytest.mark.parametrize("regions", [None, [(0, 0, 44, 56)]])
def test_a_line_that_hardly_reads_is_prepared_otherwise(
    least: float, read: str, regions: list[tuple[int, int, int, int]] | None
) -> None:
    """An unsure 2 gives way to a sure 7; one that is sure enough does not."""
    reader = NumberReader(OutlineReader(least), InkFinder(), Undecided())
    assert texts(reader.read(line_crop(22), regions=regions)) == [(0, read)]


def test_a_separator_cuts_a_crop_into_two_numbers() -> None:
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    assert texts(reader.read(line_crop(12, 34, 110, 132))) == [(0, "55"), (0, "55")]
    assert reader.page_model.calls == 0


class FaintFinder(InkFinder):
    """Hardly sure enough of its bands that they are looked at."""

    def __call__(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        return super().__call__(images) * np.float32(0.9 / 8)


def test_a_number_of_a_page_that_is_hardly_likely_is_left_out() -> None:
    page = np.full((700, 700), 255, np.uint8)
    crop = line_crop(12, 34, 56)
    page[300 : 300 + crop.shape[0], 200 : 200 + crop.shape[1]] = crop
    (number,) = NumberReader(SpacedReader(3.5), InkFinder(), Undecided()).read(page)
    assert number.text == "555"
    assert 0.4 < number.confidence < 0.5
    assert NumberReader(SpacedReader(3.5), FaintFinder(), Undecided()).read(page) == ()


def test_of_what_is_found_on_a_page_alone_all_that_touches_its_box_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goes_on: list[bool] = []

    def prepared(*given: Any, found_on_page: bool = False) -> LineStrip:
        goes_on.append(found_on_page)
        return prepare_line(*given, found_on_page=found_on_page)

    monkeypatch.setattr(numbers_module, "prepare_line", prepared)
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    crop = line_crop(12, 34, 56)
    page = np.full((700, 700), 255, np.uint8)
    page[300 : 300 + crop.shape[0], 200 : 200 + crop.shape[1]] = crop
    reader.read(page)
    assert goes_on
    assert all(goes_on)
    # Digits may end where somebody cut them out.
    goes_on.clear()
    reader.read(crop)
    reader.read(page, regions=[(195, 300, 300, 356)])
    assert goes_on
    assert not any(goes_on)


def test_numbers_that_were_read_as_one_line_do_not_speak_against_themselves() -> None:
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    crop = line_crop(12, 34, 90, 112)
    page = np.full((700, 700), 255, np.uint8)
    page[300 : 300 + crop.shape[0], 200 : 200 + crop.shape[1]] = crop
    numbers = reader.read(page)
    assert texts(numbers) == [(0, "55"), (0, "55")]
    assert all(number.confidence > 0.99 for number in numbers)


def test_a_region_is_no_less_sure_for_what_may_be_a_space() -> None:
    reader = NumberReader(SpacedReader(12.0, separating=6.0), InkFinder(), Undecided())
    crop = line_crop(12, 34, 110, 132)
    (number,) = reader.read(crop, regions=[(0, 0, crop.shape[1], crop.shape[0])])
    assert number.text == "5555"
    assert number.confidence > 0.9


def test_a_given_length_keeps_a_crop_whole() -> None:
    reader = NumberReader(SpacedReader(12.0), InkFinder(), Undecided())
    assert texts(reader.read(line_crop(12, 34, 110, 132), length=4)) == [(0, "5555")]


def whole_of(*lefts: int) -> ReadNumber:
    """Return a line read as a whole, a digit 10 wide and 20 high at each place."""
    digits = tuple(LineDigit(k, 0.9, float(x), float(x + 10)) for k, x in enumerate(lefts))
    boxes = tuple((x, 0, x + 10, 20) for x in lefts)
    return ReadNumber(LineReading(digits, 0.8), boxes)


def found(left: float, right: float) -> FoundNumber:
    return FoundNumber(((left + right) / 2, 10.0), right - left, 20.0, 0.0, 0.9)


def test_a_line_is_cut_before_each_digit_that_stands_apart() -> None:
    whole = whole_of(0, 24, 38)
    digits = whole.reading.digits
    apart = (digits[0], replace(digits[1], is_apart=True), digits[2])
    parts = cut(replace(whole, reading=replace(whole.reading, digits=apart)))
    assert [part.reading.text for part in parts] == ["0", "12"]
    assert parts[1].reading.confidence == pytest.approx(0.9**2)
    assert parts[1].boxes == ((24, 0, 34, 20), (38, 0, 48, 20))


def test_a_number_is_as_sure_as_that_it_begins_and_ends_there() -> None:
    whole = whole_of(0, 24, 48)
    first, *others = whole.reading.digits
    doubts = zip(others, (0.8, 0.5), strict=True)
    apart = (first, *(replace(digit, is_apart=True, apart_confidence=c) for digit, c in doubts))
    parts = cut(replace(whole, reading=replace(whole.reading, digits=apart)))
    assert [part.reading.confidence for part in parts] == pytest.approx([0.72, 0.36, 0.45])


def test_a_line_of_one_number_stays_as_it_is() -> None:
    whole = whole_of(0, 24)
    assert cut(whole) == [whole]


def read_as(text: str, confidence: float, *lefts: int) -> ReadNumber:
    """Return digits as read, 10 wide and 24 high; after a space in the text one stands apart."""
    words = text.split()
    starts = {len("".join(words[:count])) for count in range(1, len(words))}
    digits = tuple(
        LineDigit(int(digit), confidence, left, left + 10, place in starts)
        for place, (digit, left) in enumerate(zip("".join(words), lefts, strict=True))
    )
    boxes = tuple((left, 4, left + 10, 28) for left in lefts)
    return ReadNumber(LineReading(digits, confidence ** len(digits)), boxes)


def texts_of(
    run: list[FoundNumber], known: dict[FoundNumber, ReadNumber], length: int | None = None
) -> list[str]:
    return [number.reading.text for number in numbers_of(run, known, Readings([]), length)]


def test_neighbours_that_read_as_one_number_are_one() -> None:
    run = [found(10, 20), found(40, 50), found(70, 80)]
    known = {place: read_as(str(k), 0.9, 10) for k, place in enumerate(run)}
    known[around(run)] = read_as("012", 0.9, 10, 40, 70)
    assert texts_of(run, known) == ["012"]


def test_neighbours_stay_apart_where_they_read_otherwise_as_a_whole() -> None:
    run = [found(10, 20), found(40, 50), found(70, 80)]
    known = {place: read_as(str(k), 0.9, 10) for k, place in enumerate(run)}
    known[around(run)] = read_as("972", 0.5, 10, 40, 70)
    assert texts_of(run, known) == [
        "0",
        "1",
        "2",
    ]


def test_what_was_found_as_one_is_cut_where_it_reads_as_two() -> None:
    run = [found(10, 120)]
    known = {run[0]: read_as("5 442", 0.9, 10, 70, 84, 98)}
    assert texts_of(run, known) == ["5", "442"]


def test_a_given_length_leaves_what_was_found_as_it_is() -> None:
    run = [found(10, 120)]
    known = {run[0]: read_as("5442", 0.9, 10, 70, 84, 98)}
    assert texts_of(run, known, length=4) == ["5442"]


def cell(number: int, height: float) -> FoundNumber:
    return FoundNumber((40.0 * number, 10.0), 15.0, height, 0.0, 0.9)


def test_candidates_in_a_grid_of_single_digits_are_notes() -> None:
    digits = {cell(k, 20.0 + k % 3): read_as("7", 0.9, 10) for k in range(8)}
    small, pair = cell(8, 10.0), cell(9, 16.0)
    notes = {small: read_as("3", 0.9, 10), pair: read_as("58", 0.9, 10, 24)}
    assert notes_of(digits | notes) == {small, pair}


def test_a_digit_of_a_grid_that_is_a_little_lower_is_kept() -> None:
    digits = {cell(k, 20.0): read_as("7", 0.9, 10) for k in range(8)}
    assert notes_of(digits | {cell(8, 15.0): read_as("7", 0.9, 10)}) == set()


def test_a_grid_in_which_nothing_was_read_has_no_notes() -> None:
    assert notes_of({}) == notes_of({cell(0, 20.0): None}) == set()


def test_a_table_of_longer_numbers_has_no_notes() -> None:
    tall = {cell(k, 20.0): read_as("58", 0.9, 10, 24) for k in range(5)}
    low = {cell(k, 12.0): read_as("143", 0.9, 10, 24, 38) for k in range(5, 8)}
    assert notes_of(tall | low) == set()
