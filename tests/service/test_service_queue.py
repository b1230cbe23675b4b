"""Many requests at once, slow ones, clients that leave, and a stop in the middle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from digit_ocr.errors import ModelNotUsable

Start = Callable[..., Any]
Eventually = Callable[[Callable[[], bool]], None]


def post_in_background(live: Any, pool: ThreadPoolExecutor, picture: bytes) -> Any:
    return pool.submit(live.client.post, "/v1/predict", content=picture)


def open_request(live: Any, body: bytes, length: int) -> socket.socket:
    """Return a connection on which a request has begun: `body` of the `length` bytes promised."""
    address = urlsplit(live.address)
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    head = f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def test_full_queue_answers_503_with_retry_after_and_recovers(
    start: Start, reader: Any, seven: bytes, eventually: Eventually
):
    with start(lambda: reader, workers=1, queue_size=1) as live, ThreadPoolExecutor(2) as pool:
        reader.gate.clear()
        waiting = [post_in_background(live, pool, seven) for _ in range(2)]
        eventually(lambda: live.service.pool.in_flight == 2)
        refused = live.client.post("/v1/predict", content=seven)
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems/queue-full"
        assert int(refused.headers["retry-after"]) >= 1
        assert live.client.get("/healthz").status_code == 200
        reader.gate.set()
        assert [future.result().status_code for future in waiting] == [200, 200]
        eventually(lambda: live.service.pool.in_flight == 0)
        assert live.client.post("/v1/predict", content=seven).status_code == 200


def test_below_the_limit_of_the_queue_every_request_is_answered(
    start: Start, reader: Any, seven: bytes
):
    with start(lambda: reader, workers=2, queue_size=14) as live, ThreadPoolExecutor(16) as pool:
        futures = [post_in_background(live, pool, seven) for _ in range(16)]
        assert {future.result().status_code for future in futures} == {200}


def test_slow_reading_is_answered_504_and_keeps_its_place_until_the_thread_is_done(
    start: Start, reader: Any, seven: bytes, eventually: Eventually
):
    with start(lambda: reader, workers=1, queue_size=0, request_timeout_seconds=2) as live:
        reader.gate.clear()
        late = live.client.post("/v1/predict", content=seven)
        assert late.status_code == 504
        assert late.json()["type"] == "/problems/timed-out"
        # The thread still works: taking another request would not be bounded any more.
        assert live.client.post("/v1/predict", content=seven).status_code == 503
        reader.gate.set()
        eventually(lambda: live.service.pool.in_flight == 0)
        live.service.settings = replace(live.service.settings, request_timeout_seconds=60)
        assert live.client.post("/v1/predict", content=seven).status_code == 200


def test_body_that_does_not_arrive_is_answered_408(start: Start, reader: Any):
    with (
        start(lambda: reader, request_timeout_seconds=0.2) as live,
        open_request(live, b"half", 100) as connection,
    ):
        answer = connection.recv(4000).decode()
        assert answer.startswith("HTTP/1.1 408 ")
        assert "/problems/upload-too-slow" in answer + connection.recv(4000).decode()


def test_request_whose_client_has_left_is_never_read(
    start: Start, reader: Any, seven: bytes, eventually: Eventually
):
    with start(lambda: reader, workers=1, queue_size=4) as live, ThreadPoolExecutor(1) as pool:
        reader.gate.clear()
        first = post_in_background(live, pool, seven)
        eventually(lambda: live.service.pool.in_flight == 1)
        leaving = open_request(live, seven, len(seven))
        eventually(lambda: live.service.pool.in_flight == 2)
        before = reader.finished
        leaving.close()
        eventually(lambda: live.service.pool.in_flight == 1)
        reader.gate.set()
        assert first.result().status_code == 200
        assert live.client.post("/v1/predict", content=seven).status_code == 200
        assert reader.finished == before + 2


def test_client_that_leaves_in_the_middle_of_its_upload_gives_its_place_back(
    start: Start, reader: Any, eventually: Eventually
):
    with start(lambda: reader) as live:
        leaving = open_request(live, b"half", 100)
        eventually(lambda: live.service.pool.in_flight == 1)
        leaving.close()
        eventually(lambda: live.service.pool.in_flight == 0)


def test_stop_finishes_what_has_begun(
    start: Start, reader: Any, seven: bytes, eventually: Eventually
):
    with ThreadPoolExecutor(1) as pool:
        with start(lambda: reader) as live:
            reader.gate.clear()
            begun = post_in_background(live, pool, seven)
            eventually(lambda: live.service.pool.in_flight == 1)
            live.server.stop()
            threading.Timer(0.3, reader.gate.set).start()
            assert begun.result().status_code == 200
        assert begun.result().json()["digit"] == 7


def test_health_is_503_until_the_models_are_loaded(
    start: Start, reader: Any, seven: bytes, eventually: Eventually
):
    loading = threading.Event()

    def load_slowly() -> Any:
        assert loading.wait(60)
        return reader

    with start(load_slowly, wait_until_ready=False) as live:
        health = live.client.get("/healthz")
        assert (health.status_code, health.json()["type"]) == (503, "/problems/not-ready")
        assert live.client.post("/v1/predict", content=seven).status_code == 503
        assert live.client.get("/").status_code == 200
        loading.set()
        eventually(lambda: live.client.get("/healthz").status_code == 200)
        assert live.client.get("/healthz").json()["status"] == "ready"


def test_service_stops_where_the_models_cannot_be_loaded(start: Start, eventually: Eventually):
    def fail() -> Any:
        raise ModelNotUsable("digit.onnx: no model of ours")

    with start(fail, wait_until_ready=False) as live:
        eventually(lambda: live.service.load_error is not None)
        eventually(lambda: live.server.should_exit)
    assert isinstance(live.service.load_error, ModelNotUsable)


def test_models_are_loaded_once(start: Start, reader: Any, seven: bytes):
    loaded = []

    def load() -> Any:
        loaded.append(1)
        return reader

    with start(load) as live:
        for _ in range(5):
            live.client.post("/v1/predict", content=seven)
    assert loaded == [1]


def test_one_request_with_many_files_uses_all_workers(start: Start, reader: Any, seven: bytes):
    with start(lambda: reader, workers=2) as live, ThreadPoolExecutor(1) as pool:
        while reader.begun.acquire(blocking=False):
            pass  # What warming up has begun.
        reader.gate.clear()
        files = [("file", seven)] * 2
        answer = pool.submit(live.client.post, "/v1/predict", files=files)
        assert reader.begun.acquire(timeout=60)
        assert reader.begun.acquire(timeout=60)
        reader.gate.set()
        assert len(answer.result().json()["results"]) == 2


@pytest.mark.parametrize("requests", [50])
def test_connections_are_kept_open_between_requests(
    client: httpx.Client, seven: bytes, requests: int
):
    answers = [client.post("/v1/predict", content=seven).status_code for _ in range(requests)]
    assert answers == [200] * requests
