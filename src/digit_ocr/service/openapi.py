"""What FastAPI cannot derive: bodies that are parsed by hand, and refusals as problem+json."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from digit_ocr.service import problems
from digit_ocr.service.problems import MEDIA_TYPE, ProblemKind
from digit_ocr.service.schemas import (
    FAILURE_EXAMPLE,
    PREDICTION_EXAMPLE,
    READING_EXAMPLE,
    Health,
    PredictionResult,
    Predictions,
    PredictParameters,
    Problem,
    ReadingResult,
    Readings,
    ReadParameters,
)

Responses = dict[int | str, dict[str, Any]]
BINARY = {"type": "string", "format": "binary"}
RAW_TYPES = ("application/octet-stream", "image/png", "image/jpeg")
PICTURE_PROBLEMS = tuple(
    kind
    for kind in problems.PROBLEM_KINDS.values()
    if kind not in (problems.NOT_FOUND, problems.METHOD_NOT_ALLOWED, problems.NO_DIGIT_FOUND)
)


def body_of(parameters: type[BaseModel]) -> dict[str, Any]:
    """Return the request body of an endpoint: raw bytes, or files with the parameters as fields."""
    fields: dict[str, Any] = {
        name: {"type": "string", "description": field.description}
        for name, field in parameters.model_fields.items()
    }
    if "regions" in fields:
        fields["regions"] = {"type": "array", "items": {"type": "string"}}
    files = {
        "file": {
            "type": "array",
            "items": BINARY,
            "description": "The picture; several are answered with a list.",
        },
        "files": {
            "type": "array",
            "items": BINARY,
            "description": "As `file`, but answered with a list even where it is only one.",
        },
    }
    content: dict[str, Any] = {raw_type: {"schema": BINARY} for raw_type in RAW_TYPES}
    content["multipart/form-data"] = {
        "schema": {
            "type": "object",
            "properties": files | fields,
            "additionalProperties": False,
        },
        "encoding": {"file": {"contentType": "image/*"}, "files": {"contentType": "image/*"}},
    }
    return {"requestBody": {"required": True, "content": content}}


def _refusals(kinds: tuple[ProblemKind, ...]) -> Responses:
    """Return one response for each status among the kinds, with an example of each kind."""
    responses: Responses = {}
    for kind in kinds:
        response = responses.setdefault(
            kind.status, {"description": "", "content": {MEDIA_TYPE: {}}}
        )
        titles = filter(None, (response["description"], kind.title))
        response["description"] = "; or: ".join(titles)
        content = response["content"][MEDIA_TYPE]
        content["schema"] = {"$ref": "#/components/schemas/Problem"}
        content.setdefault("examples", {})[kind.code] = {
            "value": {
                "type": kind.type,
                "title": kind.title,
                "status": kind.status,
                "detail": kind.title[0].lower() + kind.title[1:],
                "request_id": "0d9c6b1e5c5b4a0d8f0f5e4f8b8f2a11",
            }
        }
    return responses


def _success(example: dict[str, Any]) -> Responses:
    several = {"results": [example, FAILURE_EXAMPLE]}
    examples = {"one picture": {"value": example}, "several pictures": {"value": several}}
    return {200: {"content": {"application/json": {"examples": examples}}}}


ONE_OR_SEVERAL = """

One picture is answered with its result; several, or a multipart field named `files`, with
`{"results": [...]}` in their order, where a picture that failed has an `error`."""

# What the endpoints are declared with.
READ: dict[str, Any] = {
    "summary": "Read all numbers of a picture",
    "description": "Numbers come in reading order. "
    f"A picture without any is an empty reading, not an error.{ONE_OR_SEVERAL}",
    "response_model": ReadingResult | Readings,
    "responses": _success(READING_EXAMPLE) | _refusals(PICTURE_PROBLEMS),
    "openapi_extra": body_of(ReadParameters),
}
READ["responses"][200]["content"]["image/png"] = {"schema": BINARY}
PREDICT: dict[str, Any] = {
    "summary": "Predict the one digit of a picture",
    "description": "The dominant, most central digit. "
    f"A picture without a digit is the problem `no-digit-found`.{ONE_OR_SEVERAL}",
    "response_model": PredictionResult | Predictions,
    "responses": _success(PREDICTION_EXAMPLE)
    | _refusals((*PICTURE_PROBLEMS, problems.NO_DIGIT_FOUND)),
    "openapi_extra": body_of(PredictParameters),
}
HEALTH: dict[str, Any] = {
    "summary": "Tell whether the models are loaded",
    "description": "200 once the models are loaded, 503 until then and when loading failed.",
    "response_model": Health,
    "responses": _refusals((problems.NOT_READY,)),
}


def complete(document: dict[str, Any], asks_for_key: bool) -> dict[str, Any]:
    """Return FastAPI's document with the schemas that it does not know to be used."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    if asks_for_key:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        for path, operations in document["paths"].items():
            if path.startswith("/v1/"):
                operations["post"]["security"] = [{"bearer": []}, {"header": []}]
    return document
