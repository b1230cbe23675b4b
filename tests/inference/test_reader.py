"""The public reader: one object, shared by threads, reading batches in order."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from digit_ocr.errors import ImageNotReadable, ModelNotUsable, NoDigitFound, RegionInvalid
from digit_ocr.inference import reader as reader_module
from digit_ocr.inference.reader import GROUP_SIZE, Reader, shared_reader
from digit_ocr.results import Digit, Number, Prediction, ReadFailure

Grey = NDArray[np.uint8]


@pytest.fixture
def loads(fake_model: type, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every model is a fake one that is sure of a 7; the list fills with the kinds loaded."""
    kinds: list[str] = []

    def load_model(
        path: object = None, kind: str | None = None, threads: int | None = None
    ) -> object:
        kinds.append(kind or f"{path}")
        kind_of_file = "page" if "page" in f"{path}" else "digit"
        return fake_model([0.0] * 7 + [5.0] + [0.0] * 2, kind=kind or kind_of_file)

    monkeypatch.setattr(reader_module, "load_model", load_model)
    return kinds


class FakeNumberReader:
    """Reads the width of the picture."""

    def __init__(self, number_model: object, page_model: object, digits: object) -> None:
        pass

    def read(
        self, grey: Grey, reject_below: float, regions: object, length: int | None
    ) -> tuple[Number, ...]:
        digits = tuple(Digit(int(d), 0.5, (0, 0, 1, 1)) for d in str(grey.shape[1])[:length])
        return (Number(digits, 0.5, (0, 0, 1, 1)),)


@pytest.fixture
def numbers(loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digit_ocr.inference.numbers.NumberReader", FakeNumberReader)


def test_models_load_on_first_use_and_once(loads: list[str], seven: Grey) -> None:
    reader = Reader()
    assert loads == []
    reader.predict(seven)
    reader.predict(seven)
    assert loads == ["digit"]


def test_a_model_given_replaces_the_shipped_one_of_its_kind(loads: list[str], seven: Grey) -> None:
    reader = Reader("mine.onnx")
    assert reader.predict(seven).digit == 7
    assert loads == ["mine.onnx"]


def test_models_of_several_kinds_may_be_given_but_no_two_of_one(
    loads: list[str], numbers: None, seven: Grey
) -> None:
    reader = Reader(["mine.onnx", Path("my-pages.onnx")])
    reader.read(seven)
    assert loads == ["mine.onnx", "my-pages.onnx", "number"]
    with pytest.raises(ModelNotUsable, match=r"other\.onnx: a second digit model"):
        Reader(["mine.onnx", "other.onnx"])


def test_a_bad_model_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable):
        Reader(tmp_path / "missing.onnx")
    with pytest.raises(ValueError, match="threads"):
        Reader(threads=0)


def test_every_source_gives_the_same_prediction(
    loads: list[str], seven: Grey, tmp_path: Path
) -> None:
    path = tmp_path / "seven.png"
    Image.fromarray(seven).save(path)
    sources = [seven, Image.fromarray(seven), path, str(path), path.read_bytes(), seven / 255.0]
    assert len({Reader().predict(source) for source in sources}) == 1


def test_threads_share_a_reader(loads: list[str], seven: Grey) -> None:
    reader = Reader(threads=1)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(reader.predict(seven).digit))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [7] * 8
    assert loads == ["digit"]


def test_read_keeps_the_picture_and_names_its_models(numbers: None, loads: list[str]) -> None:
    reading = Reader().read(np.full((30, 44), 200, np.uint8))
    assert reading.text == "44"
    assert (reading.width, reading.height) == (44, 30)
    assert reading.picture is not None
    assert reading.model == "fake/test + fake/test + fake/test"
    assert sorted(loads) == ["digit", "number", "page"]


