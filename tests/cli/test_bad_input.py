"""What users hand over by mistake: one clear line each, and the exit code that is documented."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

BLANK_ROW = ",".join(["0"] * 784)


@pytest.fixture(autouse=True)
def _mistakes(picture: Path) -> None:
    """The folder that each command runs in: `seven.png` in it is right, everything else wrong."""
    folder = picture.parent
    (folder / "file").write_text("where a folder should be")
    (folder / "text.onnx").write_text("no model")
    (folder / "text.safetensors").write_text("no checkpoint")
    (folder / "label.csv").write_text(f"7,{BLANK_ROW}\n12,{BLANK_ROW}\n")
    (folder / "short.csv").write_text("7,0,0\n")
    (folder / "key.toml").write_text(
        'name = "mine"\nepoch = 3\n[model]\narchitecture = "digit_net"\n'
    )
    (folder / "broken.toml").write_text('name = "mine\n')
    (folder / "digits").mkdir()
    (folder / "numbers").mkdir()
    (folder / "numbers" / "labels.csv").write_text("file,label\nmissing.png,12\n")
    Image.new("L", (1, 1), 0).save(folder / "dot.png")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("predict dot.png", "dot.png: no digit found"),
        ("read digits", "digits: the folder holds no pictures"),
        ("read seven.png --annotate file", "file: File exists (a folder was expected)"),
        ("sample --out file/seven.png", "file: File exists (a folder was expected)"),
        ("predict seven.png --model text.onnx", "text.onnx: no ONNX model"),
        ("predict seven.png --model text.safetensors", "text.safetensors is no safetensors file"),
        ("predict seven.png --model digits", "digits: unknown kind of model file"),
        ("serve --model missing.onnx --port 0", "missing.onnx: no such model file"),
        ("export text.safetensors", "text.safetensors is no safetensors file"),
        ("export digits", "digits/best.safetensors: no such checkpoint"),
        ("train --recipe key.toml", "key.toml: unknown key 'epoch'; did you mean 'epochs'?"),
        ("train --recipe broken.toml", "broken.toml is no TOML"),
        ("train --recipe original --data label.csv", "label.csv, line 2: label is '12'"),
        ("train --recipe original --data short.csv", "short.csv, line 1: 3 columns; expected 785"),
        ("train --recipe original --data digits", "digits holds none of the folders 0 … 9"),
        ("train --init text.safetensors", "text.safetensors is no safetensors file"),
        ("evaluate --data numbers", "labels match no file: missing.png"),
        ("evaluate --data label.csv", "label.csv, line 2: label is '12'"),
        ("data fetch mnist --data file", "cannot write MNIST to file/mnist"),
    ],
)
def test_a_mistake_is_one_line_and_code_1(command, mnist, arguments: str, expected: str) -> None:
    outcome = command(*arguments.split())

    assert outcome.code == 1
    assert outcome.out == ""
    assert len(outcome.errors) == 1, outcome.err
    assert outcome.err.startswith("digit-ocr: error: ")
    assert expected in outcome.err


def test_one_pixel_is_a_picture_without_digits(command) -> None:
    outcome = command("read", "dot.png")

    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.errors == ["digit-ocr: dot.png: no digits found"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_ctrl_c_while_a_picture_is_read_is_one_line_and_code_130(tmp_path: Path) -> None:
    pipe = tmp_path / "endless.png"
    os.mkfifo(pipe)
    command = [sys.executable, "-u", "-m", "digit_ocr", "read", "--csv", str(pipe)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("file,line,text")
        # Opens as soon as the reader does: from here on it waits for what never comes.
        writer = os.open(pipe, os.O_WRONLY)
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "digit-ocr: error: interrupted\n"
        os.close(writer)
        rest = process.communicate(timeout=120)

    assert process.returncode == 130
    assert rest == ("", "")
