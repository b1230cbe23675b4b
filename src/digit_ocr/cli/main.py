"""The `digit-ocr` command: its subcommands, and how each failure becomes one line and a code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from digit_ocr import __version__
from digit_ocr.cli import benchmark, data, evaluate, export, predict, read, sample, serve, train
from digit_ocr.cli.messages import complain, prepare_streams
from digit_ocr.errors import DigitOcrError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
DEBUG_FLAG = "--debug"

# Typer carries its own copy of click from 0.26 on: these are that click's classes, whichever it is.
UsageError = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="digit-ocr",
    help="Read handwritten digits and numbers from photos and scans; train your own readers.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    # Plain help: drawing it with Rich would triple its time.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("read")(read.read)
app.command("predict")(predict.predict)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("serve")(serve.serve)
app.command("sample")(sample.sample)
app.command("export")(export.export)
app.add_typer(data.app, name="data")
app.command("benchmark")(benchmark.benchmark)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"digit-ocr {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option(DEBUG_FLAG, help="Show the traceback of an error; works anywhere.")
    ] = False,
) -> None:
    """Read handwritten digits and numbers from photos and scans; train your own readers."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Return the exit code: 0 done, 1 some input failed, 2 wrong usage, 130 interrupted."""
    given = list(arguments)
    flags = given[: given.index("--")] if "--" in given else given
    debug = DEBUG_FLAG in flags
    # Taken out here, so that it may stand before or after the command.
    given = [*(flag for flag in flags if flag != DEBUG_FLAG), *given[len(flags) :]]
    prepare_streams(debug)
    try:
        code = typer.main.get_command(app).main(given, "digit-ocr", standalone_mode=False)
        sys.stdout.flush()
        # Typer has turned Ctrl-C into this code by now.
        return _failed("interrupted", INTERRUPTED, debug) if code == INTERRUPTED else code or 0
    except BrokenPipeError:
        # Whoever read our output has seen enough; say nothing, also while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        return _failed("interrupted", INTERRUPTED, debug)
    except DigitOcrError as error:
        return _failed(str(error), FAILED, debug)
    except OSError as error:
        return _failed(_describe(error), FAILED, debug)
    except Exception as error:
        if isinstance(error, UsageError):
            message = error.format_message()  # type: ignore[attr-defined]
            if type(error).__name__ == "NoArgsIsHelpError":
                # Whoever gives no argument asks for help, which is the message.
                print(message, file=sys.stderr)
                return WRONG_USAGE
            return _failed(f"{message} (see digit-ocr --help)", WRONG_USAGE, debug)
        name = type(error).__name__
        message = f"unexpected {name}: {error} (run it again with --debug and report it)"
        return _failed(message, FAILED, debug)


def _describe(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return str(error)
    name = os.fsdecode(error.filename)
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{name}: {error.strerror} (a folder was expected)"
    return f"{name}: {error.strerror}"


def _failed(message: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    complain(message)
    return code
