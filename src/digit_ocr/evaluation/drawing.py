"""A small drawing surface: one list of shapes, written as SVG for a page or a file, or as PNG.

No plotting library: the charts of a report need a dozen lines each, take the page's colours (dark
ones too), and keep their text as text.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

LIGHT = {
    "surface": "#ffffff",
    "ink": "#15181e",
    "muted": "#5b6472",
    "line": "#e2e5ea",
    "accent": "#2456d3",
    "wrong": "#cf4520",
    "right": "#0d8068",
    "second": "#9a5bd0",
    "third": "#b7791f",
}
"""Colours by role; in the page each is a CSS variable, which has another value on dark."""

SERIES = ("accent", "wrong", "right", "second", "third")
"""Colours of several models in one chart, in order."""

FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
SUPERSAMPLING = 3

PLAIN = str.maketrans({"–": "-", "−": "-", "×": "x", "≥": ">", "→": ">"})
"""Characters that the font within Pillow lacks."""


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: Literal["polyline", "polygon", "circle", "text"]
    points: tuple[Point, ...]
    colour: str
    opacity: float = 1.0
    size: float = 1.0
    text: str = ""
    anchor: Anchor = "start"
    bold: bool = False
    turned: bool = False
    dashed: bool = False
    tip: str = ""


@dataclass(slots=True)
class Drawing:
    """Shapes on a surface of `width` by `height`; x to the right, y down. `title` is its name."""

    title: str
    width: float
    height: float
    shapes: list[_Shape] = field(default_factory=list)

    def line(
        self, points: list[Point], colour: str, width: float = 1.0, *, dashed: bool = False
    ) -> None:
        """Draw straight strokes from point to point."""
        self.shapes.append(_Shape("polyline", tuple(points), colour, size=width, dashed=dashed))

    def rectangle(
        self,
        box: tuple[float, float, float, float],
        colour: str,
        opacity: float = 1.0,
        tip: str = "",
    ) -> None:
        """Fill `box` (left, top, right, bottom)."""
        left, top, right, bottom = box
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.shapes.append(_Shape("polygon", corners, colour, opacity, tip=tip))

    def polygon(self, points: list[Point], colour: str, opacity: float = 1.0) -> None:
        """Fill the area within `points`."""
        self.shapes.append(_Shape("polygon", tuple(points), colour, opacity))

    def dot(self, centre: Point, radius: float, colour: str, tip: str = "") -> None:
        """Fill a circle; `tip` shows when the pointer rests on it."""
        self.shapes.append(_Shape("circle", (centre,), colour, size=radius, tip=tip))

    def text(
        self,
        at: Point,
        text: str,
        colour: str = "ink",
        *,
        size: float = 12,
        anchor: Anchor = "start",
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """Write `text` on the baseline at a point; `turned` runs it upwards."""
        self.shapes.append(
            _Shape(
                "text",
                (at,),
                colour,
                size=size,
                text=text,
                anchor=anchor,
                bold=bold,
                turned=turned,
            )
        )

    def to_svg(self, *, inline: bool = False) -> str:
        """Return the drawing as SVG: a file of its own, or `inline` with the page's colours."""
        size = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        if not inline:
            size += f' width="{self.width:g}" height="{self.height:g}"'
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" '
            f'aria-label="{escape(self.title)}" font-family="{FONT}">'
        ]
        if not inline:
            parts.append(f"<title>{escape(self.title)}</title>")
            parts.append(f'<rect width="100%" height="100%" fill="{LIGHT["surface"]}"/>')
        parts += [_svg(shape, inline) for shape in self.shapes]
        return "\n".join([*parts, "</svg>\n"])

    def to_png(self, scale: int = 2) -> bytes:
        """Return the drawing as PNG, `scale` pixels to a unit."""
        return _Raster(self, scale).png()


