"""The settings of the service: where it listens, what it takes, what it refuses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What `digit-ocr serve` can be told; each field is a flag and a variable `DIGIT_OCR_*`.

    Raises: ValueError: a value is impossible; the message names it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    model: Path | None = None
    """A model to use in place of the shipped one of its kind."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Pictures that are read at the same time, one thread each."""
    queue_size: int = 64
    """Requests that may wait beyond the `workers` being served; more are answered 503."""
    request_timeout_seconds: float = 30.0
    """From the first byte of a request to its answer; the time in the queue counts."""
    shutdown_timeout_seconds: float = 30.0
    """How long a stop waits for the requests that have begun."""
    max_upload_bytes: int = 16 * MIB
    """Size of one request's body, all its files together."""
    max_files: int = 16
    max_pixels: int = 50_000_000
    """Width times height of one picture, known from its header before it is decoded."""
    api_key: str | None = field(default=None, repr=False)
    """Asked of /v1 and /metrics when set: `Authorization: Bearer KEY` or `X-API-Key: KEY`."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the API from a browser; none unless named."""

    def __post_init__(self) -> None:
        for name in ("workers", "max_upload_bytes", "max_files", "max_pixels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.queue_size < 0:
            raise ValueError(f"queue_size must not be negative, but is {self.queue_size}")
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must lie in 0..65535, not {self.port}")
        for name in ("request_timeout_seconds", "shutdown_timeout_seconds"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if self.api_key is not None and (not self.api_key or not self.api_key.isascii()):
            raise ValueError("api_key must be ASCII and not empty")
        for origin in self.cors_origins:
            if origin != "*" and not origin.startswith(("http://", "https://")):
                raise ValueError(
                    f"cors_origins: {origin!r} is no origin; write https://example.org"
                )

    @property
    def capacity(self) -> int:
        """Requests that may be under way at once: those being served and those waiting."""
        return self.workers + self.queue_size
