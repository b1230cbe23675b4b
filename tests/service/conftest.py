"""A reader that does what a test says, and the service running for real on a loopback port."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digit_ocr.errors import NoDigitFound
from digit_ocr.imaging.decode import load_grey
from digit_ocr.imaging.digit import prepare_digit
from digit_ocr.inference.numbers import clipped
from digit_ocr.results import Box, Digit, Number, Prediction, Reading
from digit_ocr.service.app import create_app
from digit_ocr.service.server import Server
from digit_ocr.service.settings import ServiceSettings

PATIENCE_SECONDS = 60.0


class FakeReader:
    """Reads 7 in every picture with ink. `gate` holds every call until it is opened."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        self.finished = 0
        self.asked: dict[str, Any] = {}

    def predict(self, image: Any) -> Prediction:
        self._work()
        if np.ptp(load_grey(image)) < 30:
            raise NoDigitFound("blank paper")
        return Prediction(7, 0.97, (0.0,) * 7 + (0.98, 0.01, 0.01), (4, 4, 24, 24), "fake")

    def explain(self, image: Any) -> tuple[Prediction, NDArray[np.float32]]:
        return self.predict(image), prepare_digit(load_grey(image)).image

    def read(
        self,
        image: Any,
        *,
        reject_below: float = 0.0,
        regions: Sequence[Box] | None = None,
        length: int | None = None,
    ) -> Reading:
        self._work()
        self.asked = {"reject_below": reject_below, "regions": regions, "length": length}
        height, width = load_grey(image).shape
        for region in regions or ():
            clipped(region, (height, width))
        if np.ptp(load_grey(image)) < 30:
            return Reading((), width, height, "fake")
        return Reading((self._number(0.99, 0), self._number(0.6, 1)), width, height, "fake")

    def _number(self, confidence: float, line: int) -> Number:
        top = 4 + 30 * line
        digits = tuple(
            Digit(digit, confidence, (4 + 12 * index, top, 14 + 12 * index, top + 20))
            for index, digit in enumerate((4, 2))
        )
        return Number(digits, confidence, (4, top, 26, top + 20), line)

    def _work(self) -> None:
        self.begun.release()
        assert self.gate.wait(PATIENCE_SECONDS), "the test never opened the gate"
        self.finished += 1


class LiveService:
    """A service on a loopback port, in a thread of this process."""

    def __init__(self, address: str, server: Server) -> None:
        self.address = address
        self.server = server
        self.service = server.service
        # Without TLS there is nothing to verify; loading the certificates takes a quarter second.
        self.client = httpx.Client(base_url=address, timeout=PATIENCE_SECONDS, verify=False)


@contextmanager
def run_service(
    reader_factory: Callable[[], Any], wait_until_ready: bool = True, **settings: Any
) -> Iterator[LiveService]:
    """Run a service with this reader while the context lasts."""
    listening = threading.Event()
    addresses: list[str] = []

    def on_listening(address: str) -> None:
        addresses.append(address)
        listening.set()

    chosen = ServiceSettings(port=0, **{"workers": 2, **settings})
    ready = threading.Event()

    def load() -> Any:
        reader = reader_factory()
        ready.set()
        return reader

    server = Server(create_app(load, chosen), chosen, on_listening)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert listening.wait(PATIENCE_SECONDS)
    live = LiveService(addresses[0], server)
    try:
        if wait_until_ready:
            assert ready.wait(PATIENCE_SECONDS)
            wait_for(lambda: live.service.reader is not None)
        yield live
    finally:
        live.client.close()
        server.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "the service did not stop"


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; fail where it never does."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.005)):
        if condition():
            return
        pause.wait(0.005)
    pytest.fail("it never came true")


@pytest.fixture
def start() -> Callable[..., Any]:
    """A function that runs a service with given reader and settings, as a context manager."""
    return run_service


@pytest.fixture(scope="module")
def start_module() -> Callable[..., Any]:
    """A function that runs a service with a `FakeReader` for the tests of a module."""
    return lambda **settings: run_service(FakeReader, **settings)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """A function that waits until a condition holds."""
    return wait_for


