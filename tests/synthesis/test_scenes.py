"""Photos of something else than writing."""

from __future__ import annotations

import numpy as np

from digit_ocr.synthesis.scenes import draw_scene


def test_a_scene_fills_its_picture_with_things_of_different_greys() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        scene = draw_scene(40, 60, rng)
        assert scene.dtype == np.float32
        assert scene.shape == (40, 60)
        assert 0 <= scene.min() < scene.max() <= 1


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (draw_scene(30, 30, np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(first, second)


def test_neighbouring_pixels_mostly_belong_to_one_thing() -> None:
    rng = np.random.default_rng(3)
    steps, spreads = [], []
    for _ in range(40):
        scene = draw_scene(64, 64, rng)
        steps.append(float(np.median(np.abs(np.diff(scene, axis=1)))))
        spreads.append(float(scene.std()))
    assert np.median(steps) < 0.2 * np.median(spreads)
