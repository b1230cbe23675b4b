"""What the documents say is so: commands run, options exist, links lead on, figures agree."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import typer
from PIL import Image, ImageDraw, ImageFont

from digit_ocr import __version__
from digit_ocr.cli.main import app, run

ROOT = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "MODEL_CARD.md"]
DOCUMENTS += ["docs/architecture.md", "docs/experiments.md", "docs/metrics-schema.md"]
DOCUMENTS += ["docs/service.md"]
# Commands that are run here: what trains, serves or measures has tests of its own.
QUICK = {"read", "predict", "evaluate"}


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(document), re.DOTALL)


def shell_lines(document: str) -> Iterator[list[str]]:
    """Yield the words of each shell command, comments left out."""
    for block in blocks(document, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def digit_ocr_commands() -> list[list[str]]:
    return [
        words[1:]
        for document in ("README.md", "CONTRIBUTING.md", "docs/service.md")
        for words in shell_lines(document)
        if words[0] == "digit-ocr"
    ]


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README's examples name."""

    def draw(text: str, size: tuple[int, int], name: str) -> None:
        image = Image.new("L", size, 238)
        font = ImageFont.load_default(0.6 * size[1] / (1 + text.count("\n")))
        middle = (size[0] / 2, size[1] / 2)
        ImageDraw.Draw(image).multiline_text(middle, text, 25, font, anchor="mm", spacing=20)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)

    draw("7", (90, 90), "seven.png")
    draw("1572\n43890", (400, 260), "page.jpg")
    draw("2049", (260, 160), "form.png")
    draw("318", (200, 90), "scans/monday/first.png")
    for digit in range(10):
        draw(str(digit), (64, 64), f"my-digits/{digit}/one.png")
        draw(str(digit), (90, 80), f"my-digits/{digit}/two.png")
    samples = "src/digit_ocr/service/static/samples"
    shutil.copytree(ROOT / samples, tmp_path / samples)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["digits", "numbers"])
def test_published_figures_are_those_of_the_weights_that_ship(name: str) -> None:
    results = ROOT / "benchmarks" / "results" / f"{name}.json"
    measured = json.loads(results.read_text(encoding="utf-8"))["weights_sha256"]
    assert measured
    for file, sha256 in measured.items():
        path = ROOT / "src" / "digit_ocr" / "weights" / file
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256, file


@pytest.mark.parametrize("number", range(len(blocks("README.md", "python"))))
def test_the_readme_s_python_runs(
    number: int, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snippet = blocks("README.md", "python")[number]
    exec(compile(snippet, "README.md", "exec"), {"digit_ocr": __import__("digit_ocr")})
    shown = capsys.readouterr().out
    if "predict(" in snippet:
        assert shown.splitlines()[:2] == ["1572", "43890"]
        assert "\n7 " in shown
        assert (pictures / "annotated.png").is_file()
    else:
        assert "'error': {'type': 'ImageNotReadable'" in shown


@pytest.mark.parametrize(
    "arguments",
    [c for c in digit_ocr_commands() if c[0] in QUICK and "runs/" not in str(c)],
    ids=" ".join,
)
def test_the_readme_s_quick_commands_run(arguments: list[str], pictures: Path) -> None:
    assert run(arguments) == 0


def test_the_readme_promises_the_last_line_of_predict(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", "seven.png"]) == 0
    assert capsys.readouterr().out == "Predicted digit: 7\n"


@pytest.mark.parametrize("arguments", digit_ocr_commands(), ids=" ".join)
def test_every_command_and_option_in_the_documents_exists(arguments: list[str]) -> None:
    command = typer.main.get_command(app)
    words = iter(arguments)
    while hasattr(command, "commands"):
        command = command.commands[next(words)]
    known = {name for parameter in command.params for name in (*parameter.opts, "--help")}
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert options <= known


def test_every_option_in_the_readme_s_prose_exists() -> None:
    command = typer.main.get_command(app)
    known = {
        name
        for subcommand in command.commands.values()
        for parameter in subcommand.params
        for name in parameter.opts
    }
    prose = re.sub(r"```.*?```", "", text_of("README.md"), flags=re.DOTALL)
    assert set(re.findall(r"`(--[a-z-]+)", prose)) <= known


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {
        words[1]
        for document in ("README.md", "CONTRIBUTING.md")
        for words in shell_lines(document)
        if words[0] == "make"
    }
    assert {"demo", "test", "check"} <= named <= targets


def test_every_module_and_script_that_is_run_exists() -> None:
    for document in DOCUMENTS:
        text = text_of(document)
        for module in re.findall(r"python -m (src[\w.]+)", text):
            assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module
        for script in re.findall(r"(benchmarks/\w+\.py)", text):
            assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / document).parent.joinpath(file) if file else ROOT / document
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
            assert anchor in slugs, target


def test_every_path_in_the_architecture_exists() -> None:
    """In its annotated trees a line is a path, indented below its folder."""
    for tree in blocks("docs/architecture.md", "text"):
        folders: list[str] = []
        for line in tree.splitlines():
            match = re.match(r"( *)([^\s,]+(?:, [^\s,]+)*)", line)
            assert match, line
            names = match[2].split(", ")
            folders[len(match[1]) // 2 :] = [names[-1]]
            for name in names:
                assert ROOT.joinpath(*folders[:-1], name).exists(), name


def test_no_file_of_ours_is_missing_from_the_architecture() -> None:
    named = set(re.findall(r"\b\w+\.py\b", text_of("docs/architecture.md")))
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    ours = {file.name for file in files if not file.name.startswith("__")}
    assert ours - named == set()


def test_no_package_of_ours_is_missing_from_the_architecture() -> None:
    text = text_of("docs/architecture.md")
    for package in (ROOT / "src" / "digit_ocr").iterdir():
        if package.is_dir() and package.name != "__pycache__":
            assert f"{package.name}/" in text, package.name


@pytest.mark.parametrize("document", ["README.md", "MODEL_CARD.md"])
def test_tables_show_what_the_benchmarks_measured(document: str) -> None:
    tables = load_script("benchmarks/tables.py")
    text = text_of(document)
    assert tables.fill(text, tables.read_results()) == text


def load_script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sample_report_names_only_files_that_are_there() -> None:
    footer = text_of("reports/sample/report.html").partition("<footer>")[2]
    named = re.findall(r"<code>([\w./]+)</code>", footer)
    assert named == ["metrics.json", "figures/"]
    for name in named:
        assert (ROOT / "reports" / "sample" / name).exists(), name


def test_the_changelog_knows_this_version() -> None:
    assert re.search(rf"^## \[{re.escape(__version__)}\]", text_of("CHANGELOG.md"), re.MULTILINE)


def test_the_package_and_its_metadata_agree_on_the_version() -> None:
    assert f'version = "{__version__}"' in text_of("pyproject.toml")


def test_the_readme_shows_first_what_to_type() -> None:
    first_screen = text_of("README.md").splitlines()[:30]
    shown = "\n".join(first_screen)
    for line in ("make demo", "make test", "pip install -r requirements.txt -e '.[dev]'"):
        assert line in shown
