"""Photographs of other things than writing, in which nothing must be read.

Those that scikit-image brings along, where it is installed; nothing else of it is used:

    pip install --no-deps scikit-image==0.26.0
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]
NAMES = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png",
    "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
    "motorcycle_left.png", "retina.jpg", "rocket.jpg",
)  # fmt: skip
"""Those without writing in them, or hardly any."""


def photographs() -> list[Grey]:
    """Return the photographs in grey; none where scikit-image is not installed."""
    package = importlib.util.find_spec("skimage")
    if package is None or package.submodule_search_locations is None:
        return []
    folder = Path(package.submodule_search_locations[0]) / "data"
    return [np.asarray(Image.open(folder / name).convert("L")) for name in NAMES]


def photograph_crops(count: int, seed: int) -> list[Grey]:
    """Return so many square crops of each photograph, 24 pixels to all of it.

    Every other one is reduced to 32 pixels.
    """
    rng = np.random.default_rng(seed)
    crops = []
    for photo in photographs():
        for index in range(count):
            side = int(np.exp(rng.uniform(np.log(24), np.log(min(photo.shape)))))
            top, left = (int(rng.integers(whole - side + 1)) for whole in photo.shape)
            crop = Image.fromarray(photo[top : top + side, left : left + side])
            crops.append(np.asarray(crop.resize((32, 32)) if index % 2 else crop))
    return crops