@pytest.fixture
def reader() -> FakeReader:
    """A reader under the test's control."""
    return FakeReader()


@pytest.fixture
def live(reader: FakeReader) -> Iterator[LiveService]:
    """A service that reads with `reader`."""
    with run_service(lambda: reader) as service:
        yield service


@pytest.fixture
def client(live: LiveService) -> httpx.Client:
    """A client of `live`."""
    return live.client


def as_bytes(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the picture encoded."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def draw_seven() -> Image.Image:
    """Return a 7, dark on light, 100 by 80 pixels."""
    image = Image.new("L", (100, 80), 240)
    ImageDraw.Draw(image).line([(30, 20), (70, 20), (48, 66)], fill=20, width=6)
    return image


@pytest.fixture(scope="session")
def seven() -> bytes:
    """A PNG of a 7."""
    return as_bytes(draw_seven())


@pytest.fixture(scope="session")
def blank() -> bytes:
    """A PNG of empty paper."""
    return as_bytes(Image.new("L", (100, 80), 240))


def huge_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """Return a small PNG that claims to be enormous."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="session")
def bad_pictures() -> dict[str, bytes]:
    """What is no readable picture, by a name for it."""
    png = as_bytes(draw_seven())
    jpeg = as_bytes(draw_seven(), "JPEG")
    damaged = bytearray(png)
    damaged[40:60] = bytes(20)
    return {
        "truncated png": png[: len(png) // 2],
        "truncated jpeg": jpeg[:200],
        "header alone": png[:33],
        "damaged png": bytes(damaged),
        "text": b"1572, as text in a file named .png",
        "html": b"<!doctype html><svg xmlns='http://www.w3.org/2000/svg'></svg>",
        "pdf": b"%PDF-1.7\n1 0 obj\n",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "zeros": bytes(5000),
        "one byte": b"\x89",
        "60000x60000": huge_png(),
        "wide and flat": huge_png(2_000_000_000, 1),
        "no size": huge_png(0, 0),
        "gif header": b"GIF89a\xff\xff\xff\xff",
        "tiff header": b"II*\x00\xff\xff\xff\xff",
        "webp header": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        "heic header": b"\x00\x00\x00\x18ftypheic" + bytes(40),
        "bmp claims 2 GB": b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 30000, 30000, 1, 24, 0),
    }


@pytest.fixture(scope="session")
def odd_pictures() -> dict[str, bytes]:
    """Pictures out of the ordinary that must be read like any other, by a name for each."""
    image = draw_seven()
    rgb = image.convert("RGB")
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.paste((10, 10, 10, 255), mask=image.point(lambda value: 255 * (value < 100)))
    turned = Image.Exif()
    turned[0x0112] = 6
    wide = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    return {
        "cmyk jpeg": as_bytes(rgb.convert("CMYK"), "JPEG"),
        "palette gif": as_bytes(rgb.convert("P"), "GIF"),
        "animated gif": as_bytes(rgb, "GIF", save_all=True, append_images=[rgb.rotate(90)]),
        "16 bit png": as_bytes(wide),
        "one bit tiff": as_bytes(image.convert("1"), "TIFF"),
        "transparent png": as_bytes(clear),
        "turned jpeg": as_bytes(rgb.rotate(90, expand=True), "JPEG", exif=turned),
        "webp": as_bytes(rgb, "WEBP"),
        "bmp": as_bytes(rgb, "BMP"),
        "light on dark": as_bytes(Image.eval(image, lambda value: 255 - value)),
    }


@pytest.fixture(scope="session")
def draw_with_mouse() -> Callable[..., None]:
    """A function that draws a 7 and further strokes, points in 0..1 of the sheet."""
    seven = [(0.28, 0.22), (0.5, 0.21), (0.72, 0.22), (0.6, 0.48), (0.52, 0.66), (0.45, 0.85)]

    def draw(page: Any, *strokes: list[tuple[float, float]]) -> None:
        page.locator("#pad").scroll_into_view_if_needed()
        box = page.locator("#pad").bounding_box()
        for stroke in (seven, *strokes):
            points = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point, steps=6)
            page.mouse.up()

    return draw
