from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from digit_ocr.evaluation import evaluate as module
from digit_ocr.evaluation import speed

pytestmark = pytest.mark.browser

evaluate = partial(module.evaluate, threads=1)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def skip_or_fail(reason: str) -> None:
    """Skip where a browser may be missing; fail where the run has promised one."""
    if os.environ.get("DIGIT_OCR_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        skip_or_fail("playwright is not installed")
    if CHROMIUM is None:
        skip_or_fail("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory, save_model, digit_folder) -> Path:
    """A report on two models, with robustness."""
    out = tmp_path_factory.mktemp("report")
    models = [save_model(), save_model(count=30, name="hasty", none=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "SECONDS", 0.0)
        patch.setattr("digit_ocr.evaluation.robustness.MAX_PICTURES", 2)
        evaluate(models, digit_folder, out, robustness=True)
    return out


class Page:
    """A page of the browser that remembers complaints and requests."""

    def __init__(self, browser: Any, report: Path, width: int, **options: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (400, "dark")])
def test_the_page_opens_without_complaint_and_fits_its_window(browser, written, width, scheme):
    opened = Page(browser, written / "report.html", width, color_scheme=scheme)
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    opened.page.close()


def test_the_figures_of_metrics_json_are_on_the_page(browser, written):
    opened = Page(browser, written / "report.html", 1200)
    models = json.loads((written / "metrics.json").read_text())["models"]
    for number, model in enumerate(models, start=1):
        article = opened.page.locator(f"#model-{number}")

        def shown(name: str, article: Any = article) -> list[str]:
            return [
                text.strip()
                for text in article.locator(f"[data-metric={name}]").all_text_contents()
            ]

        low, high = model["accuracy_interval_95"]
        assert shown("accuracy") == [f"{100 * model['accuracy']:.2f}%"]
        assert shown("interval") == [f"{100 * low:.2f} % to {100 * high:.2f} %"]
        assert shown("macro_f1") == [f"{100 * model['macro_f1']:.2f} %"]
        error = model["calibration"]["expected_calibration_error"]
        assert shown("ece") == [f"{100 * error:.2f} %"]
        assert shown("brier") == [f"{model['calibration']['brier_score']:.4f}"]
        for row in model["per_class"]:
            assert shown(f"f1-{row['class']}") == [f"{100 * row['f1']:.2f} %"]
        counts = [
            int(button.get_attribute("data-count"))
            for button in article.locator(".confusion button").all()
        ]
        assert counts == [n for row in model["confusion_matrix"] for n in row if n]
    opened.page.close()


def test_pressing_a_cell_shows_its_pictures(browser, written):
    opened = Page(browser, written / "report.html", 1200)
    article = opened.page.locator("#model-1")
    cell = article.locator('.confusion button[data-key="3-3"]')
    cell.click()
    count = int(cell.get_attribute("data-count"))
    title = article.locator("[data-cell-title]").text_content()
    assert title == f"3 read correctly: {count}"
    assert article.locator(".cell-pictures .pic").count() == count
    assert cell.get_attribute("aria-pressed") == "true"
    # The tile is drawn from the sheet inside the page.
    drawn = "getComputedStyle(document.querySelector('.cell-pictures .pic'), '::before')"
    assert opened.page.evaluate(f"{drawn}.backgroundImage").startswith('url("data:image/png')
    opened.page.close()


def test_counts_turn_into_shares_by_the_switch(browser, written):
    opened = Page(browser, written / "report.html", 1200)
    article = opened.page.locator("#model-1")
    cell = article.locator('.confusion button[data-key="3-3"]')
    count = cell.get_attribute("data-count")
    assert cell.inner_text().strip() == count
    article.locator('.switch button[data-unit="share"]').click()
    assert cell.inner_text().strip() == f"{10 * int(count):.0f}.0".replace("100.0", "100")
    opened.page.close()


def test_models_are_shown_one_at_a_time_and_all_in_print(browser, written):
    opened = Page(browser, written / "report.html", 1200)
    first, second = opened.page.locator("#model-1"), opened.page.locator("#model-2")
    assert first.is_visible()
    assert not second.is_visible()
    opened.page.locator(".tabs button").nth(1).click()
    assert second.is_visible()
    assert not first.is_visible()
    opened.page.emulate_media(media="print")
    assert first.is_visible()
    assert second.is_visible()
    opened.page.close()


def test_without_scripts_everything_is_there_to_be_read(browser, written):
    opened = Page(browser, written / "report.html", 1200, java_script_enabled=False)
    for number in (1, 2):
        assert opened.page.locator(f"#model-{number} .card").first.is_visible()
    opened.page.close()