def _svg(shape: _Shape, inline: bool) -> str:
    colour = f"var(--{shape.colour})" if inline else LIGHT[shape.colour]
    # A style, not an attribute: variables are CSS.
    paint = f'style="fill:{colour}' + (
        f';opacity:{shape.opacity:.3g}"' if shape.opacity < 1 else '"'
    )
    tip = f"<title>{escape(shape.tip)}</title>" if shape.tip else ""
    x, y = shape.points[0]
    points = " ".join(f"{px:.5g},{py:.5g}" for px, py in shape.points)
    if shape.kind == "polyline":
        dash = ";stroke-dasharray:4 4" if shape.dashed else ""
        style = f"fill:none;stroke:{colour};stroke-width:{shape.size:g}{dash}"
        return f'<polyline points="{points}" style="{style};stroke-linejoin:round"/>'
    if shape.kind == "polygon":
        return f'<polygon points="{points}" {paint}>{tip}</polygon>'
    if shape.kind == "circle":
        return f'<circle cx="{x:.5g}" cy="{y:.5g}" r="{shape.size:.3g}" {paint}>{tip}</circle>'
    attributes = f'font-size="{shape.size:g}" text-anchor="{shape.anchor}"'
    attributes += ' font-weight="600"' if shape.bold else ""
    attributes += f' transform="rotate(-90 {x:.5g} {y:.5g})"' if shape.turned else ""
    return f'<text x="{x:.5g}" y="{y:.5g}" {attributes} {paint}>{escape(shape.text)}</text>'


class _Raster:
    """The same shapes in pixels, drawn larger and reduced: Pillow's lines have hard edges."""

    def __init__(self, drawing: Drawing, scale: int) -> None:
        self.scale = scale * SUPERSAMPLING
        size = (round(drawing.width * self.scale), round(drawing.height * self.scale))
        self.image = Image.new("RGB", size, LIGHT["surface"])
        self.pen = ImageDraw.Draw(self.image)
        for shape in drawing.shapes:
            self._draw(shape)

    def png(self) -> bytes:
        buffer = io.BytesIO()
        reduced = self.image.reduce(SUPERSAMPLING)
        reduced.quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def _draw(self, shape: _Shape) -> None:
        colour = _blend(LIGHT[shape.colour], LIGHT["surface"], shape.opacity)
        points = [(x * self.scale, y * self.scale) for x, y in shape.points]
        if shape.kind == "polyline":
            width = max(1, round(shape.size * self.scale))
            for start, end in itertools.pairwise(points):
                for piece in (
                    _dashes(start, end, 4 * self.scale) if shape.dashed else [(start, end)]
                ):
                    self.pen.line(piece, colour, width)
        elif shape.kind == "polygon":
            self.pen.polygon(points, colour)
        elif shape.kind == "circle":
            self.pen.circle(points[0], shape.size * self.scale, colour)
        else:
            self._write(shape, points[0], colour)

    def _write(self, shape: _Shape, at: Point, colour: str) -> None:
        font = ImageFont.load_default(shape.size * self.scale)
        text = shape.text.translate(PLAIN)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
        weight = 0.03 * shape.size * self.scale if shape.bold else 0
        if not shape.turned:
            self.pen.text(at, text, colour, font, anchor, stroke_width=weight)
            return
        length, tall = int(font.getlength(text)) + 4, int(2 * shape.size * self.scale)
        mask = Image.new("L", (length, tall))
        ImageDraw.Draw(mask).text((length / 2, tall * 0.75), text, 255, font, "ms")
        mask = mask.rotate(90, expand=True)
        shift = {"start": length, "middle": length / 2, "end": 0}[shape.anchor]
        corner = (round(at[0] - tall * 0.75), round(at[1] - shift))
        self.image.paste(colour, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask)


def _blend(colour: str, ground: str, opacity: float) -> str:
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:]), strict=True)
    return "#" + bytes(round(opacity * c + (1 - opacity) * g) for c, g in pairs).hex()


def _dashes(start: Point, end: Point, length: float) -> list[tuple[Point, Point]]:
    (x0, y0), (x1, y1) = start, end
    count = max(1, int(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 / length))
    stops = [(x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count) for i in range(count + 1)]
    return list(zip(stops[:-1:2], stops[1::2], strict=False))
