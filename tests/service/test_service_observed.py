"""Metrics and logs: what can be seen of the service from outside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from digit_ocr.service.logs import LOGGER_NAME, JsonFormatter, log_as_json

Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, object]]]:
    """What the service logs, parsed."""
    lines: list[dict[str, object]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = self.format(record)
            assert "\n" not in line
            lines.append(json.loads(line))

    logger = logging.getLogger(LOGGER_NAME)
    collector = Collector()
    collector.setFormatter(JsonFormatter())
    level = logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(collector)
    logger.setLevel(level)


def value_of(exposition: str, series: str) -> float:
    """Return the value of one series, 0 where there is none."""
    values = [line for line in exposition.splitlines() if line.startswith(f"{series} ")]
    return float(values[0].rsplit(" ", 1)[1]) if values else 0.0


def test_requests_latency_refusals_and_empty_pictures_are_counted(
    client: httpx.Client, seven: bytes, blank: bytes
):
    client.post("/v1/predict", content=seven)
    client.post("/v1/predict", content=blank)
    client.post("/v1/predict", content=b"no picture")
    client.post("/v1/read", files=[("file", seven), ("file", blank)])
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    expected = {
        'digit_ocr_requests_total{endpoint="/v1/predict",status="200"}': 1,
        'digit_ocr_requests_total{endpoint="/v1/predict",status="422"}': 1,
        'digit_ocr_request_seconds_count{endpoint="/v1/predict"}': 3,
        'digit_ocr_refusals_total{problem="no-digit-found"}': 1,
        'digit_ocr_refusals_total{problem="unsupported-picture"}': 1,
        'digit_ocr_pictures_total{endpoint="/v1/read",outcome="read"}': 1,
        'digit_ocr_pictures_without_digits_total{endpoint="/v1/predict"}': 1,
        'digit_ocr_pictures_without_digits_total{endpoint="/v1/read"}': 1,
        "digit_ocr_requests_in_flight": 0,
        "digit_ocr_ready": 1,
    }
    assert {series: value_of(response.text, series) for series in expected} == expected
    assert "process_resident_memory_bytes" in response.text


def test_made_up_addresses_and_methods_do_not_grow_the_metrics(client: httpx.Client):
    for index in range(20):
        client.get(f"/made-up-{index}")
    assert "made-up" not in client.get("/metrics").text


def test_a_request_is_one_line_of_json_with_its_id_and_nothing_of_the_picture(
    client: httpx.Client,
    seven: bytes,
    log_lines: list[dict[str, object]],
    eventually: Eventually,
):
    client.post(
        "/v1/read?length=2",
        files={"file": ("private name.png", seven)},
        headers={"x-request-id": "order-66"},
    )
    # The line is written when the answer has been sent.
    eventually(lambda: len(log_lines) == 1)
    line = log_lines[0]
    assert line["event"] == "request"
    assert line["request_id"] == "order-66"
    assert (line["method"], line["endpoint"], line["status"]) == ("POST", "/v1/read", 200)
    assert (line["pictures"], line["bytes"], line["read"]) == (1, len(seven), 1)
    assert "private" not in json.dumps(line)
    assert "42" not in str(line.get("text", ""))


def test_probes_and_scrapes_are_not_logged_while_all_is_well(
    client: httpx.Client, log_lines: list[dict[str, object]], eventually: Eventually
):
    client.get("/healthz")
    client.get("/metrics")
    client.get("/docs")
    eventually(lambda: len(log_lines) == 1)
    assert log_lines[0]["endpoint"] == "/docs"


def test_refusal_is_logged_with_its_problem(
    client: httpx.Client, log_lines: list[dict[str, object]], eventually: Eventually
):
    client.post("/v1/read", content=b"no picture")
    eventually(lambda: len(log_lines) == 1)
    assert log_lines[0]["problem"] == "unsupported-picture"


def test_logs_go_to_standard_error_as_json(capsys: pytest.CaptureFixture[str]):
    logger = logging.getLogger(LOGGER_NAME)
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    try:
        log_as_json()
        logger.info("listening", extra={"fields": {"address": "http://127.0.0.1:8000"}})
    finally:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["address"] == "http://127.0.0.1:8000"
