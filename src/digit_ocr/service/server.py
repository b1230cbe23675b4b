"""The service run: uvicorn on one address, stopped in good order."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn

from digit_ocr.service.app import create_app
from digit_ocr.service.logs import log_as_json, logger
from digit_ocr.service.settings import ServiceSettings
from digit_ocr.service.state import ReaderFactory


def serve(
    settings: ServiceSettings,
    reader_factory: ReaderFactory | None = None,
    on_listening: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; then take nothing new and finish what has begun.

    `on_listening` is given the address, `http://HOST:PORT`, once it is bound; models may still be
    loading then.

    Raises: OSError: the address cannot be bound.
        DigitOcrError: the models cannot be loaded.
    """
    log_as_json()
    app = create_app(reader_factory, settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Clients that keep connections open would hold up a stop for longer.
        timeout_keep_alive=5,
        timeout_graceful_shutdown=round(settings.shutdown_timeout_seconds) or 1,
    )
    server = _Server(config, on_listening)
    service = app.state.service
    service.on_load_failure = server.stop
    try:
        server.run()
    except SystemExit as error:  # uvicorn's answer to an address that it cannot bind.
        raise OSError(
            f"cannot listen on {settings.host}:{settings.port}; "
            "expected a free port of this machine: choose another with --port"
        ) from error
    except KeyboardInterrupt:  # uvicorn raises it again once it has stopped in good order.
        pass
    if service.load_error is not None:
        raise service.load_error


class _Server(uvicorn.Server):
    """A server that says when it listens, and can be told to stop."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list | None = None) -> None:  # type: ignore[type-arg]
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            address = f"http://{host}:{port}"
            logger.info("listening", extra={"fields": {"address": address}})
            self._on_listening(address)

    def stop(self) -> None:
        """Stop as after SIGTERM."""
        self.should_exit = True
