"""The page in headless Chromium, as a person uses it."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(start_module: Any) -> Iterator[Any]:
    """A service with a reader that sees 7 in every drawing and 42, 42 in every photo."""
    with start_module() as live:
        yield live


@pytest.fixture
def open_page(new_page: Callable[..., Any], service: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens the page; what goes wrong behind it fails the test at its end."""
    complaints: list[str] = []

    def opened(**options: Any) -> Any:
        page = new_page(**options)
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: note_foreign(request.url))
        page.goto(service.address)
        return page

    def note_foreign(url: str) -> None:
        if not url.startswith((service.address, "blob:", "data:")):
            complaints.append(f"request to {url}")

    yield opened
    assert complaints == []


def photo() -> bytes:
    """Return a JPEG with two numbers' worth of strokes, 320 by 240."""
    image = Image.new("RGB", (320, 240), (235, 232, 225))
    ImageDraw.Draw(image).line([(20, 20), (60, 20), (40, 70)], fill=(30, 30, 60), width=6)
    stream = io.BytesIO()
    image.save(stream, "JPEG")
    return stream.getvalue()


def hand_over(page: Any, how: str, name: str, kind: str, data: bytes) -> None:
    """Drop a file on the page, or paste it."""
    script = """([how, name, kind, encoded]) => {
      const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type: kind }));
      const event = how === "drop"
        ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
      document.body.dispatchEvent(event);
    }"""
    page.evaluate(script, [how, name, kind, base64.b64encode(data).decode("ascii")])


def test_seven_drawn_with_the_mouse_is_read_as_seven(
    open_page: Callable[..., Any], draw_with_mouse: Callable[..., None]
):
    page = open_page()
    draw_with_mouse(page)
    expect(page.locator("#digit")).to_have_text("7")
    expect(page.locator("#bars .top-one")).to_contain_text("98.0 %")
    expect(page.locator("#draw-live")).to_have_text("A 7, 97.0 % certain.")
    ink = page.evaluate(
        "() => document.getElementById('seen').getContext('2d').getImageData(0, 0, 28, 28)"
        ".data.filter((value, index) => index % 4 === 0 && value > 128).length"
    )
    assert 20 < ink < 300, "the 28x28 picture shows the stroke"


def test_bars_follow_while_the_pen_is_still_down(open_page: Callable[..., Any]):
    page = open_page()
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 200, steps=8)
    expect(page.locator("#digit")).to_have_text("7")
    page.mouse.up()


def test_empty_sheet_says_so_before_drawing_and_after_undo_and_clear(
    open_page: Callable[..., Any], draw_with_mouse: Callable[..., None]
):
    page = open_page()
    verdict = page.locator("#verdict")
    expect(verdict).to_have_text("The sheet is empty.")
    expect(page.locator("#undo")).to_be_disabled()
    draw_with_mouse(page, [(0.3, 0.5), (0.7, 0.5)])
    expect(page.locator("#digit")).to_have_text("7")
    page.click("#undo")
    expect(page.locator("#digit")).to_have_text("7")
    page.click("#undo")
    expect(verdict).to_have_text("The sheet is empty.")
    draw_with_mouse(page)
    expect(page.locator("#digit")).to_have_text("7")
    page.click("#clear")
    expect(verdict).to_have_text("The sheet is empty.")
    expect(page.locator("#bars button").first).to_be_disabled()


def test_digit_is_drawn_with_the_keyboard_alone(open_page: Callable[..., Any]):
    page = open_page()
    page.keyboard.press("Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.id") == "pad":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for key in ["ArrowRight"] * 12 + ["ArrowDown"] * 16:
        page.keyboard.press(key)
    page.keyboard.press("Space")
    expect(page.locator("#digit")).to_have_text("7")
    page.keyboard.press("Escape")
    expect(page.locator("#verdict")).to_have_text("The sheet is empty.")


def test_dropped_photo_shows_its_numbers_with_doubtful_ones_marked(open_page: Callable[..., Any]):
    page = open_page()
    hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
    expect(page.locator("#photo-live")).to_have_text("2 numbers in 2 lines.")
    outlines = page.locator(".outline")
    expect(outlines).to_have_count(2)
    expect(outlines.nth(0)).to_contain_text("42")
    expect(outlines.nth(0)).to_contain_text("99.0 %")
    expect(outlines.nth(1)).to_have_class(re.compile("doubtful"))
    box, picture = outlines.nth(0).bounding_box(), page.locator("#picture img").bounding_box()
    assert box["x"] - picture["x"] == pytest.approx(4 * picture["width"] / 320, abs=2)
    assert box["width"] == pytest.approx(22 * picture["width"] / 320, abs=2)
    page.locator("#threshold").fill("50")
    expect(page.locator(".outline.doubtful")).to_have_count(0)


