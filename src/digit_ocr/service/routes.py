"""The endpoints: /v1/read and /v1/predict, health, metrics, documentation."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

import digit_ocr
from digit_ocr.service import openapi, problems
from digit_ocr.service.docs_page import render_docs, render_problem
from digit_ocr.service.pictures import PictureReader, predict_picture, read_picture
from digit_ocr.service.pool import QueueFull, Ticket
from digit_ocr.service.problems import Refusal
from digit_ocr.service.schemas import PredictParameters, ReadParameters, without_none
from digit_ocr.service.state import Service
from digit_ocr.service.uploads import Picture, receive_upload

RETRY_AFTER_SECONDS = 1
Parameters = TypeVar("Parameters", bound=BaseModel)
Work = Callable[[PictureReader, Picture, Parameters, int], dict[str, Any]]


def service_of(request: Request) -> Service:
    """Return the service that the app was made with."""
    service: Service = request.app.state.service
    return service


async def require_api_key(request: Request) -> None:
    """Let the request pass where no key is set or it brings the right one.

    Not a plain function: those FastAPI runs in a thread, which takes longer than the work.

    Raises: Refusal: the key is missing or wrong.
    """
    expected = service_of(request).settings.api_key
    if expected is None:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    # Headers decode as Latin-1; compare_digest takes bytes of any content, in constant time.
    if not hmac.compare_digest(given.encode("latin-1"), expected.encode("ascii")):
        raise Refusal(
            problems.API_KEY_REQUIRED,
            "no API key came with the request" if not given else "the API key is wrong",
            {"WWW-Authenticate": "Bearer"},
        )


guarded = APIRouter(dependencies=[Depends(require_api_key)])
public = APIRouter()


@guarded.post("/v1/read", **openapi.READ)
async def read(request: Request, parameters: Annotated[ReadParameters, Query()]) -> Response:
    """Answer with the numbers of the pictures, or with the only picture drawn on."""
    results, wants_list = await answer(request, parameters, read_picture)
    wants_json = wants_list or "application/json" in request.headers.get("accept", "")
    drawn = results[0].get("annotated")
    if drawn is not None and not wants_json:
        return Response(drawn, media_type="image/png")
    for result in results:
        if result.get("annotated"):
            encoded = base64.b64encode(result["annotated"]).decode("ascii")
            result["annotated"] = f"data:image/png;base64,{encoded}"
    return _as_json(results, wants_list)


@guarded.post("/v1/predict", **openapi.PREDICT)
async def predict(request: Request, parameters: Annotated[PredictParameters, Query()]) -> Response:
    """Answer with the one digit of each picture."""
    results, wants_list = await answer(request, parameters, predict_picture)
    return _as_json(results, wants_list)


@public.get("/healthz", **openapi.HEALTH)
@public.head("/healthz", include_in_schema=False)
async def healthz(request: Request) -> Response:
    """Answer once the models are loaded, and refuse until then."""
    service_of(request).require_reader()
    return JSONResponse({"status": "ready", "version": digit_ocr.__version__})


@guarded.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Counters and histograms in Prometheus' text format."""
    exposition = service_of(request).metrics.exposition()
    return Response(exposition, media_type="text/plain; version=0.0.4; charset=utf-8")


@public.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The API described for people, from the same OpenAPI document as `/openapi.json`."""
    return HTMLResponse(render_docs(request.app.openapi()))


@public.get("/problems/{code}", include_in_schema=False)
async def problem(code: str) -> Response:
    """What a problem's `type` means."""
    if code not in problems.PROBLEM_KINDS:
        raise Refusal(problems.NOT_FOUND, "no problem has that name")
    return HTMLResponse(render_problem(problems.PROBLEM_KINDS[code]))


