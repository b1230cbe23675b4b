from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from digit_ocr.evaluation import evaluate as module
from digit_ocr.evaluation import speed

pytestmark = pytest.mark.browser

evaluate = partial(module.evaluate, threads=1)


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


@dataclass
class OpenedReport:
    """The report in the browser, with the complaints and requests that it has caused."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def open_report(new_page: Callable[..., Any], written: Path) -> Callable[..., OpenedReport]:
    """A function that opens the report."""

    def opened(width: int = 1200, **options: Any) -> OpenedReport:
        report = OpenedReport(new_page(width=width, **options))
        report.page.goto((written / "report.html").as_uri())
        return report

    return opened


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (400, "dark")])
def test_the_page_opens_without_complaint_and_fits_its_window(open_report, width, scheme):
    opened = open_report(width, color_scheme=scheme)
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width


def test_the_figures_of_metrics_json_are_on_the_page(open_report, written):
    opened = open_report()
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


def test_pressing_a_cell_shows_its_pictures(open_report):
    opened = open_report()
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


def test_counts_turn_into_shares_by_the_switch(open_report):
    opened = open_report()
    article = opened.page.locator("#model-1")
    cell = article.locator('.confusion button[data-key="3-3"]')
    count = cell.get_attribute("data-count")
    assert cell.inner_text().strip() == count
    article.locator('.switch button[data-unit="share"]').click()
    assert cell.inner_text().strip() == f"{10 * int(count):.0f}.0".replace("100.0", "100")


def test_models_are_shown_one_at_a_time_and_all_in_print(open_report):
    opened = open_report()
    first, second = opened.page.locator("#model-1"), opened.page.locator("#model-2")
    assert first.is_visible()
    assert not second.is_visible()
    opened.page.locator(".tabs button").nth(1).click()
    assert second.is_visible()
    assert not first.is_visible()
    opened.page.emulate_media(media="print")
    assert first.is_visible()
    assert second.is_visible()


def test_without_scripts_everything_is_there_to_be_read(open_report):
    opened = open_report(java_script_enabled=False)
    for number in (1, 2):
        assert opened.page.locator(f"#model-{number} .card").first.is_visible()
