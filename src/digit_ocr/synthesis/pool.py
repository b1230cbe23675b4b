"""Composed pictures made once, by several processes, and kept in the cache folder.

The pictures are made in chunks, each from its own seed, so that they do not depend on the number
of processes; the file's name holds a hash of all that decides its content.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt

from digit_ocr.data.cache import cache_folder, opened_atomically
from digit_ocr.synthesis.fonts import installed_fonts
from digit_ocr.synthesis.glyphs import GlyphSource

SYNTHESIS_VERSIONS = {"digits": 20, "numbers": 35, "pages": 25}
"""Raised with each change of what is composed, so that no old pool is taken for a new one."""

CHUNK_SIZE = 200

KINDS = {
    "digits": ("digit_ocr.synthesis.crops", "compose_digits"),
    "numbers": ("digit_ocr.synthesis.strings", "compose_numbers"),
    "pages": ("digit_ocr.synthesis.pages", "compose_pages"),
}
"""Where the function of each kind is: (count, seed, source) to a dataclass of arrays."""

Arrays = dict[str, npt.NDArray[Any]]

logger = logging.getLogger(__name__)


def make_pool(
    kind: str,
    count: int,
    seed: int,
    source: GlyphSource,
    workers: int | None = None,
    folder: Path | None = None,
    options: Mapping[str, float] | None = None,
) -> Arrays:
    """Return `count` composed pictures of a kind in `KINDS`, from the cache where they are there.

    The arrays are the fields of that kind's dataclass, with `count` rows each. `folder` is where
    pools are kept (the user's cache folder where None); `workers` is the number of processes (one
    per core where None) and does not change the result; `options` go to the composing function.
    """
    options = dict(options or {})
    name = f"{kind}-{count}-{pool_hash(kind, count, seed, source, options)}.npz"
    path = (folder or cache_folder() / "composed") / name
    if path.is_file():
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            logger.warning("%s is damaged, composing anew: %s", path, error)
    logger.info("composing %d %s, once: they are kept", count, kind)
    arrays = compose_in_chunks(kind, count, seed, source, workers, options)
    try:
        with opened_atomically(path) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        logger.warning("these are not kept, %s cannot be written: %s", path, error.strerror)
    return arrays


def compose_in_chunks(
    kind: str,
    count: int,
    seed: int,
    source: GlyphSource,
    workers: int | None = None,
    options: Mapping[str, float] | None = None,
) -> Arrays:
    """Return what `make_pool` does, composed anew."""
    sizes = [min(CHUNK_SIZE, count - start) for start in range(0, count, CHUNK_SIZE)]
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes), np.uint64).tolist()
    workers = min(workers or os.cpu_count() or 1, len(sizes))
    setting = (kind, source, dict(options or {}))
    if workers <= 1:
        chunks = [_compose(*setting, *chunk) for chunk in zip(sizes, seeds, strict=True)]
    else:
        # Not fork: a parent with torch's or OpenCV's threads running may hang its children.
        with ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start, initargs=setting
        ) as processes:
            chunks = list(processes.map(_chunk, sizes, seeds))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def pool_hash(
    kind: str, count: int, seed: int, source: GlyphSource, options: Mapping[str, float]
) -> str:
    """Return a short hash of all that decides what the pictures of a pool are."""
    digest = hashlib.sha256()
    fonts = [
        font.file for font in (*installed_fonts(source.held_back), *source.hands, *source.prints)
    ]
    version = SYNTHESIS_VERSIONS[kind]
    parameters = [version, kind, count, seed, source.held_back, fonts, dict(options)]
    digest.update(json.dumps(parameters, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(source.images).data)
    digest.update(np.ascontiguousarray(source.labels).data)
    return digest.hexdigest()[:16]


_setting: list[Any] = []
"""What one process of a pool composes: kind, source and options."""


def _start(kind: str, source: GlyphSource, options: dict[str, float]) -> None:
    # The pool has a process for each core: threads of OpenCV's own would only get in the way.
    cv2.setNumThreads(1)
    _setting[:] = [kind, source, options]


def _chunk(size: int, seed: int) -> Arrays:
    kind, source, options = _setting
    return _compose(kind, source, options, size, seed)


def _compose(
    kind: str, source: GlyphSource, options: dict[str, float], size: int, seed: int
) -> Arrays:
    module, function = KINDS[kind]
    pictures = getattr(importlib.import_module(module), function)(size, seed, source, **options)
    return {field.name: getattr(pictures, field.name) for field in fields(pictures)}
