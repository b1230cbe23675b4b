"""The service run: uvicorn on one address, stopped in good order."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from digit_ocr.service.app import create_app
from digit_ocr.service.logs import log_as_json, logger
from digit_ocr.service.settings import ServiceSettings
from digit_ocr.service.state import ReaderFactory, Service

OnListening = Callable[[str], None]


def serve(
    settings: ServiceSettings,
    reader_factory: ReaderFactory | None = None,
    on_listening: OnListening = lambda address: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; then take nothing new and finish what has begun.

    `on_listening` is given the address, `http://HOST:PORT`, once it is bound; models may still be
    loading then.

    Raises: OSError: the address cannot be bound.
        DigitOcrError: the models cannot be loaded.
    """
    log_as_json()
    app = create_app(reader_factory, settings)
    server = Server(app, settings, on_listening)
    try:
        with _signals_answered():
            server.run()
    except SystemExit as error:
        # uvicorn's answer to an address that it cannot bind.
        raise OSError(
            f"cannot listen on {settings.host}:{settings.port}; expected an address and a free "
            "port of this machine: choose others with --host and --port"
        ) from error
    if server.service.load_error is not None:
        raise server.service.load_error


@contextmanager
def _signals_answered() -> Iterator[None]:
    """Take uvicorn's signals as answered: it raises them again after a stop in good order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Server(uvicorn.Server):
    """A server that says where it listens, and stops when the models cannot be loaded."""

    def __init__(self, app: FastAPI, settings: ServiceSettings, on_listening: OnListening) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                # Clients that keep connections open would hold up a stop for longer.
                timeout_keep_alive=5,
                timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout_seconds)),
            )
        )
        self.service: Service = app.state.service
        self.service.on_load_failure = self.stop
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Bind the address, then say so."""
        await super().startup(sockets)
        if self.started:
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            address = f"http://{host}:{self.servers[0].sockets[0].getsockname()[1]}"
            logger.info("listening", extra={"fields": {"address": address}})
            self._on_listening(address)

    def stop(self) -> None:
        """Stop as after SIGTERM."""
        self.should_exit = True
