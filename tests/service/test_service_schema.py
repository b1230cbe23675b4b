"""The API held to its own OpenAPI document, with whatever a machine can think of."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", ["/v1/read", "/v1/predict"])
def test_every_answer_is_one_that_the_schema_announces(live: Any, path: str, mode: GenerationMode):
    schema = schemathesis.openapi.from_dict(live.client.get("/openapi.json").json())
    operation = schema[path]["post"]

    @settings(
        max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(base_url=live.address, checks=CHECKS)

    check()


def test_document_is_one_that_tools_accept(client: httpx.Client):
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "#/components/schemas/Problem" in str(document)
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_answers_fit_their_schemas(client: httpx.Client, seven: bytes, blank: bytes):
    document = client.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    for path in ("/v1/read", "/v1/predict"):
        for body in (
            {"content": seven},
            {"content": blank},
            {"files": [("file", seven), ("file", blank), ("file", b"text")]},
        ):
            response = client.post(path, **body)
            response.request.read()
            schema[path]["post"].validate_response(response)
