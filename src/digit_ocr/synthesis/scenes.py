"""Photos of something else than writing: things that lie before one another, large and small.

The "dead leaves" of Lee, Mumford and Huang 2001 ("Occlusion models for natural images"), whose
edges and contrasts are much like those of photographs.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.synthesis.paper import smooth_noise

Ink = npt.NDArray[np.float32]

SMALLEST, LARGEST = (0.02, 0.3), (0.15, 1.2)
"""Radius of a scene's smallest and largest things as a share of its side, from and to."""


def draw_scene(height: int, width: int, rng: np.random.Generator) -> Ink:
    """Return how dark a scene is at each point, (height, width) float32 0..1."""
    side = max(height, width)
    scene = np.full((height, width), rng.uniform(0, 1), np.float32)
    smallest, largest = (np.exp(rng.uniform(*np.log(limits))) for limits in (SMALLEST, LARGEST))
    contrast = rng.uniform(0.15, 0.6)
    mean = rng.uniform(0.2, 0.8)
    for _ in range(int(np.exp(rng.uniform(np.log(3), np.log(80))))):
        radius = side * _radius(rng, smallest, max(largest, 2 * smallest))
        mask = _thing(height, width, radius, rng)
        grey = np.float32(np.clip(rng.normal(mean, contrast), 0, 1))
        if rng.random() < 0.5:
            grey = np.clip(grey + _shading(height, width, rng), 0, 1)
        scene += mask * (grey - scene)
    if rng.random() < 0.5:
        cell = float(np.exp(rng.uniform(0, np.log(side / 3))))
        scene += np.float32(rng.uniform(0.02, 0.2)) * smooth_noise(height, width, cell, rng)
    return scene.clip(0, 1)


def _radius(rng: np.random.Generator, smallest: float, largest: float) -> float:
    """Return a radius; how common it is falls with its cube."""
    return smallest / float(np.sqrt(1 - rng.random() * (1 - (smallest / largest) ** 2)))


def _thing(height: int, width: int, radius: float, rng: np.random.Generator) -> Ink:
    """Return where one thing is, (H, W) float32 0..1: round, angular, or long and thin."""
    mask = np.zeros((height, width), np.uint8)
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    tilt = rng.uniform(0, 180)
    kind = rng.random()
    if kind < 0.4:
        axes = radius, radius * rng.uniform(0.3, 1.0)
        cv2.ellipse(mask, ((x, y), (2 * axes[0], 2 * axes[1]), tilt), 255, -1, cv2.LINE_AA)
    elif kind < 0.8:
        count = int(rng.integers(3, 8))
        angles = np.sort(rng.uniform(0, 2 * np.pi, count))
        reach = radius * rng.uniform(0.5, 1.2, count)
        points = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=1)
        cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255, cv2.LINE_AA)
    else:
        length = radius * rng.uniform(2, 6)
        step = length / 2 * np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt))])
        bend = rng.normal(0, 0.15, 2) * length
        middle = np.array([x, y])
        points = np.stack([middle - step, middle + bend, middle + step])
        thick = max(1, round(radius * rng.uniform(0.1, 0.8)))
        lines = [np.round(points).astype(np.int32)]
        cv2.polylines(mask, lines, False, 255, thick, cv2.LINE_AA)
    return mask.astype(np.float32) / np.float32(255)


def _shading(height: int, width: int, rng: np.random.Generator) -> Ink:
    """Return how light falls off across a thing, about -0.5 to 0.5."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    ys, xs = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return np.asarray(strength * (np.cos(angle) * xs + np.sin(angle) * ys), np.float32)
