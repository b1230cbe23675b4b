"""The public reader: one object behind the Python API, the command line and the service."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digit_ocr.errors import DigitOcrError, ModelNotUsable, RegionInvalid
from digit_ocr.imaging.decode import Source, load_grey, open_picture
from digit_ocr.imaging.digit import PreparedDigit, prepare_leniently
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import Model, load_model
from digit_ocr.results import MAX_LENGTH, Box, Prediction, ReadFailure, Reading

if TYPE_CHECKING:
    from digit_ocr.inference.numbers import NumberReader

OnError = Literal["raise", "return"]
ModelPaths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
Result = TypeVar("Result")
Group = TypeVar("Group")

MAX_WORKERS = 8
"""Pictures of a batch that are worked on at once, at most: each holds its pixels in memory."""

GROUP_SIZE = 16
"""Small arrays that go through the digit model at once: it takes half the time for each then."""

GROUPED_PIXELS = 10_000
"""Larger arrays are predicted one by one."""


class Reader:
    """Reads numbers and digits; models load once, on their first use. Safe across threads.

    `model` replaces the shipped weights of its kind (digit, number or page): an `.onnx`, or a
    checkpoint where torch is installed; several replace one kind each. `threads` bounds the cores
    in use, but for a checkpoint, which uses those that torch is set to; None: all of them.

    Raises: ModelNotUsable, CheckpointIncompatible or ExtraNotInstalled, as `load_model` does, or
        ModelNotUsable for two models of one kind.
    """

    def __init__(self, model: ModelPaths = None, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}; expected at least 1")
        self._threads = threads
        self._models: dict[str, Model] = {}
        self._lock = Lock()
        self._digit_reader: DigitReader | None = None
        self._number_reader: NumberReader | None = None
        paths = [model] if isinstance(model, str | os.PathLike) else model or ()
        for path in paths:
            loaded = load_model(path, threads=threads)
            kind = loaded.metadata.kind
            if kind in self._models:
                raise ModelNotUsable(f"{path}: a second {kind} model; one of each kind is used")
            self._models[kind] = loaded

    def predict(self, image: Source) -> Prediction:
        """Return the one digit that the picture shows: the dominant, most central one.

        Raises: ImageNotReadable: no picture that we decode.
            NoDigitFound: the picture holds no digit.
        """
        return self.digit_reader.predict(load_grey(image))

    def explain(self, image: Source) -> tuple[Prediction, NDArray[np.float32]]:
        """Return the digit, and how the network saw it: (28, 28) float32, ink 1.0 on paper 0.0.

        Raises: as `predict` does.
        """
        return self.digit_reader.explain(load_grey(image))

    def read(
        self,
        image: Source,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Reading:
        """Return all numbers of the picture, in reading order; an empty reading if it has none.

        Digits less confident than `reject_below` are marked as rejected. `regions` are boxes to
        read, one number each; `length` holds every number to that many digits. Of several pages
        in one file the first is read.

        Raises: ImageNotReadable: no picture that we decode.
            RegionInvalid: a region is empty, outside the picture, or no box.
            ValueError: `reject_below` or `length` out of its range.
        """
        _check_options(reject_below, length)
        regions = _checked(regions)
        picture = open_picture(image)
        number_reader = self.number_reader
        numbers = number_reader.read(
            np.asarray(picture.convert("L")),
            reject_below=reject_below,
            regions=regions,
            length=length,
        )
        return Reading(
            numbers=numbers,
            width=picture.width,
            height=picture.height,
            lines=len(regions or ()),
            model=" + ".join(
                self._models[kind].metadata.name for kind in ("page", "number", "digit")
            ),
            picture=picture,
        )

    def read_many(
        self,
        images: Iterable[Source],
        on_error: OnError = "raise",
        *,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Iterator[Reading | ReadFailure]:
        """Yield the reading of each picture in order, keeping no pixels.

        With `on_error="return"` a picture that fails yields a `ReadFailure` in its place.

        Raises: DigitOcrError: a picture failed, and `on_error` is "raise".
            ValueError: an option out of its range. TypeError: one picture instead of several.
        """
        _check_options(reject_below, length)
        _require_several(images)
        regions = _checked(regions)

        def read(image: Source) -> Reading:
            return self.read(image, reject_below, regions, length).without_picture()

        def read_group(group: Sequence[Source]) -> list[Reading | DigitOcrError]:
            return [_attempt(read, image) for image in group]

        return self._in_order(read_group, ([_own(image)] for image in images), on_error)

    def predict_many(
        self, images: Iterable[Source], on_error: OnError = "raise"
    ) -> Iterator[Prediction | ReadFailure]:
        """Yield the digit of each picture in order; failures as in `read_many`, errors too."""
        _require_several(images)
        return self._in_order(self._predict_group, _grouped(images), on_error)

    def _predict_group(self, images: Sequence[Source]) -> list[Prediction | DigitOcrError]:
        """Return the digit of each picture; the model is called once for all of them."""
        if len(images) == 1:
            return [_attempt(self.predict, images[0])]
        prepared = [_attempt(_prepare, image) for image in images]
        found = [digit for digit in prepared if isinstance(digit, PreparedDigit)]
        predictions = iter(self.digit_reader.predict_prepared(found) if found else [])
        return [
            next(predictions) if isinstance(digit, PreparedDigit) else digit for digit in prepared
        ]

    @property
    def digit_reader(self) -> DigitReader:
        """The reader of one digit, loaded on first use."""
        with self._lock:
            if self._digit_reader is None:
                self._digit_reader = DigitReader(self._model("digit"))
            return self._digit_reader

    @property
    def number_reader(self) -> NumberReader:
        """The reader of whole pictures, loaded on first use."""
        from digit_ocr.inference.numbers import NumberReader

        digit_reader = self.digit_reader
        with self._lock:
            if self._number_reader is None:
                self._number_reader = NumberReader(
                    self._model("number"), self._model("page"), digit_reader
                )
            return self._number_reader

    def _model(self, kind: str) -> Model:
        if kind not in self._models:
            self._models[kind] = load_model(kind=kind, threads=self._threads)
        return self._models[kind]

    def _in_order(
        self,
        read_group: Callable[[Sequence[Source]], list[Result | DigitOcrError]],
        groups: Iterable[Sequence[Source]],
        on_error: OnError,
    ) -> Iterator[Result | ReadFailure]:
        if on_error not in ("raise", "return"):
            raise ValueError(f'on_error is {on_error!r}; expected "raise" or "return"')
        worker_count = self._threads or min(os.cpu_count() or 1, MAX_WORKERS)
        results = _map_in_order(read_group, groups, worker_count)
        return _with_failures(chain.from_iterable(results), on_error)


def _check_options(reject_below: float, length: int | None) -> None:
    if not 0 <= reject_below <= 1:
        raise ValueError(f"reject_below is {reject_below}; expected a probability, 0 to 1")
    is_number_of_digits = isinstance(length, int | np.integer) and not isinstance(length, bool)
    if length is not None and not (is_number_of_digits and 1 <= length <= MAX_LENGTH):
        raise ValueError(f"length is {length!r}; expected a number of digits, 1 to {MAX_LENGTH}")


def _require_several(images: object) -> None:
    if isinstance(images, str | bytes):
        raise TypeError("expected an iterable of pictures; for one picture use read or predict")


def _checked(regions: Sequence[Box] | None) -> list[Box] | None:
    """Return the regions in whole pixels.

    Raises: RegionInvalid: one is no box of four numbers.
    """
    if regions is None:
        return None
    checked: list[Box] = []
    for region in regions:
        try:
            left, top, right, bottom = (round(float(edge)) for edge in region)
        except (TypeError, ValueError, OverflowError):
            raise RegionInvalid(
                f"the region {region!r} is no box of four numbers (left, top, right, bottom)"
            ) from None
        checked.append((left, top, right, bottom))
    return checked


def _attempt(read: Callable[[Source], Result], image: Source) -> Result | DigitOcrError:
    try:
        return read(image)
    except DigitOcrError as error:
        return error


def _with_failures(
    results: Iterator[Result | DigitOcrError], on_error: OnError
) -> Iterator[Result | ReadFailure]:
    for index, result in enumerate(results):
        if not isinstance(result, DigitOcrError):
            yield result
        elif on_error == "return":
            yield ReadFailure(index, result)
        else:
            raise result


def _prepare(image: Source) -> PreparedDigit:
    return prepare_leniently(load_grey(image))


def _grouped(images: Iterable[Source]) -> Iterator[Sequence[Source]]:
    """Yield the images in groups if they are small arrays and all there; else one by one.

    Whoever hands over a generator wants little of it held, and each result soon; large pictures
    take their time in imaging, and are better spread over the cores.
    """
    if isinstance(images, np.ndarray | Sequence) and _are_small_arrays(images):
        for start in range(0, len(images), GROUP_SIZE):
            yield list(images[start : start + GROUP_SIZE])
    else:
        for image in images:
            yield [_own(image)]


def _own(image: Source) -> Source:
    """Return a PIL image decoded, so that it is no other thread's as well.

    It is decoded when it is first looked at, and the frames of one file are one image that moves
    on. What cannot be decoded is left to the reader, which says why.
    """
    if isinstance(image, Image.Image):
        with suppress(DigitOcrError):
            return open_picture(image)
    return image


def _are_small_arrays(images: Sequence[Source] | NDArray[Any]) -> bool:
    first = images[0] if len(images) > 0 else None
    return isinstance(first, np.ndarray) and first.size <= GROUPED_PIXELS


def _map_in_order(
    work: Callable[[Group], Result], groups: Iterable[Group], worker_count: int
) -> Iterator[Result]:
    """Yield `work` of each group in order, from a few threads that run ahead by a bounded window.

    The window is what keeps memory flat: groups are taken from the iterable only as results leave.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(worker_count, thread_name_prefix="digit-ocr")
    try:
        for group in groups:
            waiting.append(pool.submit(work, group))
            if len(waiting) > 2 * worker_count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # What has begun ends by itself: an interrupted caller need not wait for it.
        pool.shutdown(wait=False, cancel_futures=True)


@cache
def _shared() -> Reader:
    return Reader()


_shared_lock = Lock()


def shared_reader() -> Reader:
    """Return the one reader behind `digit_ocr.read` and `digit_ocr.predict`."""
    # functools.cache alone may build it twice when two threads come first together.
    with _shared_lock:
        return _shared()
