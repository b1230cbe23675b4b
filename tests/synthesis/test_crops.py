"""Pictures of one digit in its surroundings, and pools of them."""

from __future__ import annotations

import errno
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digit_ocr.imaging.digit import PreparedDigit, centre_digit
from digit_ocr.synthesis import pool
from digit_ocr.synthesis.crops import (
    NO_DIGIT,
    Picture,
    compose_digits,
    generate_pictures,
    learned_from,
    shows,
)
from digit_ocr.synthesis.glyphs import GlyphSource


def test_composed_digits_have_the_form_of_mnist(glyph_source: GlyphSource) -> None:
    digits = compose_digits(60, 1, glyph_source)
    assert digits.images.shape == (60, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.labels.dtype == np.int64
    assert digits.labels.min() >= 0
    assert digits.labels.max() <= NO_DIGIT
    assert (digits.images.reshape(60, -1).max(axis=1) > 200).all()


def test_the_same_seed_composes_the_same_pictures(glyph_source: GlyphSource) -> None:
    first, second = (compose_digits(20, 3, glyph_source) for _ in range(2))
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.labels, second.labels)
    other = compose_digits(20, 4, glyph_source)
    assert not np.array_equal(first.images, other.images)


def test_the_share_of_pictures_without_a_digit_is_what_was_asked(glyph_source: GlyphSource) -> None:
    assert (compose_digits(30, 5, glyph_source, no_digit_share=0.0).labels < NO_DIGIT).all()
    assert (compose_digits(10, 5, glyph_source, no_digit_share=1.0).labels == NO_DIGIT).all()


def test_raw_pictures_hold_their_box(glyph_source: GlyphSource) -> None:
    labels = set()
    pictures = generate_pictures(np.random.default_rng(2), glyph_source, 1.0, 0.1)
    for picture in itertools.islice(pictures, 80):
        height, width = picture.grey.shape
        left, top, right, bottom = picture.box
        assert picture.grey.dtype == np.uint8
        assert picture.ink.shape == picture.grey.shape
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        labels.add(picture.label)
    assert len(labels) >= 9


def _picture(extra: tuple[int, int, int, int] | None = None) -> Picture:
    """A picture of a bar with a hook, and what else is drawn into it, but is not its ink."""
    ink = np.zeros((80, 80), np.float32)
    ink[20:60, 38:43] = 1
    ink[20:25, 25:43] = 1
    seen = ink.copy()
    if extra is not None:
        top, bottom, left, right = extra
        seen[top:bottom, left:right] = 1
    return Picture((255 - 255 * seen).astype(np.uint8), 7, (25, 20, 43, 60), ink)


def _prepared(picture: Picture, box: tuple[int, int, int, int]) -> PreparedDigit:
    left, top, right, bottom = box
    seen = 1 - picture.grey[top:bottom, left:right].astype(np.float32) / 255
    return PreparedDigit(centre_digit(seen), box)


def test_a_picture_shows_its_digit_where_imaging_found_that_alone() -> None:
    picture = _picture()
    assert shows(_prepared(picture, (24, 19, 44, 61)), picture)


@pytest.mark.parametrize(
    ("extra", "box"),
    [
        (None, (25, 40, 43, 60)),
        ((5, 10, 5, 75), (25, 5, 43, 20)),
        ((5, 75, 60, 72), (25, 5, 72, 75)),
    ],
    ids=["half of the digit", "another piece", "a thick line as well"],
)
def test_a_picture_where_imaging_found_something_else_is_told_apart(
    extra: tuple[int, int, int, int] | None, box: tuple[int, int, int, int]
) -> None:
    picture = _picture(extra)
    assert not shows(_prepared(picture, box), picture)


def test_where_imaging_lost_a_stroke_all_ink_is_learned_from() -> None:
    picture = _picture()
    whole, half = (25, 20, 43, 60), (25, 40, 43, 60)
    prepared = replace(_prepared(picture, half), all_ink=_prepared(picture, whole))
    for seed in range(10):
        seen = learned_from(prepared, picture, np.random.default_rng(seed))
        assert seen is prepared.all_ink


def test_a_digit_that_hangs_together_with_its_frame_is_learned_with_it() -> None:
    picture = _picture((15, 65, 18, 48))
    framed = _prepared(picture, (18, 15, 48, 65))
    assert not shows(framed, picture)
    assert learned_from(framed, picture, np.random.default_rng(0)) is framed
    # Of a doubtful picture nobody knows which side its ink is on.
    doubtful = replace(framed, is_doubtful=True)
    assert learned_from(doubtful, picture, np.random.default_rng(0)) is None


