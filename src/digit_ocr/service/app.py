"""The ASGI app: endpoints, refusals and the page, put together around one reader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

import digit_ocr
from digit_ocr.service import openapi, problems, routes
from digit_ocr.service.middleware import RequestContext
from digit_ocr.service.problems import ProblemKind, Refusal, problem_response
from digit_ocr.service.settings import ServiceSettings
from digit_ocr.service.state import ReaderFactory, Service

STATIC_FOLDER = Path(__file__).parent / "static"
DESCRIPTION = (
    "Reads handwritten digits and numbers from photos and scans. Pictures are held in memory "
    "while they are read, and nowhere else."
)
KIND_OF_STATUS = {404: problems.NOT_FOUND, 405: problems.METHOD_NOT_ALLOWED}


def create_app(
    reader_factory: ReaderFactory | None = None, settings: ServiceSettings | None = None
) -> FastAPI:
    """Return the app. `reader_factory` is called once, in a thread, when the app starts.

    Without one, the reader has the shipped weights, or the model that the settings name.
    """
    settings = settings or ServiceSettings()
    service = Service(reader_factory or (lambda: load_reader(settings)), settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        title="digit-ocr",
        version=digit_ocr.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # FastAPI's documentation pages load their scripts from another host; ours is at /docs.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    _describe(app, settings)
    _answer_refusals(app, service)
    app.include_router(routes.guarded)
    app.include_router(routes.public)
    # Not mounted: a mount at / would also take the wrong methods of the endpoints, as not found.
    app.router.default = StaticFiles(directory=STATIC_FOLDER, html=True)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(RequestContext, metrics=service.metrics)
    return app


def load_reader(settings: ServiceSettings) -> Any:
    """Return the reader of `settings.model`; one thread a picture, as `workers` run side by side.

    Raises: ModelNotUsable: the file is missing, damaged or no model of ours.
    """
    return digit_ocr.load_reader(settings.model, threads=1)


def _describe(app: FastAPI, settings: ServiceSettings) -> None:
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            openapi.complete(describe(), asks_for_key=settings.api_key is not None)
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]


def _answer_refusals(app: FastAPI, service: Service) -> None:
    """Answer whatever is refused, by us or by the framework, with problem+json."""

    def refuse(
        request: Request, kind: ProblemKind, detail: str, headers: dict[str, str] | None = None
    ) -> Response:
        service.metrics.refusals.labels(kind.code).inc()
        request.state.log["problem"] = kind.code
        return problem_response(kind, detail, request.state.request_id, headers)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return refuse(request, refusal.kind, refusal.detail, refusal.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return refuse(request, problems.INVALID_PARAMETER, routes.in_words(error.errors()))

    @app.exception_handler(HTTPException)
    async def http_refused(request: Request, error: HTTPException) -> Response:
        kind = KIND_OF_STATUS.get(error.status_code, problems.BAD_REQUEST)
        detail = f"{request.method} {request.url.path[:200]}: {error.detail}"
        return refuse(request, kind, detail, dict(error.headers or {}))