async def answer(
    request: Request, parameters: Parameters, work: Work[Parameters]
) -> tuple[list[dict[str, Any]], bool]:
    """Return a result for each picture of the request, and whether the client expects a list.

    The place in the queue is taken before the body is read: so the memory that bodies take is
    bounded too, and a full queue refuses without reading them.

    Raises: Refusal: the request, or its only picture, is refused.
    """
    service = service_of(request)
    settings = service.settings
    deadline = asyncio.get_running_loop().time() + settings.request_timeout_seconds
    reader = service.require_reader()
    try:
        ticket = service.pool.admit()
    except QueueFull:
        raise Refusal(
            problems.QUEUE_FULL,
            f"{settings.capacity} requests are under way, as many as the service takes",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from None
    with ticket:
        upload = await receive_upload(request, settings, deadline)
        parameters = _with_fields(parameters, upload.fields)
        calls = [
            partial(work, reader, picture, parameters, settings.max_pixels)
            for picture in upload.pictures
        ]
        outcomes = await _run(ticket, calls, request, deadline)
    results = _counted(request, service, upload.pictures, outcomes, upload.wants_list)
    return [without_none(result) for result in results], upload.wants_list


def _with_fields(parameters: Parameters, fields: dict[str, list[str]]) -> Parameters:
    """Return the parameters of the query joined by those that came as multipart fields."""
    if not fields:
        return parameters
    model = type(parameters)
    given: dict[str, Any] = parameters.model_dump(exclude_unset=True)
    for name, values in fields.items():
        if name in given:
            raise Refusal(problems.INVALID_PARAMETER, f"{name} came in the query and as a field")
        given[name] = values if name == "regions" or len(values) > 1 else values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Refusal(problems.INVALID_PARAMETER, in_words(error.errors())) from None


async def _run(
    ticket: Ticket,
    calls: Sequence[Callable[[], dict[str, Any]]],
    request: Request,
    deadline: float,
) -> list[dict[str, Any] | BaseException]:
    """Return what the calls returned or raised; stop waiting when the client has gone.

    Raises: Refusal: they took longer than the deadline allows.
    """
    reading = asyncio.ensure_future(ticket.run(calls))
    leaving = asyncio.ensure_future(_wait_until_client_leaves(request))
    try:
        timeout_seconds = deadline - asyncio.get_running_loop().time()
        await asyncio.wait(
            {reading, leaving}, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if reading.done():
            return reading.result()
        if leaving.done():
            raise ClientDisconnect
        timeout_seconds = service_of(request).settings.request_timeout_seconds
        raise Refusal(problems.TIMED_OUT, f"no result within {timeout_seconds:g} seconds")
    finally:
        reading.cancel()
        leaving.cancel()


async def _wait_until_client_leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _counted(
    request: Request,
    service: Service,
    pictures: Sequence[Picture],
    outcomes: Sequence[dict[str, Any] | BaseException],
    wants_list: bool,
) -> list[dict[str, Any]]:
    """Return the results, failures of a list told one by one; count them and note them for the log.

    Raises: Refusal: the only picture failed. Whatever is no refusal is raised too.
    """
    endpoint = request.url.path
    tally: Counter[str] = Counter()
    results = []
    for picture, outcome in zip(pictures, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            empty = outcome.kind is problems.NO_DIGIT_FOUND
            tally["empty" if empty else "refused"] += 1
            results.append({"file": picture.name, "error": outcome.to_dict()})
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            tally["read" if outcome.get("numbers") != [] else "empty"] += 1
            results.append(outcome)
    for name, count in tally.items():
        for _ in range(count):
            service.metrics.count_picture(endpoint, name)
    request.state.log |= {
        "pictures": len(pictures),
        "bytes": sum(len(picture.data) for picture in pictures),
        **tally,
    }
    if not wants_list and isinstance(outcomes[0], Refusal):
        raise outcomes[0]
    return results


def _as_json(results: list[dict[str, Any]], wants_list: bool) -> Response:
    return JSONResponse({"results": results} if wants_list else results[0])


def in_words(errors: Sequence[Any]) -> str:
    """Return pydantic's findings as one line."""
    findings = []
    for error in errors:
        place = ".".join(str(part) for part in error["loc"] if part not in ("query", "body"))
        findings.append(f"{place}: {error['msg']}" if place else str(error["msg"]))
    return "; ".join(findings)
