"""What the service refuses, and how; and that it keeps nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Start = Callable[..., Any]
PROBLEM_FIELDS = {"type", "title", "status", "detail", "request_id"}


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{code}")
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == PROBLEM_FIELDS
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text


@pytest.mark.parametrize("endpoint", ["/v1/read", "/v1/predict"])
def test_bad_pictures_are_refused_with_words_and_never_an_error_of_the_service(
    client: httpx.Client, bad_pictures: dict[str, bytes], endpoint: str
):
    for name, data in bad_pictures.items():
        for body in ({"content": data}, {"files": {"file": (f"{name}.png", data)}}):
            response = client.post(endpoint, **body)
            assert (name, response.status_code) in [(name, code) for code in (413, 415, 422)]
            assert response.headers["content-type"] == "application/problem+json"
            assert "\n" not in response.json()["detail"]


def test_what_is_no_picture_is_told_from_a_damaged_one(
    client: httpx.Client, bad_pictures: dict[str, bytes]
):
    def refusal(name: str) -> httpx.Response:
        return client.post("/v1/read", files={"file": ("scan.png", bad_pictures[name])})

    assert_problem(refusal("text"), 415, "unsupported-picture")
    assert_problem(refusal("truncated png"), 422, "image-not-readable")
    assert_problem(refusal("60000x60000"), 413, "too-many-pixels")
    assert refusal("text").json()["detail"].startswith("scan.png: ")


def test_picture_with_more_pixels_than_allowed_is_refused_before_it_is_decoded(
    start: Start, reader: Any, seven: bytes
):
    with start(lambda: reader, max_pixels=7999) as live:
        assert_problem(live.client.post("/v1/predict", content=seven), 413, "too-many-pixels")
    with start(lambda: reader, max_pixels=8000) as live:
        assert live.client.post("/v1/predict", content=seven).status_code == 200


def test_request_without_a_picture_is_refused(client: httpx.Client):
    assert_problem(client.post("/v1/read", content=b""), 400, "no-picture")
    assert_problem(client.post("/v1/read", files={"file": ("a.png", b"")}), 400, "no-picture")
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert_problem(client.post("/v1/read", content=b"--x--\r\n", headers=form), 400, "no-picture")


def test_file_under_another_name_is_refused_with_the_right_name(client: httpx.Client, seven: bytes):
    response = client.post("/v1/read", files={"picture": ("a.png", seven)})
    assert_problem(response, 400, "bad-request")
    assert "`file`" in response.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=", b"--x--"),
        (f"multipart/form-data; boundary={'x' * 300}", b"--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"'),
        ("multipart/form-data; boundary=x", b"--x\r\n\xff\xfe: \x00\r\n\r\n--x--"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n' + bytes(2000) + b"\r\n--x--",
        ),
    ],
)
def test_malformed_multipart_is_refused(client: httpx.Client, content_type: str, body: bytes):
    response = client.post("/v1/read", content=body, headers={"content-type": content_type})
    assert_problem(response, 400, "bad-request")


def test_body_over_the_limit_is_refused_whether_or_not_it_says_its_size(
    start: Start, reader: Any, seven: bytes
):
    with start(lambda: reader, max_upload_bytes=1000) as live:
        too_large = seven + bytes(1000)
        assert_problem(live.client.post("/v1/read", content=too_large), 413, "upload-too-large")
        pieces = (too_large[at : at + 100] for at in range(0, len(too_large), 100))
        assert_problem(live.client.post("/v1/read", content=pieces), 413, "upload-too-large")
        files = [("file", seven)] * 9
        assert_problem(live.client.post("/v1/read", files=files), 413, "upload-too-large")
        assert live.client.post("/v1/read", content=seven).status_code == 200


def test_more_files_than_allowed_are_refused(start: Start, reader: Any, seven: bytes):
    with start(lambda: reader, max_files=2) as live:
        assert live.client.post("/v1/read", files=[("file", seven)] * 2).status_code == 200
        response = live.client.post("/v1/read", files=[("file", seven)] * 3)
        assert_problem(response, 413, "too-many-files")


def test_unknown_address_and_method_are_problems_too(client: httpx.Client):
    assert_problem(client.get("/nothing/here"), 404, "not-found")
    assert_problem(client.get("/v1/read"), 405, "method-not-allowed")
    assert_problem(client.delete("/healthz"), 405, "method-not-allowed")


@pytest.mark.parametrize(
    "address", ["/../settings.py", "/%2e%2e/settings.py", "/..%2fapp.py", "/%00"]
)
def test_nothing_beside_the_page_can_be_fetched(client: httpx.Client, address: str):
    assert client.get(address).status_code == 404


def test_nothing_is_written_to_disk(
    client: httpx.Client, seven: bytes, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    padded = seven + bytes(4_000_000)
    response = client.post("/v1/predict", files=[("file", padded), ("file", padded)])
    assert [result["digit"] for result in response.json()["results"]] == [7, 7]


def test_unexpected_error_is_a_problem_without_a_traceback(start: Start, reader: Any, seven: bytes):
    def fail(image: Any) -> None:
        raise RuntimeError("secret of the inside")

    with start(lambda: reader) as live:
        reader.predict = fail
        response = live.client.post("/v1/predict", content=seven)
        assert_problem(response, 500, "internal-error")
        assert "secret" not in response.text
        assert live.client.post("/v1/read", content=seven).status_code == 200


def test_api_key_is_asked_for_where_one_is_set(start: Start, reader: Any, seven: bytes):
    with start(lambda: reader, api_key="s3cret") as live:
        for headers in (
            {},
            {"x-api-key": "s3cre"},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic s3cret"},
            {"x-api-key": "s3cr\u00e9t".encode("latin-1")},
        ):
            response = live.client.post("/v1/predict", content=seven, headers=headers)
            assert_problem(response, 401, "api-key-required")
            assert response.headers["www-authenticate"] == "Bearer"
        for headers in ({"x-api-key": "s3cret"}, {"authorization": "bearer s3cret"}):
            response = live.client.post("/v1/predict", content=seven, headers=headers)
            assert response.status_code == 200
        assert live.client.get("/metrics").status_code == 401
        for public in ("/healthz", "/", "/docs", "/openapi.json"):
            assert live.client.get(public).status_code == 200


def test_other_origins_are_let_in_only_where_they_are_named(start: Start, reader: Any):
    origin = {"origin": "https://example.org"}
    with start(lambda: reader) as live:
        assert (
            "access-control-allow-origin" not in live.client.get("/healthz", headers=origin).headers
        )
    with start(lambda: reader, cors_origins=("https://example.org",)) as live:
        allowed = live.client.get("/healthz", headers=origin).headers
        assert allowed["access-control-allow-origin"] == "https://example.org"
        other = live.client.get("/healthz", headers={"origin": "https://example.com"}).headers
        assert "access-control-allow-origin" not in other


@pytest.mark.parametrize("address", ["/", "/docs", "/healthz", "/nothing", "/v1/read"])
def test_every_answer_carries_security_headers(client: httpx.Client, address: str):
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_answers_about_pictures_are_not_cached(client: httpx.Client, seven: bytes):
    assert client.post("/v1/read", content=seven).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("prefix", ["", "x" * 65, "line\tbreak", "<b>"])
def test_request_id_is_taken_over_only_where_it_is_harmless(client: httpx.Client, prefix: str):
    kept = client.get("/healthz", headers={"x-request-id": "order-66.a_b"}).headers["x-request-id"]
    assert kept == "order-66.a_b"
    made = client.get("/healthz", headers={"x-request-id": prefix}).headers["x-request-id"]
    assert made != prefix
    assert len(made) == 32
