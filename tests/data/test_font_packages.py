from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from digit_ocr.data import font_packages
from digit_ocr.data.font_packages import FontPackage, fetch_fonts
from digit_ocr.errors import DatasetUnavailable

KALAM = FontPackage("@fontsource/kalam", "5.3.0", ("files/kalam.woff",))
CAVEAT = FontPackage("@fontsource/caveat", "5.2.0", ("files/caveat.woff",))


def archive_of(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in contents.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


class Npm:
    """Packs what it holds, by name and version, and remembers what it was asked."""

    def __init__(self) -> None:
        self.packed: dict[str, bytes] = {}
        self.asked: list[str] = []

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:2] == ["npm", "pack"]
        self.asked.append(command[2])
        if command[2] not in self.packed:
            return subprocess.CompletedProcess(command, 1)
        folder = Path(command[command.index("--pack-destination") + 1])
        (folder / "package.tgz").write_bytes(self.packed[command[2]])
        return subprocess.CompletedProcess(command, 0)


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> Npm:
    npm = Npm()
    for package in (KALAM, CAVEAT):
        contents = {package.files[0]: package.name.encode(), "LICENSE": b"OFL", "other.css": b"-"}
        npm.packed[f"{package.name}@{package.version}"] = archive_of(contents)
    monkeypatch.setattr(font_packages.subprocess, "run", npm)
    monkeypatch.setattr(font_packages.shutil, "which", lambda name: name)
    return npm


def test_each_font_is_kept_with_its_licence_and_nothing_else(tmp_path: Path, npm: Npm) -> None:
    fetch_fonts([KALAM, CAVEAT], tmp_path)

    files = {str(p.relative_to(tmp_path)): p.read_bytes() for p in tmp_path.rglob("*.*")}
    assert files == {
        "@fontsource/kalam/files/kalam.woff": b"@fontsource/kalam",
        "@fontsource/caveat/files/caveat.woff": b"@fontsource/caveat",
    }
    assert (tmp_path / KALAM.name / "LICENSE").read_bytes() == b"OFL"
    assert (tmp_path / CAVEAT.name / "LICENSE").read_bytes() == b"OFL"


def test_a_package_of_several_fonts_gives_all_and_its_licence_its_usual_name(
    tmp_path: Path, npm: Npm
) -> None:
    segments = FontPackage("segments", "1.0", ("thin.ttf", "bold.ttf"), licence="OFL.txt")
    contents = {"thin.ttf": b"thin", "bold.ttf": b"bold", "OFL.txt": b"free"}
    npm.packed["segments@1.0"] = archive_of(contents)
    fetch_fonts([segments], tmp_path)

    kept = {path.name: path.read_bytes() for path in (tmp_path / "segments").iterdir()}
    assert kept == {"thin.ttf": b"thin", "bold.ttf": b"bold", "LICENSE": b"free"}


def test_fonts_that_are_there_are_not_fetched_again(tmp_path: Path, npm: Npm) -> None:
    fetch_fonts([KALAM], tmp_path)
    fetch_fonts([KALAM, CAVEAT], tmp_path)

    assert npm.asked == ["@fontsource/kalam@5.3.0", "@fontsource/caveat@5.2.0"]


def test_a_package_without_its_font_is_refused_and_asked_for_again(
    tmp_path: Path, npm: Npm
) -> None:
    whole = npm.packed["@fontsource/kalam@5.3.0"]
    for broken in (archive_of({"LICENSE": b"OFL"}), whole[: len(whole) // 2], b""):
        npm.packed["@fontsource/kalam@5.3.0"] = broken
        with pytest.raises(DatasetUnavailable, match="@fontsource/kalam"):
            fetch_fonts([KALAM], tmp_path)
    npm.packed["@fontsource/kalam@5.3.0"] = whole
    fetch_fonts([KALAM], tmp_path)
    assert (tmp_path / KALAM.name / KALAM.files[0]).is_file()


def test_a_package_that_npm_does_not_get_is_named(tmp_path: Path, npm: Npm) -> None:
    npm.packed.clear()
    with pytest.raises(DatasetUnavailable, match=r"@fontsource/kalam@5\.3\.0 .exit code 1"):
        fetch_fonts([KALAM], tmp_path)


@pytest.mark.parametrize(
    "failure", [subprocess.TimeoutExpired("npm", 300.0), PermissionError("not executable")]
)
def test_npm_that_hangs_or_does_not_start_is_told(
    tmp_path: Path, npm: Npm, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def run(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(font_packages.subprocess, "run", run)
    with pytest.raises(DatasetUnavailable, match=r"no answer in 300 s|npm does not start"):
        fetch_fonts([KALAM], tmp_path)


def test_machine_without_npm_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(font_packages.shutil, "which", lambda name: None)
    with pytest.raises(DatasetUnavailable, match="npm, which is not on this machine"):
        fetch_fonts([KALAM], tmp_path)
