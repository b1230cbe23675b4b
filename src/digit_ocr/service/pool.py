"""Reading outside the event loop: a few threads, and a bounded number of requests for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """As many requests are under way as the service takes at once."""


class InferencePool:
    """Threads that read pictures, and tickets for the requests that may be under way."""

    def __init__(self, workers: int, capacity: int) -> None:
        self.capacity = capacity
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="reader")
        self._lock = threading.Lock()
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """Requests that hold a ticket."""
        return self._in_flight

    def admit(self) -> Ticket:
        """Return a ticket for one request, to be used as a context manager.

        Raises: QueueFull: `capacity` tickets are out.
        """
        with self._lock:
            if self._in_flight >= self.capacity:
                raise QueueFull
            self._in_flight += 1
        return Ticket(self)

    def shut_down(self) -> None:
        """Finish what the threads have begun, drop what waits; blocks until they are done."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _return_ticket(self) -> None:
        with self._lock:
            self._in_flight -= 1


class Ticket:
    """One request's place. It is given back when the request and all its pictures are done.

    A request that has timed out keeps its place for as long as a thread still works on its
    picture: only so does the capacity bound the work and the memory.
    """

    def __init__(self, pool: InferencePool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._holders = 1

    def __enter__(self) -> Ticket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release()

    async def run(self, calls: Sequence[Callable[[], T]]) -> list[T | BaseException]:
        """Return what each call returned or raised, in order; they run in the pool's threads.

        Cancelling this drops the calls that no thread has begun.
        """
        futures = [self._submit(call) for call in calls]
        try:
            return await asyncio.gather(
                *(asyncio.wrap_future(future) for future in futures), return_exceptions=True
            )
        finally:
            for future in futures:
                future.cancel()

    def _submit(self, call: Callable[[], T]) -> Future[T]:
        with self._lock:
            self._holders += 1
        try:
            future = self._pool._executor.submit(call)
        except BaseException:
            self._release()
            raise
        future.add_done_callback(lambda _: self._release())
        return future

    def _release(self) -> None:
        with self._lock:
            self._holders -= 1
            done = self._holders == 0
        if done:
            self._pool._return_ticket()
