"""Handwriting fonts: each is one person's digits and letters, or a country's school hand.

They are what MNIST and drawn strokes lack: other people's shapes. `digit-ocr data fetch fonts`
gets them, from packages under an open licence; without them training goes on without hands. Every
fourth is held back, to tell how well hands are read of which none was learned.
"""

from __future__ import annotations

from functools import cache

from digit_ocr.data.font_packages import FontPackage
from digit_ocr.synthesis.fonts import FETCHED, Font, is_installed

_OFL = """
    allura annie-use-your-telescope bad-script beth-ellen bilbo caveat caveat-brush
    cedarville-cursive chilanka comforter covered-by-your-grace dawning-of-a-new-day dekko
    delicious-handrawn delius edu-nsw-act-foundation edu-sa-beginner fuzzy-bubbles gaegu
    gamja-flower give-you-glory gloria-hallelujah gochi-hand grape-nuts handlee hi-melody
    hurricane indie-flower kalam kavivanar klee-one kristi la-belle-aurore liu-jian-mao-cao
    long-cang loved-by-the-king mali mansalva marck-script meddon moon-dance mr-dafoe
    nanum-brush-script nanum-pen-script neucha nothing-you-could-do oooh-baby
    over-the-rainbow pangolin patrick-hand playwrite-cu playwrite-de-grund
    playwrite-dk-loopet playwrite-fr-moderne playwrite-hu playwrite-in playwrite-it-moderna
    playwrite-nl playwrite-pl playwrite-us-trad poor-story qwitcher-grypen reenie-beanie
    rouge-script sedgwick-ave shadows-into-light shadows-into-light-two shantell-sans
    short-stack single-day square-peg sue-ellen-francisco swanky-and-moo-moo
    the-girl-next-door the-nautigal vibur vujahday-script waiting-for-the-sunrise whisper
    yomogi zen-kurenaido zeyada
"""
_APACHE = """
    coming-soon crafty-girls homemade-apple just-another-hand permanent-marker rancho
    rock-salt schoolbell walter-turncoat
"""
_VERSION = "5.3.0"
_OTHER_VERSIONS = {
    "comforter": "5.2.8",
    "moon-dance": "5.0.5",
    "single-day": "5.3.1",
    "the-nautigal": "5.2.7",
}

HELD_BACK_EVERY, HELD_BACK_FROM = 4, 1
"""The second of every four: of these, hands that were read badly are as many as of the others."""


def _font(name: str, licence: str) -> Font:
    return Font(f"{FETCHED}{name}", f"files/{name}-latin-400-normal.woff", licence)


HANDS: tuple[Font, ...] = tuple(
    sorted(
        [_font(name, "OFL-1.1") for name in _OFL.split()]
        + [_font(name, "Apache-2.0") for name in _APACHE.split()],
        key=lambda font: font.package,
    )
)
"""All of them, sorted by name."""


@cache
def installed_hands(held_back: bool = False) -> tuple[Font, ...]:
    """Return the hands that are installed: those to train on, or those held back."""
    return tuple(
        font
        for place, font in enumerate(HANDS)
        if (place % HELD_BACK_EVERY == HELD_BACK_FROM) == held_back and is_installed(font)
    )


def hand_packages() -> list[FontPackage]:
    """Return where the hands come from."""
    return [FontPackage(font.package, _version_of(font), font.file) for font in HANDS]


def _version_of(font: Font) -> str:
    return _OTHER_VERSIONS.get(font.package.removeprefix(FETCHED), _VERSION)
