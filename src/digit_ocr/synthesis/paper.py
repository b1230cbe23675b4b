"""What paper, light and camera make of ink: clean strokes become a photo or a scan."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]

LIGHT_ON_DARK_SHARE = 0.12
ONE_BIT_SHARE = 0.08


def photograph(
    ink: Ink,
    rng: np.random.Generator,
    strength: float = 1.0,
    light_on_dark: bool | None = None,
    one_bit: bool | None = None,
) -> Grey:
    """Return the ink as a camera or scanner would see it, (H, W) uint8.

    ink: (H, W) float32, ink 1.0 on paper 0.0; values between are fainter pens. `strength` 0 gives
    nearly clean paper, 1 the whole range of light, paper, pens and cameras. `light_on_dark` and
    `one_bit` settle what is drawn by chance where they are None.
    """
    width = stroke_width(ink)
    one_bit = bool(rng.random() < ONE_BIT_SHARE) if one_bit is None else one_bit
    light_on_dark = (
        bool(rng.random() < LIGHT_ON_DARK_SHARE) if light_on_dark is None else light_on_dark
    )

    # A scanner's own lamp leaves no shadows: only little unevenness comes to the threshold.
    light = _paper(ink.shape[0], ink.shape[1], rng, 0.2 * strength if one_bit else strength)
    density = _pen(ink, rng, strength, faint=not one_bit)
    picture = light * (1 - density)
    picture = _camera(picture, rng, strength, width)
    if one_bit:
        picture = _binarised(picture, rng, width)
    elif rng.random() < 0.3 * strength:
        picture = _tone(picture, rng)
    if light_on_dark:
        picture = 1 - picture
    grey = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if not one_bit and rng.random() < 0.4 * strength:
        quality = int(rng.integers(20, 95))
        encoded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        grey = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return grey


def stroke_width(ink: Ink) -> float:
    """Return the typical width of the strokes in pixels: twice their area by their outline."""
    area = float(ink.sum())
    outline = float(np.abs(np.diff(ink, axis=0)).sum() + np.abs(np.diff(ink, axis=1)).sum())
    # A slanted edge counts in both directions: about 1.27 times its length on average.
    return 2.5 * area / outline if outline > 0 else 2.0


def smooth_noise(
    height: int, width: int, cell_pixels: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return (height, width) float32 noise of about unit variance, smooth over `cell_pixels`."""
    rows = max(2, round(height / cell_pixels) + 1)
    columns = max(2, round(width / cell_pixels) + 1)
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _paper(height: int, width: int, rng: np.random.Generator, strength: float) -> Ink:
    """Return the light that blank paper gives back at each point, 0..1."""
    brightness = 1 - strength * rng.uniform(0.0, 0.3)
    light = np.full((height, width), brightness, np.float32)
    if rng.random() < 0.75 * strength:
        ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        xs = np.linspace(-1, 1, width, dtype=np.float32)[None]
        angle = rng.uniform(0, 2 * np.pi)
        slope = rng.uniform(0, 0.35) * strength
        light *= 1 - slope * (0.5 + 0.5 * (np.cos(angle) * xs + np.sin(angle) * ys))
        if rng.random() < 0.4:
            # A shadow's edge: hard from an edge nearby, soft from a hand above the paper.
            angle = rng.uniform(0, 2 * np.pi)
            distance = np.cos(angle) * xs + np.sin(angle) * ys - rng.uniform(-0.9, 0.9)
            softness = rng.uniform(0.02, 0.5)
            depth = rng.uniform(0.1, 0.6) * strength
            light *= 1 - depth / (1 + np.exp(np.clip(-distance / softness * 4, -30, 30)))
    if rng.random() < 0.6 * strength:
        cell = float(np.exp(rng.uniform(np.log(1.5), np.log(40))))
        light *= 1 + rng.uniform(0.002, 0.035) * strength * smooth_noise(height, width, cell, rng)
    return light