def test_photo_is_chosen_and_another_one_after_it(open_page: Callable[..., Any]):
    page = open_page()
    picture = {"name": "note.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    page.set_input_files("#file", picture)
    expect(page.locator(".outline")).to_have_count(2)
    page.click("#another")
    expect(page.locator("#drop")).to_be_visible()
    page.set_input_files("#file", picture)
    expect(page.locator(".outline")).to_have_count(2)


def test_broken_file_that_is_pasted_gives_a_message_in_words(open_page: Callable[..., Any]):
    page = open_page()
    hand_over(page, "paste", "broken.png", "image/png", b"\x89PNG\r\n\x1a\nbroken")
    error = page.locator("#photo-error")
    expect(error).to_be_visible()
    expect(error).to_contain_text("broken.png")
    expect(error).to_have_attribute("role", "alert")
    hand_over(page, "paste", "note.jpg", "image/jpeg", photo())
    expect(page.locator(".outline")).to_have_count(2)
    expect(error).to_be_hidden()


def test_picture_that_the_browser_cannot_show_is_shown_by_the_service(
    open_page: Callable[..., Any],
):
    page = open_page()
    stream = io.BytesIO()
    Image.open(io.BytesIO(photo())).save(stream, "TIFF")
    hand_over(page, "drop", "scan.tif", "image/tiff", stream.getvalue())
    expect(page.locator("#photo-live")).to_have_text("2 numbers in 2 lines.")
    assert page.locator("#picture img").get_attribute("src").startswith("data:image/png")


@pytest.mark.parametrize("index", range(3))
def test_sample_picture_is_read_at_a_click(open_page: Callable[..., Any], index: int):
    page = open_page()
    page.locator(".sample").nth(index).click()
    expect(page.locator("#photo-live")).to_have_text("2 numbers in 2 lines.")


def test_correction_changes_the_number_and_downloads_as_a_labelled_folder(
    open_page: Callable[..., Any], tmp_path: Path
):
    page = open_page()
    hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
    page.locator("#lines button").nth(1).click()
    boxes = page.locator("#cells input")
    expect(boxes).to_have_count(2)
    assert boxes.evaluate_all("all => all.map((box) => box.value)") == ["4", "2"]
    boxes.nth(0).fill("9")
    boxes.nth(1).fill("")
    page.keyboard.press("Enter")
    expect(page.locator("#lines button").nth(1)).to_contain_text("9")
    expect(page.locator(".outline.corrected")).to_have_count(1)
    expect(page.locator("#corrections-count")).to_have_text("1 digit")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "corrections.zip")
    with zipfile.ZipFile(tmp_path / "corrections.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        pictures = [name for name in names if name.endswith(".png")]
        assert [name for name in names if name.endswith("/")] == [
            f"corrections/{digit}/" for digit in range(10)
        ]
        assert len(pictures) == 1
        assert pictures[0].startswith("corrections/9/")
        with Image.open(io.BytesIO(archive.read(pictures[0]))) as crop:
            assert crop.size == (16, 26)


def test_downloaded_corrections_are_a_data_set_that_training_takes(
    open_page: Callable[..., Any], tmp_path: Path, draw_with_mouse: Callable[..., None]
):
    from digit_ocr.data.folder_dataset import load_folder

    page = open_page()
    draw_with_mouse(page)
    expect(page.locator("#digit")).to_have_text("7")
    page.locator("#bars button").nth(7).click()
    page.locator("#bars button").nth(1).click()
    expect(page.locator("#corrections-count")).to_have_text("2 digits")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "corrections.zip")
    with zipfile.ZipFile(tmp_path / "corrections.zip") as archive:
        archive.extractall(tmp_path)
    digits = load_folder(tmp_path / "corrections")
    assert sorted(digits.labels.tolist()) == [1, 7]
    page.click("#forget")
    expect(page.locator("#corrections")).to_be_hidden()


