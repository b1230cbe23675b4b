"""The public reader: one object behind the Python API, the command line and the service."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from digit_ocr.errors import DigitOcrError
from digit_ocr.imaging.decode import Source, load_grey, open_picture
from digit_ocr.inference.digit import DigitReader
from digit_ocr.inference.load import Model, load_model
from digit_ocr.results import Box, Prediction, ReadFailure, Reading

if TYPE_CHECKING:
    from digit_ocr.inference.numbers import NumberReader

OnError = Literal["raise", "return"]
Result = TypeVar("Result")

MAX_WORKERS = 8
"""Pictures of a batch that are worked on at once, at most: each holds its pixels in memory."""


class Reader:
    """Reads numbers and digits; models load once, on their first use. Safe across threads.

    `model` replaces the shipped weights of its kind (digit, number or page): an `.onnx`, or a
    checkpoint where torch is installed. `threads` bounds the cores in use; None: all of them.

    Raises: ModelNotUsable, CheckpointIncompatible or ExtraNotInstalled, as `load_model` does.
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, threads: int | None = None
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads is {threads}; expected at least 1")
        self._threads = threads
        self._models: dict[str, Model] = {}
        self._lock = Lock()
        self._digit_reader: DigitReader | None = None
        self._number_reader: NumberReader | None = None
        if model is not None:
            loaded = load_model(model, threads=threads)
            self._models[loaded.metadata.kind] = loaded

    def predict(self, image: Source) -> Prediction:
        """Return the one digit that the picture shows: the dominant, most central one.

        Raises: ImageNotReadable: no picture that we decode.
            NoDigitFound: the picture holds no digit.
        """
        return self.digit_reader.predict(load_grey(image))

    def read(
        self,
        image: Source,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Reading:
        """Return all numbers of the picture, in reading order; an empty reading if it has none.

        Digits less confident than `reject_below` are marked as rejected. `regions` are boxes to
        read, one number each; `length` holds every number to that many digits.

        Raises: ImageNotReadable: no picture that we decode.
        """
        _check_options(reject_below, length)
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
            model=" + ".join(self._models[kind].metadata.name for kind in ("page", "number")),
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
        """
        _check_options(reject_below, length)

        def read(image: Source) -> Reading:
            return self.read(image, reject_below, regions, length).without_picture()

        return self._in_order(read, images, on_error)

    def predict_many(
        self, images: Iterable[Source], on_error: OnError = "raise"
    ) -> Iterator[Prediction | ReadFailure]:
        """Yield the digit of each picture in order; failures as in `read_many`."""
        return self._in_order(self.predict, images, on_error)

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

        with self._lock:
            if self._number_reader is None:
                self._number_reader = NumberReader(self._model("number"), self._model("page"))
            return self._number_reader

    def _model(self, kind: str) -> Model:
        if kind not in self._models:
            self._models[kind] = load_model(kind=kind, threads=self._threads)
        return self._models[kind]

    def _in_order(
        self, read: Callable[[Source], Result], images: Iterable[Source], on_error: OnError
    ) -> Iterator[Result | ReadFailure]:
        if on_error not in ("raise", "return"):
            raise ValueError(f'on_error is {on_error!r}; expected "raise" or "return"')
        worker_count = self._threads or min(os.cpu_count() or 1, MAX_WORKERS)
        results = _map_in_order(partial(_attempt, read), images, worker_count)
        return _with_failures(results, on_error)


def _check_options(reject_below: float, length: int | None) -> None:
    if not 0 <= reject_below <= 1:
        raise ValueError(f"reject_below is {reject_below}; expected a probability, 0 to 1")
    if length is not None and length < 1:
        raise ValueError(f"length is {length}; expected at least one digit")


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


def _map_in_order(
    work: Callable[[Source], Result], images: Iterable[Source], worker_count: int
) -> Iterator[Result]:
    """Yield `work` of each image in order, from a few threads that run ahead by a bounded window.

    The window is what keeps memory flat: images are taken from the iterable only as results leave.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(worker_count, thread_name_prefix="digit-ocr")
    try:
        for image in images:
            waiting.append(pool.submit(work, image))
            if len(waiting) > 2 * worker_count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


@cache
def _shared() -> Reader:
    return Reader()


_shared_lock = Lock()


def shared_reader() -> Reader:
    """Return the one reader behind `digit_ocr.read` and `digit_ocr.predict`."""
    # functools.cache alone may build it twice when two threads come first together.
    with _shared_lock:
        return _shared()
