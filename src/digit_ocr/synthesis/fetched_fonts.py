"""Fonts that `digit-ocr data fetch fonts` gets, from packages under an open licence.

Hands are what MNIST and drawn strokes lack: one person's digits and letters each, or a country's
school hand. Prints are what the installed fonts lack: square, dotted, stencilled, outlined, heavy,
narrow and old digits. Every fourth of both is held back, to tell how well those are read of which
none was learned; so are all fonts of displays, for training draws its own. Without any of them
training goes on.
"""

from __future__ import annotations

from functools import cache

from digit_ocr.data.font_packages import FontPackage
from digit_ocr.synthesis.fonts import FONTSOURCE, Font, is_installed

_HANDS_OFL = """
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
_HANDS_APACHE = """
    coming-soon crafty-girls homemade-apple just-another-hand permanent-marker rancho
    rock-salt schoolbell walter-turncoat
"""
_PRINTS_OFL = """
    abril-fatface aldrich alfa-slab-one allerta-stencil anton antonio audiowide b612-mono
    barlow-condensed bebas-neue big-shoulders-stencil-text black-ops-one bodoni-moda
    bowlby-one bruno-ace bungee bungee-inline bungee-outline chakra-petch chango cinzel
    codystar comfortaa cormorant courier-prime cousine cutive-mono dm-mono dotgothic16 doto
    eb-garamond electrolize emblema-one fascinate-inline federo geo goldman
    goudy-bookletter-1911 gruppo gugi iceland im-fell-english inconsolata inter jersey-10
    jersey-15 jersey-25 josefin-sans jura kdam-thmor-pro keania-one kode-mono krona-one
    kumar-one-outline lato league-gothic libre-baskerville lilita-one limelight
    londrina-outline major-mono-display megrim merriweather michroma micro-5 monoton
    nixie-one nova-mono nova-square nunito old-standard-tt orbitron oswald overpass-mono
    oxanium passion-one pathway-gothic-one pixelify-sans plaster playfair-display poiret-one
    press-start-2p quantico rajdhani raleway-dots righteous rubik-mono-one russo-one
    saira-stencil-one sarpanch share-tech-mono silkscreen sirin-stencil six-caps sixtyfour
    squada-one stalinist-one stardos-stencil teko tektur tiny5 titan-one tourney train-one
    turret-road unica-one varela-round vast-shadow vt323 wallpoet workbench xanh-mono
    zen-dots
"""
_PRINTS_APACHE = """
    special-elite syncopate ultra
"""
_VERSION = "5.3.0"
_OTHER_VERSIONS = {
    "bungee-outline": "5.2.8",
    "codystar": "5.2.8",
    "comforter": "5.2.8",
    "emblema-one": "5.2.8",
    "fascinate-inline": "5.2.8",
    "gruppo": "5.2.8",
    "iceland": "5.2.8",
    "kdam-thmor-pro": "5.2.5",
    "keania-one": "5.1.0",
    "londrina-outline": "5.2.8",
    "megrim": "5.2.8",
    "moon-dance": "5.0.5",
    "nixie-one": "5.2.8",
    "nova-square": "5.2.8",
    "plaster": "5.0.13",
    "sarpanch": "5.0.3",
    "single-day": "5.3.1",
    "squada-one": "5.2.8",
    "stalinist-one": "5.1.1",
    "the-nautigal": "5.2.7",
    "turret-road": "5.2.7",
    "wallpoet": "5.2.7",
}

HELD_BACK_EVERY, HELD_BACK_FROM = 4, 1
"""The second of every four: of these, hands that were read badly are as many as of the others."""


def _fonts(under_ofl: str, under_apache: str) -> tuple[Font, ...]:
    """Return a font for each name, sorted by name."""
    licences = dict.fromkeys(under_ofl.split(), "OFL-1.1")
    licences |= dict.fromkeys(under_apache.split(), "Apache-2.0")
    return tuple(
        Font(f"{FONTSOURCE}{name}", f"files/{name}-latin-400-normal.woff", licence)
        for name, licence in sorted(licences.items())
    )


HANDS: tuple[Font, ...] = _fonts(_HANDS_OFL, _HANDS_APACHE)
PRINTS: tuple[Font, ...] = _fonts(_PRINTS_OFL, _PRINTS_APACHE)
DISPLAYS: tuple[Font, ...] = tuple(
    Font("dseg", f"fonts/DSEG7-{look}/DSEG7{look.replace('-MINI', 'Mini')}-{style}.ttf", "OFL-1.1")
    for look in ("Classic", "Classic-MINI", "Modern", "Modern-MINI")
    for style in ("Regular", "Bold", "LightItalic")
)


@cache
def installed_hands(held_back: bool = False) -> tuple[Font, ...]:
    """Return the hands that are installed: those to train on, or those held back."""
    return _installed(HANDS, held_back)


@cache
def installed_prints(held_back: bool = False) -> tuple[Font, ...]:
    """Return the prints that are installed: those to train on, or those held back."""
    return _installed(PRINTS, held_back)


@cache
def installed_displays() -> tuple[Font, ...]:
    """Return the fonts of displays that are installed; all are held back."""
    return tuple(font for font in DISPLAYS if is_installed(font))


def packages() -> list[FontPackage]:
    """Return where they all come from."""
    fetched = [
        FontPackage(font.package, _version_of(font), (font.file,)) for font in HANDS + PRINTS
    ]
    displays = tuple(font.file for font in DISPLAYS)
    return [*fetched, FontPackage("dseg", "0.46.0", displays, licence="DSEG-LICENSE.txt")]


def _installed(fonts: tuple[Font, ...], held_back: bool) -> tuple[Font, ...]:
    return tuple(
        font
        for place, font in enumerate(fonts)
        if (place % HELD_BACK_EVERY == HELD_BACK_FROM) == held_back and is_installed(font)
    )


def _version_of(font: Font) -> str:
    return _OTHER_VERSIONS.get(font.package.removeprefix(FONTSOURCE), _VERSION)