def test_all_ink_around_a_large_digit_is_learned_from_now_and_then() -> None:
    picture = _picture((10, 70, 60, 65))
    prepared = replace(
        _prepared(picture, (24, 19, 44, 61)), all_ink=_prepared(picture, (24, 9, 66, 71))
    )
    tiny = replace(prepared, all_ink=replace(prepared.all_ink, box=(0, 0, 80, 80)))
    seen = [learned_from(prepared, picture, np.random.default_rng(seed)) for seed in range(200)]
    assert 30 < sum(one is prepared.all_ink for one in seen) < 90
    assert all(one is prepared or one is prepared.all_ink for one in seen)
    assert learned_from(tiny, picture, np.random.default_rng(0)) is tiny


def test_a_pool_does_not_depend_on_the_number_of_processes(
    glyph_source: GlyphSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CHUNK_SIZE", 8)
    alone = pool.compose_in_chunks("digits", 20, 1, glyph_source, workers=1)
    together = pool.compose_in_chunks("digits", 20, 1, glyph_source, workers=2)
    assert alone["images"].shape == (20, 28, 28)
    for name in alone:
        assert np.array_equal(alone[name], together[name])


def test_a_pool_is_composed_once_and_then_read(
    glyph_source: GlyphSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pool.make_pool("digits", 6, 1, glyph_source, workers=1, folder=tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]
    monkeypatch.setattr(pool, "compose_in_chunks", None)
    again = pool.make_pool("digits", 6, 1, glyph_source, workers=1, folder=tmp_path)
    assert np.array_equal(first["images"], again["images"])


def test_another_seed_source_or_option_is_another_pool(glyph_source: GlyphSource) -> None:
    held_back = GlyphSource(glyph_source.images, glyph_source.labels, held_back=True)
    names = {
        pool.pool_hash("digits", 6, 1, glyph_source, {}),
        pool.pool_hash("digits", 6, 2, glyph_source, {}),
        pool.pool_hash("digits", 6, 1, held_back, {}),
        pool.pool_hash("digits", 6, 1, glyph_source, {"strength": 0.5}),
    }
    assert len(names) == 4


def test_a_pool_that_cannot_be_kept_is_used_all_the_same(
    glyph_source: GlyphSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full_disk(*_args: object, **_arrays: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    kept = pool.make_pool("digits", 2, 1, glyph_source, workers=1, folder=tmp_path / "kept")
    monkeypatch.setattr(np, "savez", full_disk)
    composed = pool.make_pool("digits", 2, 1, glyph_source, workers=1, folder=tmp_path / "full")
    assert np.array_equal(composed["images"], kept["images"])
    assert list((tmp_path / "full").iterdir()) == []
    assert "no space left" in caplog.text


def test_a_damaged_pool_is_composed_anew(
    glyph_source: GlyphSource, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = pool.make_pool("digits", 2, 1, glyph_source, workers=1, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"PK" + whole[2:100]):
        file.write_bytes(damaged)
        again = pool.make_pool("digits", 2, 1, glyph_source, workers=1, folder=tmp_path)
        assert np.array_equal(first["images"], again["images"])
        assert f"{file} is damaged" in caplog.text
        assert file.read_bytes() == whole


def test_whatever_imaging_finds_in_a_photo_of_something_else_is_no_digit() -> None:
    picture = replace(_picture(), label=NO_DIGIT, is_scene=True)
    flat = _prepared(picture, (25, 20, 43, 32))
    rng = np.random.default_rng(0)
    assert learned_from(flat, picture, rng) is flat
    assert learned_from(flat, replace(picture, is_scene=False), rng) is None
    both = replace(flat, all_ink=_prepared(picture, (20, 18, 60, 30)))
    seen = [learned_from(both, picture, rng) for _ in range(20)]
    assert any(one is both for one in seen)
    assert any(one is both.all_ink for one in seen)


def test_what_may_be_a_1_in_a_photo_of_something_else_is_not_learned_from() -> None:
    picture = replace(_picture(), label=NO_DIGIT, is_scene=True)
    upright = _prepared(picture, (38, 20, 43, 60))
    assert learned_from(upright, picture, np.random.default_rng(0)) is None


def test_some_pictures_without_a_digit_are_photos_of_something_else(
    glyph_source: GlyphSource,
) -> None:
    pictures = generate_pictures(np.random.default_rng(4), glyph_source, 1.0, 1.0)
    scenes = [picture.is_scene for picture in itertools.islice(pictures, 100)]
    assert 20 < sum(scenes) < 50
    assert all(picture.label == NO_DIGIT for picture in itertools.islice(pictures, 20))
