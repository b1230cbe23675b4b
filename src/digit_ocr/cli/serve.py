"""`digit-ocr serve`: the HTTP API and the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from digit_ocr.cli.extras import needs_extra
from digit_ocr.cli.messages import note
from digit_ocr.service.settings import ServiceSettings

DEFAULTS = ServiceSettings()


def _option(name: str, help: str, **more: Any) -> Any:
    """Return an option that is also the environment variable `DIGIT_OCR_NAME`."""
    variable = "DIGIT_OCR_" + name.removeprefix("--").replace("-", "_").upper()
    return typer.Option(name, envvar=variable, help=help, **more)


def serve(
    host: Annotated[str, _option("--host", "Address; 0.0.0.0 for all.")] = DEFAULTS.host,
    port: Annotated[int, _option("--port", "Port; 0 for any free one.")] = DEFAULTS.port,
    model: Annotated[
        Path | None, _option("--model", "A model in place of the shipped one of its kind.")
    ] = None,
    workers: Annotated[
        int | None,
        _option("--workers", "Pictures read at the same time.", show_default="one a CPU"),
    ] = None,
    queue_size: Annotated[
        int, _option("--queue-size", "Requests that may wait beyond those; more get 503.")
    ] = DEFAULTS.queue_size,
    request_timeout_seconds: Annotated[
        float, _option("--request-timeout-seconds", "From a request's first byte to its answer.")
    ] = DEFAULTS.request_timeout_seconds,
    shutdown_timeout_seconds: Annotated[
        float, _option("--shutdown-timeout-seconds", "How long a stop waits for what has begun.")
    ] = DEFAULTS.shutdown_timeout_seconds,
    max_upload_bytes: Annotated[
        int, _option("--max-upload-bytes", "Size of a request's body, all files together.")
    ] = DEFAULTS.max_upload_bytes,
    max_files: Annotated[int, _option("--max-files", "Files in a request.")] = DEFAULTS.max_files,
    max_pixels: Annotated[
        int, _option("--max-pixels", "Width times height of a picture.")
    ] = DEFAULTS.max_pixels,
    api_key: Annotated[
        str | None,
        _option(
            "--api-key",
            "Asked of /v1 and /metrics; better set as the variable, which others cannot see.",
            show_envvar=True,
        ),
    ] = None,
    cors_origins: Annotated[
        str, _option("--cors-origins", "Origins of other pages that may call the API, by commas.")
    ] = "",
) -> None:
    """Serve the HTTP API and a page to try it on; stop with Ctrl-C."""
    with needs_extra("serving", "serve"):
        from digit_ocr.service.server import serve as run
    from digit_ocr.inference.load import load_model

    given: dict[str, Any] = {} if workers is None else {"workers": workers}
    try:
        settings = ServiceSettings(
            host=host,
            port=port,
            model=model,
            queue_size=queue_size,
            request_timeout_seconds=request_timeout_seconds,
            shutdown_timeout_seconds=shutdown_timeout_seconds,
            max_upload_bytes=max_upload_bytes,
            max_files=max_files,
            max_pixels=max_pixels,
            api_key=api_key,
            cors_origins=tuple(part.strip() for part in cors_origins.split(",") if part.strip()),
            **given,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if model is not None:
        # Said at once and alone: models are loaded while the service listens already.
        load_model(model)
    run(settings, on_listening=lambda address: note(f"page at {address}/, API at {address}/docs"))
