"""What the API answers when all is well."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image


def test_prediction_is_the_same_for_raw_bytes_and_for_multipart(client: httpx.Client, seven: bytes):
    raw = client.post("/v1/predict", content=seven).json()
    multipart = client.post("/v1/predict", files={"file": ("seven.png", seven)}).json()
    assert raw["digit"] == multipart["digit"] == 7
    assert raw["file"] is None
    assert multipart["file"] == "seven.png"
    assert sum(raw["probabilities"]) == pytest.approx(1)


def test_reading_has_the_fields_that_the_command_line_prints(client: httpx.Client, seven: bytes):
    reading = client.post("/v1/read", files={"file": ("a.png", seven)}).json()
    assert reading["text"] == "42\n42"
    assert set(reading) == {"file", "text", "numbers", "width", "height", "model"}
    assert (reading["width"], reading["height"]) == (100, 80)
    assert set(reading["numbers"][0]) == {"text", "confidence", "box", "digits"}
    assert set(reading["numbers"][0]["digits"][0]) == {"digit", "confidence", "box", "rejected"}


def test_content_counts_and_not_the_declared_type(client: httpx.Client, seven: bytes):
    for declared in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        response = client.post("/v1/predict", content=seven, headers={"content-type": declared})
        assert response.json()["digit"] == 7


def test_several_files_are_answered_in_order_and_one_bad_file_spoils_none(
    client: httpx.Client, seven: bytes, blank: bytes
):
    files = [("file", ("a.png", seven)), ("file", ("b.txt", b"text")), ("file", ("c.png", blank))]
    response = client.post("/v1/predict", files=files)
    assert response.status_code == 200
    first, second, third = response.json()["results"]
    assert (first["file"], first["digit"]) == ("a.png", 7)
    assert second["error"]["type"] == "ImageNotReadable"
    assert second["error"]["problem"] == "/problems/unsupported-picture"
    assert third["error"]["type"] == "NoDigitFound"


def test_field_named_files_is_answered_with_a_list_even_when_it_is_one(
    client: httpx.Client, seven: bytes
):
    response = client.post("/v1/read", files={"files": ("a.png", seven)})
    assert [result["text"] for result in response.json()["results"]] == ["42\n42"]


def test_blank_paper_is_an_empty_reading_but_no_prediction(client: httpx.Client, blank: bytes):
    reading = client.post("/v1/read", content=blank)
    assert reading.status_code == 200
    assert reading.json()["text"] == ""
    assert reading.json()["numbers"] == []
    prediction = client.post("/v1/predict", content=blank)
    assert prediction.status_code == 422
    assert prediction.json()["type"] == "/problems/no-digit-found"


@pytest.mark.parametrize("as_fields", [False, True])
def test_parameters_of_read_come_in_the_query_or_as_fields(
    client: httpx.Client, reader: Any, seven: bytes, as_fields: bool
):
    given = {"reject_below": "0.9", "length": "2", "regions": ["1,2,30,40", "0,0,9,9"]}
    place = {"data": given} if as_fields else {"params": given}
    response = client.post("/v1/read", files={"file": seven}, **place)
    assert response.status_code == 200
    expected = {"reject_below": 0.9, "length": 2, "regions": [(1, 2, 30, 40), (0, 0, 9, 9)]}
    assert reader.asked == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"reject_below": "1.5"},
        {"reject_below": "nan"},
        {"length": "0"},
        {"regions": "1,2,3"},
        {"regions": "5,5,5,9"},
        {"regions": "5000,0,5009,9"},
        {"annotate": "perhaps"},
        {"langth": "4"},
    ],
)
def test_impossible_parameter_is_refused_by_name(
    client: httpx.Client, seven: bytes, parameters: dict[str, str]
):
    in_query = client.post("/v1/read", params=parameters, content=seven)
    as_field = client.post("/v1/read", data=parameters, files={"file": seven})
    for response in (in_query, as_field):
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/invalid-parameter"
        assert next(iter(parameters)).removesuffix("s") in response.json()["detail"]


def test_region_that_leaves_the_picture_is_read_as_far_as_it_goes(
    client: httpx.Client, seven: bytes
):
    response = client.post("/v1/read", params={"regions": "0,0,5000,9"}, content=seven)
    assert response.status_code == 200


def test_parameter_given_twice_is_refused(client: httpx.Client, seven: bytes):
    response = client.post(
        "/v1/read", params={"length": 2}, data={"length": "3"}, files={"file": seven}
    )
    assert response.status_code == 422


def test_annotate_answers_with_the_drawn_picture(client: httpx.Client, seven: bytes):
    response = client.post("/v1/read?annotate=true", files={"file": seven})
    assert response.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(response.content)) as drawn:
        assert drawn.width * 80 == drawn.height * 100
        assert drawn.convert("HSV").getextrema()[1][1] > 100, "nothing coloured was drawn"


def test_annotated_picture_comes_within_json_where_json_is_asked_for(
    client: httpx.Client, seven: bytes
):
    response = client.post(
        "/v1/read?annotate=true", content=seven, headers={"accept": "application/json"}
    )
    kind, _, encoded = response.json()["annotated"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(encoded).startswith(b"\x89PNG")


def test_explain_shows_what_the_network_sees(client: httpx.Client, seven: bytes):
    seen = client.post("/v1/predict?explain=true", content=seven).json()["seen"]
    assert [len(row) for row in seen] == [28] * 28
    assert max(max(row) for row in seen) > 150
    assert seen[0] == [0] * 28


def test_odd_pictures_are_read_like_any_other(client: httpx.Client, odd_pictures: dict[str, bytes]):
    for name, data in odd_pictures.items():
        response = client.post("/v1/predict", content=data)
        assert (name, response.status_code) == (name, 200)


def test_size_of_a_turned_photo_is_that_of_the_upright_picture(
    client: httpx.Client, odd_pictures: dict[str, bytes]
):
    reading = client.post("/v1/read", content=odd_pictures["turned jpeg"]).json()
    with Image.open(io.BytesIO(odd_pictures["turned jpeg"])) as stored:
        assert stored.size == (80, 100)
    assert (reading["width"], reading["height"]) == (100, 80)


def test_documentation_shows_every_endpoint_with_examples_and_loads_nothing_from_elsewhere(
    client: httpx.Client,
):
    page = client.get("/docs").text
    for expected in ("/v1/read", "/v1/predict", "/healthz", "reject_below", "receipt.jpg", "curl"):
        assert expected in page
    assert "<script" not in page
    for attribute in ("src=", "href="):
        for target in page.split(attribute)[1:]:
            assert target[1] in "/#"


def test_every_problem_is_explained_at_its_type(client: httpx.Client):
    document = client.get("/openapi.json").json()
    refusals = document["paths"]["/v1/predict"]["post"]["responses"]
    types = {
        example["value"]["type"]
        for response in refusals.values()
        for example in response["content"]
        .get("application/problem+json", {})
        .get("examples", {})
        .values()
    }
    assert "/problems/no-digit-found" in types
    for problem_type in types:
        assert client.get(problem_type).status_code == 200
    assert client.get("/problems/unheard-of").status_code == 404


def test_page_and_its_modules_are_served(client: httpx.Client):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    module = client.get("/app.js")
    assert "javascript" in module.headers["content-type"]
    assert client.get("/samples/list.jpg").headers["content-type"] == "image/jpeg"