@pytest.mark.parametrize("options", [{"reject_below": 1.5}, {"reject_below": -1}, {"length": 0}])
def test_impossible_options_are_refused_before_reading(
    options: dict[str, float], numbers: None, seven: Grey
) -> None:
    with pytest.raises(ValueError, match="expected"):
        Reader().read(seven, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected"):
        Reader().read_many([seven], **options)  # type: ignore[arg-type]


def test_a_batch_is_read_in_order_and_keeps_no_pictures(numbers: None) -> None:
    widths = range(10, 50)
    readings = Reader().read_many(np.full((9, width), 200, np.uint8) for width in widths)
    for width, reading in zip(widths, readings, strict=True):
        assert reading.text == str(width)
        assert reading.picture is None


def test_options_of_a_batch_reach_every_picture(numbers: None) -> None:
    pictures = [np.full((9, width), 200, np.uint8) for width in (12, 34)]
    assert [reading.text for reading in Reader().read_many(pictures, length=1)] == ["1", "3"]


def test_a_batch_goes_on_past_bad_pictures_and_says_which(loads: list[str], seven: Grey) -> None:
    blank = np.full((20, 20), 200, np.uint8)
    results = list(Reader().predict_many([seven, b"text", blank, seven], on_error="return"))
    assert isinstance(results[0], Prediction)
    assert isinstance(results[3], Prediction)
    assert [result.index for result in results if isinstance(result, ReadFailure)] == [1, 2]
    assert isinstance(results[1].error, ImageNotReadable)
    assert isinstance(results[2].error, NoDigitFound)


def test_a_batch_raises_the_first_failure_in_its_place(loads: list[str], seven: Grey) -> None:
    results = Reader().predict_many([seven, b"text", seven])
    assert next(results).digit == 7
    with pytest.raises(ImageNotReadable):
        next(results)


def test_a_batch_of_arrays_is_predicted_as_each_of_them(loads: list[str], seven: Grey) -> None:
    blank = np.full((20, 20), 200, np.uint8)
    pictures = [blank if index % 7 == 3 else seven for index in range(2 * GROUP_SIZE + 5)]
    together = list(Reader(threads=2).predict_many(pictures, on_error="return"))
    alone = list(Reader().predict_many(iter(pictures), on_error="return"))
    assert len(together) == len(pictures)
    for index, (result, expected) in enumerate(zip(together, alone, strict=True)):
        if index % 7 == 3:
            assert isinstance(result, ReadFailure)
            assert result.index == index
        else:
            assert result == expected


def test_of_a_stack_of_scans_only_the_small_one_fails_where_a_region_leaves_it() -> None:
    large, small = np.full((120, 200), 255, np.uint8), np.full((60, 60), 255, np.uint8)
    region = (100, 50, 180, 100)
    results = list(Reader().read_many([large, small, large], "return", regions=[region]))
    failures = [result for result in results if isinstance(result, ReadFailure)]
    assert [failure.index for failure in failures] == [1]
    assert isinstance(failures[0].error, RegionInvalid)


def test_an_unknown_on_error_is_refused_at_once(loads: list[str]) -> None:
    with pytest.raises(ValueError, match="on_error"):
        Reader().predict_many([], on_error="ignore")  # type: ignore[arg-type]


def test_a_batch_takes_no_more_pictures_than_its_window(
    loads: list[str], endless: Iterator[Grey]
) -> None:
    taken = itertools.count()
    results = Reader(threads=2).predict_many(
        picture for picture in endless if next(taken) is not None
    )
    for _ in range(3):
        next(results)
    results.close()
    assert next(taken) <= 3 + 2 * 2 + 1


def test_a_bug_is_no_read_failure(
    loads: list[str], seven: Grey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reader_module, "load_grey", broken)
    with pytest.raises(ZeroDivisionError):
        list(Reader().predict_many([seven], on_error="return"))


def test_the_shared_reader_is_one(loads: list[str]) -> None:
    assert shared_reader() is shared_reader()


def test_a_reader_of_a_real_file_predicts(
    tiny_onnx: Callable[..., bytes], tmp_path: Path, seven: Grey
) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_onnx())
    prediction = Reader(path, threads=1).predict(seven)
    assert prediction.model == "tiny/test"
    assert prediction.digit == int(np.argmax(prediction.probabilities))


class RegionReader(FakeNumberReader):
    """Reads the left edge of each region that does not begin at 0."""

    def read(
        self, grey: Grey, reject_below: float, regions: object, length: int | None
    ) -> tuple[Number, ...]:
        return tuple(
            Number((Digit(left, 0.5, (0, 0, 1, 1)),), 0.5, (0, 0, 1, 1), line)
            for line, (left, *_) in enumerate(regions)
            if left
        )


@pytest.fixture
def regions(loads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digit_ocr.inference.numbers.NumberReader", RegionReader)


def test_regions_are_rounded_to_whole_pixels(regions: None, seven: Grey) -> None:
    reading = Reader().read(seven, regions=[(2.6, 0.2, np.float32(9.5), 8)])
    assert reading.text == "3"


@pytest.mark.parametrize("region", [(0, 0, 9), (0, 0, 9, "x"), 7, (0, 0, 9, float("nan"))])
def test_a_region_that_is_no_box_is_refused(region: object, regions: None, seven: Grey) -> None:
    with pytest.raises(RegionInvalid, match="no box of four numbers"):
        Reader().read(seven, regions=[region])
    with pytest.raises(RegionInvalid, match="no box of four numbers"):
        Reader().read(seven, regions=(0, 0, 9, 9))


def test_a_region_without_a_number_keeps_its_line(regions: None, seven: Grey) -> None:
    boxes = [(3, 0, 9, 9), (0, 0, 9, 9), (5, 0, 9, 9), (0, 0, 9, 9)]
    assert Reader().read(seven, regions=boxes).text == "3\n\n5\n"
    assert Reader().read(seven, regions=boxes[1:2] * 2).text == ""


@pytest.mark.parametrize("length", [0, 65, 2.5, True])
def test_an_impossible_length_is_refused(length: object, numbers: None, seven: Grey) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        Reader().read(seven, length=length)


@pytest.mark.parametrize("batch", ["seven.png", b"bytes"])
def test_one_picture_is_no_batch(batch: str | bytes, loads: list[str]) -> None:
    with pytest.raises(TypeError, match="iterable of pictures"):
        Reader().read_many(batch)
    with pytest.raises(TypeError, match="iterable of pictures"):
        Reader().predict_many(batch)


def test_frames_of_one_file_are_read_each_as_it_was_handed_over(
    numbers: None, tmp_path: Path
) -> None:
    """The frames are one image that moves on, and every thread would decode it for itself."""
    path = tmp_path / "frames.tiff"
    frames = [Image.new("L", (width, 20), 255) for width in range(20, 60)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        read = [reading.text for reading in Reader().read_many(ImageSequence.Iterator(image))]
    assert read == [str(width) for width in range(20, 60)]


def test_one_image_may_stand_in_a_batch_many_times(numbers: None, tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    Image.effect_noise((300, 200), 40).save(path)
    with Image.open(path) as image:
        read = [reading.text for reading in Reader().read_many([image] * 30)]
    assert read == ["300"] * 30


def test_an_image_that_cannot_be_decoded_fails_in_its_place(numbers: None, tmp_path: Path) -> None:
    path = tmp_path / "torn.png"
    Image.effect_noise((300, 200), 40).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    whole = Image.new("L", (25, 20))
    with Image.open(path) as torn:
        results = list(Reader().read_many([whole, torn, whole], on_error="return"))
    assert [isinstance(result, ReadFailure) for result in results] == [False, True, False]
