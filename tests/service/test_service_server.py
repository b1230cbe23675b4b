"""Starting: settings from flags and variables, and what stops a start."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pytest

from digit_ocr.cli.main import run
from digit_ocr.errors import ModelNotUsable
from digit_ocr.service import server
from digit_ocr.service.settings import ServiceSettings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[ServiceSettings]:
    """The settings that `digit-ocr serve` would serve with."""
    settings: list[ServiceSettings] = []
    monkeypatch.setattr(server, "serve", lambda given, **options: settings.append(given))
    return settings


def test_serve_listens_on_this_machine_alone_unless_told_otherwise(served: list[ServiceSettings]):
    assert run(["serve"]) == 0
    assert (served[0].host, served[0].port) == ("127.0.0.1", 8000)
    assert served[0] == ServiceSettings()


def test_every_setting_is_a_flag_and_an_environment_variable(
    served: list[ServiceSettings], monkeypatch: pytest.MonkeyPatch
):
    values: dict[str, Any] = {
        "host": "0.0.0.0",
        "port": 9000,
        "workers": 3,
        "queue_size": 5,
        "request_timeout_seconds": 1.5,
        "shutdown_timeout_seconds": 2.5,
        "max_upload_bytes": 1000,
        "max_files": 2,
        "max_pixels": 10_000,
        "api_key": "s3cret",
    }
    flags = [
        part
        for name, value in values.items()
        for part in (f"--{name.replace('_', '-')}", str(value))
    ]
    assert run(["serve", *flags, "--cors-origins", "https://a.example, http://b.example"]) == 0
    for name, value in values.items():
        monkeypatch.setenv(f"DIGIT_OCR_{name.upper()}", str(value))
    monkeypatch.setenv("DIGIT_OCR_CORS_ORIGINS", "https://a.example,http://b.example")
    assert run(["serve"]) == 0
    assert served[0] == served[1]
    assert {name: getattr(served[0], name) for name in values} == values
    assert served[0].cors_origins == ("https://a.example", "http://b.example")
    assert set(ServiceSettings.__dataclass_fields__) == {*values, "model", "cors_origins"}


def test_key_is_not_shown_where_settings_are(served: list[ServiceSettings]):
    assert run(["serve", "--api-key", "s3cret"]) == 0
    assert "s3cret" not in repr(served[0])


@pytest.mark.parametrize(
    "flags",
    [
        ["--port", "70000"],
        ["--port", "http"],
        ["--workers", "0"],
        ["--queue-size", "-1"],
        ["--request-timeout-seconds", "0"],
        ["--max-upload-bytes", "0"],
        ["--api-key", ""],
        ["--cors-origins", "example.org"],
        ["--reload"],
    ],
)
def test_impossible_settings_are_wrong_usage(
    served: list[ServiceSettings], flags: Sequence[str], capsys: pytest.CaptureFixture[str]
):
    assert run(["serve", *flags]) == 2
    assert served == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_port_that_is_taken_is_an_error_that_says_so(reader: Any):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            server.serve(ServiceSettings(port=port), lambda: reader)


def test_models_that_cannot_be_loaded_end_the_service_with_their_error():
    def fail() -> Any:
        raise ModelNotUsable("digit.onnx: no model of ours")

    with pytest.raises(ModelNotUsable, match=r"digit\.onnx"):
        server.serve(ServiceSettings(port=0), fail)
