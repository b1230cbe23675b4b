"""From end to end: the console command, the shipped weights, and a browser."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

import digit_ocr

STATIC = Path(digit_ocr.__file__).parent / "service" / "static"
SAMPLES = {
    "list": "1572 43\n60 2819\n734 95\n408261\n16 307 8\n5240 71",
    "form": "8 465 3 881\n27 950 42 2063\n689 5 107 4\n9156 64 6731 79\n6 368 8 345\n18 2 96 3203",
    "board": "31415 92\n2718 28\n1618 034",
}


@pytest.fixture(scope="module")
def shipped() -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """`digit-ocr serve` in a process of its own, ready, with a client."""
    command = [sys.executable, "-m", "digit_ocr", "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address, log = "", []
        for line in process.stderr:
            log.append(line)
            entry = json.loads(line) if line.startswith("{") else {}
            address = entry.get("address", address)
            if entry.get("event") == "ready":
                break
        else:
            pytest.fail("".join(log))
        with httpx.Client(base_url=address, timeout=60, verify=False) as client:
            yield process, client
        process.terminate()
        process.wait()


def test_shipped_reader_predicts_what_the_python_call_predicts(
    shipped: tuple[Any, httpx.Client], draw: Callable[..., Image.Image], seven: bytes
):
    answer = shipped[1].post("/v1/predict", content=seven).json()
    prediction = digit_ocr.predict(seven)
    assert answer["digit"] == prediction.digit == 7
    assert answer["confidence"] == pytest.approx(prediction.confidence, abs=1e-4)
    assert answer["model"] == prediction.model


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_pictures_are_read_right(shipped: tuple[Any, httpx.Client], name: str):
    picture = (STATIC / "samples" / f"{name}.jpg").read_bytes()
    assert shipped[1].post("/v1/read", content=picture).json()["text"] == SAMPLES[name]


def test_shipped_reader_refuses_bad_pictures_in_words(
    shipped: tuple[Any, httpx.Client], bad_pictures: dict[str, bytes]
):
    for name, data in bad_pictures.items():
        for path in ("/v1/read", "/v1/predict"):
            status = shipped[1].post(path, content=data).status_code
            assert (name, status) in [(name, code) for code in (413, 415, 422)]


def test_shipped_reader_takes_odd_pictures(
    shipped: tuple[Any, httpx.Client], odd_pictures: dict[str, bytes], blank: bytes
):
    for name, data in odd_pictures.items():
        assert (name, shipped[1].post("/v1/read", content=data).status_code) == (name, 200)
        assert (name, shipped[1].post("/v1/predict", content=data).status_code) == (name, 200)
    assert shipped[1].post("/v1/read", content=blank).json()["text"] == ""
    assert shipped[1].post("/v1/predict", content=blank).status_code == 422


@pytest.mark.browser
def test_seven_drawn_by_mouse_is_read_by_the_shipped_weights(
    shipped: tuple[Any, httpx.Client],
    new_page: Callable[..., Any],
    draw_with_mouse: Callable[..., None],
):
    page = new_page()
    page.goto(str(shipped[1].base_url))
    draw_with_mouse(page)
    expect(page.locator("#draw-live")).to_contain_text("A 7")
    expect(page.locator("#digit")).to_have_text("7")
    page.locator(".sample").first.click()
    expect(page.locator("#lines button").first).to_contain_text("1572")


def test_sigterm_ends_the_service_in_good_order(shipped: tuple[Any, httpx.Client]):
    process, client = shipped
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