def test_cancelled_correction_changes_nothing(open_page: Callable[..., Any]):
    page = open_page()
    hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
    page.locator("#lines button").nth(0).click()
    page.locator("#cells input").nth(0).fill("9")
    page.keyboard.press("Escape")
    expect(page.locator("#editor")).to_be_hidden()
    expect(page.locator("#lines button").nth(0)).to_contain_text("42")
    expect(page.locator("#corrections")).to_be_hidden()


def test_numbers_are_copied_as_text_csv_and_json(open_page: Callable[..., Any]):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    hand_over(page, "drop", "a,b.jpg", "image/jpeg", photo())

    def copied(kind: str, said: str) -> str:
        page.click(f"[data-copy={kind}]")
        expect(page.locator("#copied")).to_have_text(f"Copied as {said}.")
        return page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")

    assert copied("text", "text") == "42\n42"
    assert copied("csv", "CSV").splitlines()[:2] == [
        "file,line,text,confidence,x0,y0,x1,y1,error",
        '"a,b.jpg",0,42,0.99,4,4,26,24,',
    ]
    reading = json.loads(copied("json", "JSON"))
    assert [number["text"] for number in reading["numbers"]] == ["42", "42"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screen_shows_everything_without_scrolling_sideways(
    open_page: Callable[..., Any], scheme: str, draw_with_mouse: Callable[..., None]
):
    page = open_page(width=360, height=740, color_scheme=scheme, has_touch=True)
    draw_with_mouse(page)
    expect(page.locator("#digit")).to_have_text("7")
    hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
    expect(page.locator(".outline")).to_have_count(2)
    page.locator("#lines button").nth(0).click()
    expect(page.locator("#editor")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(open_page: Callable[..., Any], scheme: str):
    page = open_page(color_scheme=scheme)
    colours = page.evaluate(
        """() => {
          const style = getComputedStyle(document.documentElement);
          const pairs = [["text", "ground"], ["text", "surface"], ["muted", "ground"],
            ["muted", "surface"], ["accent", "surface"], ["on-accent", "accent"],
            ["doubtful", "doubtful-soft"], ["doubtful", "surface"], ["error", "error-soft"],
            ["corrected", "surface"], ["ink", "sheet"]];
          const value = (name) => style.getPropertyValue(`--${name}`).trim();
          return pairs.map((pair) => pair.map(value));
        }"""
    )
    for text, ground in colours:
        assert contrast(text, ground) >= 4.5, (text, ground)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours `#rrggbb` as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        digits = colour.removeprefix("#")
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)] if len(digits) == 6 else []
        linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_everything_that_can_be_used_has_a_name(
    open_page: Callable[..., Any], draw_with_mouse: Callable[..., None]
):
    page = open_page()
    draw_with_mouse(page)
    expect(page.locator("#digit")).to_have_text("7")
    hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
    expect(page.locator(".outline")).to_have_count(2)
    page.locator("#lines button").nth(0).click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, canvas[role], img")]
          .filter((e) => e.checkVisibility() && !e.closest("[aria-hidden=true]"))
          .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length
            || e.getAttribute("aria-labelledby") || e.hasAttribute("alt")))
          .map((e) => e.outerHTML)"""
    )
    assert nameless == []


def test_page_asks_for_the_key_of_a_service_that_has_one(
    new_page: Callable[..., Any], start_module: Any
):
    with start_module(api_key="s3cret") as live:
        page = new_page()
        page.goto(live.address)
        hand_over(page, "drop", "note.jpg", "image/jpeg", photo())
        page.fill("#key", "s3cret")
        page.keyboard.press("Enter")
        expect(page.locator(".outline")).to_have_count(2)


def test_service_that_has_stopped_is_told_in_words(
    new_page: Callable[..., Any], start_module: Any, draw_with_mouse: Callable[..., None]
):
    with start_module() as live:
        page = new_page()
        page.goto(live.address)
    with pytest.raises(httpx.ConnectError):
        httpx.get(live.address)
    draw_with_mouse(page)
    expect(page.locator("#draw-error")).to_contain_text("does not answer")


def test_documentation_is_readable_on_a_phone(open_page: Callable[..., Any], service: Any):
    page = open_page(width=360, height=740)
    page.goto(f"{service.address}/docs")
    expect(page.locator("h1")).to_contain_text("API")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
