"""RapidOCR 3.10 held to digits: the peer that the benchmarks measure beside ours.

`pip install rapidocr==3.10.0` puts it there; without it the peer's columns stay empty. It is held
to digits where it decides: of its class probabilities all but the ten digits and the blank are
masked out before it decodes them.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def load_peer() -> Peer | None:
    """Return the peer, or None where RapidOCR is not installed."""
    try:
        import rapidocr  # noqa: F401
    except ImportError:
        return None
    return Peer()


class Peer:
    """RapidOCR's recogniser alone (`read_crop`) and its whole pipeline (`read_page`)."""

    def __init__(self) -> None:
        import logging

        from rapidocr import RapidOCR

        self.name = f"RapidOCR {version('rapidocr')}, held to digits"

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        self._engine: Any = RapidOCR(params={"Global.log_level": "error"})
        recogniser = self._engine._load_rec_model()
        characters = recogniser.postprocess_op.character
        kept = [i for i, character in enumerate(characters) if character in "0123456789" or i == 0]
        recogniser.session = _HeldToDigits(recogniser.session, kept)

    def read_crop(self, grey: Grey) -> str:
        """Return the digits of grey (H, W) uint8, taken for one line of text."""
        from rapidocr.ch_ppocr_rec.typings import TextRecInput

        image = np.repeat(grey[:, :, None], 3, axis=2)
        output = self._engine.text_rec(TextRecInput(img=[image], return_word_box=False))
        return "".join(output.txts or ())

    def read_page(self, grey: Grey) -> str:
        """Return the numbers that its detection and recognition find, one line each."""
        output = self._engine(np.repeat(grey[:, :, None], 3, axis=2))
        return "\n".join(text for text in output.txts or () if text)


class _HeldToDigits:
    """A recognition session whose probabilities are zero but for digits and blank."""

    def __init__(self, session: Any, kept: list[int]) -> None:
        self._session, self._kept = session, kept

    def __call__(self, *arguments: Any, **options: Any) -> NDArray[np.float32]:
        probabilities = np.asarray(self._session(*arguments, **options))
        masked = np.zeros_like(probabilities)
        masked[..., self._kept] = probabilities[..., self._kept]
        return masked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
