"""What one running service holds: settings, threads, counters, and the reader once it is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import numpy as np

from digit_ocr.errors import NoDigitFound
from digit_ocr.service import problems
from digit_ocr.service.logs import logger
from digit_ocr.service.metrics import ServiceMetrics
from digit_ocr.service.pictures import PictureReader
from digit_ocr.service.pool import InferencePool
from digit_ocr.service.problems import Refusal
from digit_ocr.service.settings import ServiceSettings

ReaderFactory = Callable[[], PictureReader]


class Service:
    """The state of one app."""

    def __init__(self, load_reader: ReaderFactory, settings: ServiceSettings) -> None:
        self.settings = settings
        self.pool = InferencePool(settings.workers, settings.capacity)
        self.metrics = ServiceMetrics(
            in_flight=lambda: self.pool.in_flight, is_ready=lambda: self.reader is not None
        )
        self.reader: PictureReader | None = None
        self.load_error: Exception | None = None
        self.on_load_failure: Callable[[], None] = lambda: None
        """Called when the models cannot be loaded; the server stops itself."""
        self._load_reader = load_reader

    def require_reader(self) -> PictureReader:
        """Return the loaded reader.

        Raises: Refusal: it is still loading, or could not be loaded.
        """
        if self.reader is not None:
            return self.reader
        detail = "the models are being loaded"
        if self.load_error is not None:
            detail = "the models could not be loaded; the log says why"
        raise Refusal(problems.NOT_READY, detail, {"Retry-After": "1"})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the models beside the event loop; at the end, finish what the threads have begun."""
        loading = asyncio.create_task(self._load())
        try:
            yield
        finally:
            await loading
            await asyncio.to_thread(self.pool.shut_down)
            logger.info("stopped")

    async def _load(self) -> None:
        try:
            self.reader = await asyncio.to_thread(self._load_and_warm_up)
        except Exception as error:
            self.load_error = error
            logger.error("models not loaded", extra={"fields": {"reason": str(error)}})
            self.on_load_failure()
        else:
            logger.info("ready")

    def _load_and_warm_up(self) -> PictureReader:
        """Return a reader that has read once: the first request must not wait for a model."""
        reader = self._load_reader()
        page = np.full((64, 64), 255, np.uint8)
        page[16:48, 30:34] = 0
        with suppress(NoDigitFound):
            reader.predict(page)
        reader.read(page)
        return reader