def _pen(ink: Ink, rng: np.random.Generator, strength: float, faint: bool) -> Ink:
    """Return how much light the ink takes away at each point, 0..1."""
    darkness = 1 - strength * rng.uniform(0.0, 0.55)
    if faint and rng.random() < 0.25 * strength:
        darkness = rng.uniform(0.15, 0.45)
    density = ink * np.float32(darkness)
    if rng.random() < 0.3 * strength:
        grain = smooth_noise(ink.shape[0], ink.shape[1], float(rng.uniform(1, 4)), rng)
        density = density * np.clip(1 - rng.uniform(0.1, 0.45) * np.abs(grain), 0.15, 1)
    return density


def _camera(picture: Ink, rng: np.random.Generator, strength: float, width: float) -> Ink:
    """Return the picture after lens, pixels and sensor; blur is kept to the strokes' width."""
    height, full_width = picture.shape
    chance = rng.random()
    if chance < 0.55 * strength:
        sigma = width * rng.uniform(0.05, 0.4) + (0.3 * width if rng.random() < 0.12 else 0)
        if sigma > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    elif chance < 0.65 * strength and width > 1.5:
        picture = _motion_blur(picture, rng, width)
    if rng.random() < 0.25 * strength:
        # Coarser pixels than the picture has now, but two to a stroke where strokes allow.
        factor = rng.uniform(0.4, 1.0) if width < 4 else rng.uniform(1.6 / width, 0.9)
        small = (max(4, round(full_width * factor)), max(4, round(height * factor)))
        picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        enlarge = cv2.INTER_LINEAR if rng.random() < 0.6 else cv2.INTER_CUBIC
        picture = cv2.resize(picture, (full_width, height), interpolation=enlarge)
    if rng.random() < 0.15 * strength:
        soft = cv2.GaussianBlur(picture, (0, 0), max(0.5, width * 0.4))
        picture = picture + np.float32(rng.uniform(0.2, 1.0)) * (picture - soft)
    if rng.random() < 0.6 * strength:
        deviation = np.float32(rng.uniform(0.0, 0.045) * strength)
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        if rng.random() < 0.4:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * np.float32(2.2)
        picture = picture + deviation * noise
    return np.asarray(picture, np.float32)


def _motion_blur(picture: Ink, rng: np.random.Generator, width: float) -> Ink:
    length = max(2, round(width * rng.uniform(0.4, 1.3)))
    size = length | 1
    kernel = np.zeros((size, size), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = length / 2
    middle = size // 2
    for t in np.linspace(-reach, reach, 4 * size):
        x, y = round(middle + t * np.cos(angle)), round(middle + t * np.sin(angle))
        if 0 <= x < size and 0 <= y < size:
            kernel[y, x] = 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def _tone(picture: Ink, rng: np.random.Generator) -> Ink:
    """Return the picture with another exposure: little contrast, or dark or pale all over."""
    kind = rng.integers(3)
    if kind == 0:
        span = rng.uniform(0.25, 0.6)
        return picture * np.float32(span) + np.float32(rng.uniform(0.05, 0.95 - span))
    if kind == 1:
        return picture * np.float32(rng.uniform(0.2, 0.6))
    return np.power(np.clip(picture, 0, 1), np.float32(np.exp(rng.uniform(-0.9, 0.7))))


def _binarised(picture: Ink, rng: np.random.Generator, width: float) -> Ink:
    """Return the picture as a one-bit scan: jagged edges, some strokes eaten or filled."""
    if rng.random() < 0.5:
        picture = picture + np.float32(rng.uniform(0.01, 0.06)) * rng.standard_normal(
            picture.shape, dtype=np.float32
        )
    paper = cv2.GaussianBlur(picture, (0, 0), max(2.0, 3 * width)) if rng.random() < 0.3 else None
    bright = np.full_like(picture, np.percentile(picture, 85)) if paper is None else paper
    dark = np.float32(np.percentile(picture, 3))
    level = np.float32(rng.uniform(0.35, 0.7))
    return (picture > dark + level * (bright - dark)).astype(np.float32)
