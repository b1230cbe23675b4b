from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

import digit_ocr
from digit_ocr.cli import main as main_module
from digit_ocr.cli.main import run
from digit_ocr.cli.messages import prepare_streams
from digit_ocr.errors import DatasetUnavailable

COMMANDS = (
    "read",
    "predict",
    "train",
    "evaluate",
    "serve",
    "sample",
    "export",
    "data",
    "benchmark",
)


def test_help_names_every_command(command) -> None:
    outcome = command("--help")

    assert outcome.code == 0
    assert outcome.err == ""
    for name in COMMANDS:
        assert f"\n  {name} " in outcome.out


@pytest.mark.parametrize("name", [*COMMANDS, "data fetch"])
def test_each_command_has_help(command, name: str) -> None:
    outcome = command(*name.split(), "--help")

    assert outcome.code == 0
    assert outcome.out.startswith(f"Usage: digit-ocr {name}")


def test_the_version_is_printed(command) -> None:
    assert command("--version").out == f"digit-ocr {digit_ocr.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["read"], ["--nonsense"], ["data", "fetch", "cifar"]]
)
def test_wrong_usage_is_one_line_and_code_2(command, arguments) -> None:
    outcome = command(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert len(outcome.errors) == 1


def test_no_arguments_show_the_help_and_are_wrong_usage(command) -> None:
    outcome = command()

    assert outcome.code == 2
    assert "Usage: digit-ocr" in outcome.out + outcome.err


def failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(**_: object) -> None:
        raise error

    monkeypatch.setattr(digit_ocr, "load_reader", load)


@pytest.mark.parametrize(
    ("error", "code", "expected"),
    [
        (DatasetUnavailable("first line\nsecond line"), 1, "first line second line"),
        (FileNotFoundError(2, "No such file or directory", "x"), 1, "x: No such file or directory"),
        (OSError("disk full"), 1, "disk full"),
        (RuntimeError("a bug"), 1, "unexpected RuntimeError: a bug"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_each_failure_is_one_line_and_a_code(
    command, picture, monkeypatch, error: BaseException, code: int, expected: str
) -> None:
    failing(error, monkeypatch)

    outcome = command("read", picture)

    assert outcome.code == code
    assert len(outcome.errors) == 1
    assert expected in outcome.err


@pytest.mark.parametrize("before", [True, False])
def test_debug_shows_the_traceback_wherever_it_stands(
    command, picture, monkeypatch, before: bool
) -> None:
    failing(DatasetUnavailable("not there"), monkeypatch)
    arguments = ["read", str(picture)]

    outcome = command(*(["--debug", *arguments] if before else [*arguments, "--debug"]))

    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert outcome.errors[-1] == "digit-ocr: error: not there"


def test_main_leaves_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_module, "run", lambda arguments: len(arguments))

    with pytest.raises(SystemExit) as caught:
        main_module.main(["a", "b"])
    assert caught.value.code == 2


def test_the_module_and_the_console_script_are_the_same_command() -> None:
    module = subprocess.run(
        [sys.executable, "-m", "digit_ocr", "--version"], capture_output=True, text=True
    )
    script = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "digit-ocr"), "--version"],  # noqa: PTH118, PTH120
        capture_output=True,
        text=True,
    )

    assert module.stdout == script.stdout == f"digit-ocr {digit_ocr.__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from digit_ocr.cli.main import run; run(['--help']); "
        "heavy = {'numpy', 'torch', 'PIL', 'onnxruntime', 'rich', 'fastapi', 'pydantic'}; "
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (result.returncode, result.stderr) == (0, "")


def test_a_reader_of_our_output_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "digit_ocr", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_nothing_is_left_of_a_call_for_the_next(command, picture, reader) -> None:
    assert run(["read", str(picture), "--reject-below", "0.95"]) == 0
    assert command("read", picture).lines == ["15 72", "43"]


@pytest.mark.parametrize("arguments", [[], ["data"]])
def test_no_argument_shows_the_help_as_it_is(arguments, command) -> None:
    outcome = command(*arguments)

    assert outcome.code == 2
    assert outcome.err.startswith("Usage: digit-ocr")
    assert "Commands:" in outcome.errors


def test_who_waits_for_pictures_to_be_composed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    prepare_streams(debug=False)
    logging.getLogger("digit_ocr.synthesis.pool").info("composing %d %s", 5, "pages")
    logging.getLogger("digit_ocr.service").info("request")
    assert capsys.readouterr().err == "digit-ocr: composing 5 pages\n"
