from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digit_ocr.cli import inputs


def test_one_picture_prints_its_text_alone(command, reader, picture) -> None:
    outcome = command("read", picture)

    assert (outcome.code, outcome.out, outcome.err) == (0, "15 72\n43\n", "")


def test_several_pictures_print_their_names_before_each_line(command, reader, picture) -> None:
    outcome = command("read", picture, picture)

    assert outcome.code == 0
    assert outcome.lines == [f"{picture}\t15 72", f"{picture}\t43"] * 2


def test_json_is_one_object_a_line_with_the_agreed_keys(command, reader, picture, blank) -> None:
    outcome = command("read", "--json", picture, blank)
    first, second = map(json.loads, outcome.lines)

    assert outcome.code == 0
    assert list(first) == ["file", "text", "numbers", "width", "height"]
    assert (first["file"], first["text"]) == (str(picture), "15 72\n43")
    assert list(first["numbers"][0]) == ["text", "confidence", "box", "digits"]
    assert first["numbers"][0]["box"] == [1, 2, 11, 12]
    assert first["numbers"][0]["digits"][0] == {
        "digit": 1,
        "confidence": 0.9,
        "box": [1, 2, 11, 12],
        "rejected": False,
    }
    assert (second["text"], second["numbers"], second["width"]) == ("", [], 40)


def test_csv_has_a_row_for_each_number_and_each_failure(command, reader, picture, blank) -> None:
    outcome = command("read", "--csv", picture, blank, "missing.png")
    header, *rows = csv.reader(outcome.lines)

    assert outcome.code == 1
    assert header == ["file", "line", "text", "confidence", "x0", "y0", "x1", "y1", "error"]
    assert rows[0] == [str(picture), "0", "15", "0.81", "1", "2", "11", "12", ""]
    assert rows[2][:3] == [str(picture), "1", "43"]
    assert rows[3] == [str(blank), *[""] * 8]
    assert rows[4][0] == "missing.png"
    assert rows[4][8].startswith("ImageNotReadable: missing.png")
    assert len(rows) == 5


def test_an_empty_reading_is_no_failure_but_is_noted(command, reader, blank) -> None:
    outcome = command("read", blank)

    assert outcome.code == 0
    assert outcome.out == ""
    assert outcome.errors == [f"digit-ocr: {blank}: no digits found"]


def test_a_file_that_fails_is_reported_and_the_others_are_read(command, reader, picture) -> None:
    outcome = command("read", "--json", picture, "missing.png", picture)
    results = [json.loads(line) for line in outcome.lines]

    assert outcome.code == 1
    assert [result.get("text") for result in results] == ["15 72\n43", None, "15 72\n43"]
    assert results[1]["file"] == "missing.png"
    assert results[1]["error"]["type"] == "ImageNotReadable"
    assert "missing.png" in results[1]["error"]["message"]
    assert len(outcome.errors) == 1
    assert "missing.png" in outcome.err


def test_doubtful_digits_show_as_question_marks(command, reader, picture) -> None:
    outcome = command("read", "--reject-below", "0.95", picture)

    assert outcome.lines == ["?? ??", "??"]


def test_regions_and_length_reach_the_reader(command, reader, picture) -> None:
    command("read", picture, "--region", "1,2,30,40", "--region", "0,0,5,5", "--digits", "4")

    assert reader.asked == [
        {"reject_below": 0.0, "regions": [(1, 2, 30, 40), (0, 0, 5, 5)], "length": 4}
    ]


