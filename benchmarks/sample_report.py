"""Make reports/sample: the report on the weights that ship, as the README shows it.

    python benchmarks/sample_report.py [--model PATH] [--no-robustness]

Minutes, because of the spoilt pictures. Where Chromium and playwright are there, its picture is
taken too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from digit_ocr.evaluation.evaluate import evaluate

SAMPLE = Path(__file__).parent.parent / "reports" / "sample"
SIZE = {"width": 1180, "height": 1240}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="a model file; the weights that ship otherwise")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--no-robustness", action="store_true")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    result = evaluate(
        [options.model],
        options.data,
        SAMPLE,
        robustness=not options.no_robustness,
        # Over a megabyte: what anybody can make again has no place in the repository.
        predictions=False,
        threads=options.threads,
        progress=show,
    )
    take_picture(result.report)
    print(f"{result.report}: accuracy {result.metrics['models'][0]['accuracy']:.2%}")


def show(stage: str, done: int, total: int) -> None:
    print(f"\r{stage}: {done} of {total}", end="" if done < total else "\n", file=sys.stderr)


def take_picture(report: Path) -> None:
    """Save what a reader sees first, beside the report."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("no picture: chromium or playwright is missing", file=sys.stderr)
        return
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport=SIZE)
        page.goto(report.resolve().as_uri())
        page.screenshot(path=str(report.with_suffix(".png")))
        browser.close()


if __name__ == "__main__":
    main()