def test_models_of_ones_own_reach_the_reader(command, reader, picture) -> None:
    command("read", picture, "--model", "numbers.onnx", "--model", "pages.onnx")

    assert reader.options == {"model": [Path("numbers.onnx"), Path("pages.onnx")]}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--region", "1,2,3"],
        ["--region", "a,b,c,d"],
        ["--region", "5,5,5,9"],
        ["--region", "-1,0,5,9"],
        ["--digits", "0"],
        ["--reject-below", "1.5"],
        ["--json", "--csv"],
        ["--unknown"],
    ],
)
def test_wrong_usage_is_one_line_and_code_2(command, reader, picture, arguments) -> None:
    outcome = command("read", picture, *arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert len(outcome.errors) == 1
    assert outcome.err.startswith("digit-ocr: error: ")
    assert reader.asked == []


def test_annotated_pictures_never_overwrite_anything(
    command, reader, picture, tmp_path: Path, draw
) -> None:
    other = tmp_path / "other" / picture.name
    other.parent.mkdir()
    draw(3).save(other)
    before = picture.read_bytes()

    outcome = command("read", picture, other, "--annotate", tmp_path)

    assert outcome.code == 0
    assert picture.read_bytes() == before
    drawn = sorted(path.name for path in tmp_path.glob("*.annotated.png"))
    assert drawn == ["seven.annotated.png", "seven.png.annotated.png"]
    for name in drawn:
        with Image.open(tmp_path / name) as image:
            image.verify()


def test_the_pages_of_a_tiff_are_read_one_by_one(command, reader, tmp_path: Path, draw) -> None:
    path = tmp_path / "scan.tiff"
    draw(1).save(path, save_all=True, append_images=[draw(2)])

    text = command("read", path)
    assert text.lines == [
        f"{path}#1\t15 72",
        f"{path}#1\t43",
        f"{path}#2\t15 72",
        f"{path}#2\t43",
    ]

    outcome = command("read", "--json", path, "--annotate", "drawn")
    assert [json.loads(line)["page"] for line in outcome.lines] == [1, 2]
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == [
        "scan-page1.annotated.png",
        "scan-page2.annotated.png",
    ]


def test_a_folder_is_read_in_order_and_recursively_when_asked(
    command, reader, tmp_path: Path, draw
) -> None:
    for name in ("b.png", "a.png", "inner/c.png"):
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(1).save(path)
    (tmp_path / "scans" / "readme.txt").write_text("text")

    flat = [json.loads(line)["file"] for line in command("read", "--json", "scans").lines]
    deep = [json.loads(line)["file"] for line in command("read", "-r", "--json", "scans").lines]

    assert [Path(file).name for file in flat] == ["a.png", "b.png"]
    assert [Path(file).name for file in deep] == ["a.png", "b.png", "c.png"]


def test_standard_input_is_a_picture(command, reader, picture, monkeypatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(picture.read_bytes()))
    monkeypatch.setattr(inputs.sys, "stdin", stdin)

    assert command("read", "-").out == "15 72\n43\n"


BAD_PICTURES: dict[str, Callable[[Path, Callable[..., Image.Image]], None]] = {
    "empty.png": lambda path, draw: path.write_bytes(b"") and None,
    "text.png": lambda path, draw: path.write_text("not a picture") and None,
    "truncated.png": lambda path, draw: draw(1).save(path, "PNG") or halve(path),
    "truncated.jpg": lambda path, draw: draw(1).save(path, "JPEG") or halve(path),
    "truncated.tif": lambda path, draw: draw(1).save(path, "TIFF") or halve(path),
    "folder.png": lambda path, draw: path.mkdir(),
    "line\nbreak.png": lambda path, draw: path.write_bytes(b"no"),
    "missing.png": lambda path, draw: None,
}


def halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("verb", ["read", "predict"])
@pytest.mark.parametrize("name", BAD_PICTURES)
def test_bad_input_is_one_line_and_code_1(
    command, reader, tmp_path: Path, draw, name: str, verb: str
) -> None:
    BAD_PICTURES[name](tmp_path / name, draw)

    outcome = command(verb, tmp_path / name)

    assert outcome.code == 1
    assert outcome.out == ""
    assert len(outcome.errors) == 1, outcome.err
    assert outcome.err.startswith("digit-ocr: error: ")
    assert name.split("\n")[0] in outcome.err


def test_a_drawing_that_cannot_be_saved_leaves_the_other_pictures(
    command, reader, picture, tmp_path: Path, draw
) -> None:
    other = tmp_path / "other.png"
    draw(3).save(other)
    (tmp_path / "drawn" / "seven.annotated.png").mkdir(parents=True)

    outcome = command("read", picture, other, "--annotate", tmp_path / "drawn")

    assert outcome.code == 1
    assert len(outcome.lines) == 4
    (error,) = outcome.errors
    assert "seven.annotated.png: not drawn" in error
    assert (tmp_path / "drawn" / "other.annotated.png").is_file()


def test_more_digits_than_anybody_writes_are_refused(command, reader, picture) -> None:
    outcome = command("read", picture, "--digits", "65")

    assert outcome.code == 2
    assert "64" in outcome.err
