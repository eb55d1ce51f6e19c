"""What a sign shows as a picture for a preview: boxes and words on a board, laid out once for SVG and for PNG. Pure.

The controller of a sign draws with its own glyphs; a preview shows what it is told, in the colours that lines have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from signal_ctrl.domain.signs import MessageKind
from signal_ctrl.parking.signs.faces import Face, FaceLine

WIDTH: Final = 440
BOARD: Final = "#10243f"
PARKING: Final = "#1f5fd0"
WHITE: Final = "#ffffff"
AMBER: Final = "#ffb000"
COLOURS: Final = {"count": "#3ddc6f", "full": "#ff5a4f"}
"""Colours of a line's value; of every other state it is amber."""
WARNING: Final = "#ff5a4f"
"""Colour of a text for safety."""
_ROW: Final = 56
_TEXT_ROW: Final = 34
_LABEL: Final = (62, 222)
_TEXT: Final = (16, WIDTH - 32)
_MOST_ROWS: Final = 8
_WIDE: Final = "\u2e80"
"""From here on characters are as wide as they are high (CJK)."""
_WIDE_EM: Final = 1.07
_BROAD: Final = frozenset("MWmw@%")
_BROAD_EM: Final = 0.95
_CAPITAL_EM: Final = 0.72
_SMALL_EM: Final = 0.6


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle. [px]"""

    x: int
    y: int
    width: int
    height: int
    colour: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text on its base line; `x` is its left end, or its right one where it `ends` there. [px]"""

    x: int
    y: int
    size: int
    colour: str
    text: str
    bold: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture: its height [px] and what is on it, in the order of drawing."""

    height: int
    boxes: tuple[Box, ...]
    words: tuple[Words, ...]


def sketch_of(face: Face) -> Sketch:
    """Return the picture of what a sign shows; a board without anything on it for one that is blank."""
    boxes = tuple(Box(12, at * _ROW + 12, 36, 36, PARKING) for at in range(len(face.lines)))
    words = [word for at, line in enumerate(face.lines) for word in _line(at * _ROW + 8, line)]
    top = len(face.lines) * _ROW + 8
    if face.text is not None:
        colour = WARNING if face.text.kind is MessageKind.SAFETY else AMBER
        for row in rows_of(face.text.zh, 24, _TEXT[1]):
            words.append(Words(_TEXT[0], top + 28, 24, colour, row))
            top += _TEXT_ROW
        top += 8
    return Sketch(max(top, _ROW + 8), boxes, tuple(words))


def svg_of(face: Face) -> str:
    """Return a picture of a sign as SVG; no script, nothing from elsewhere."""
    sketch = sketch_of(face)
    boxes = "".join(
        f'<rect x="{b.x}" y="{b.y}" width="{b.width}" height="{b.height}" rx="4" fill="{b.colour}"/>'
        for b in sketch.boxes
    )
    words = "".join(
        f'<text x="{w.x}" y="{w.y}" font-size="{w.size}" fill="{w.colour}"'
        f"{_BOLD if w.bold else ''}{_ENDS if w.ends else ''}>{escape(w.text)}</text>"
        for w in sketch.words
    )
    size = f'width="{WIDTH}" height="{sketch.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {sketch.height}" {size} '
        f'font-family="sans-serif"><rect {size} rx="8" fill="{BOARD}"/>{boxes}{words}</svg>'
    )


_BOLD: Final = ' font-weight="bold"'
_ENDS: Final = ' text-anchor="end"'


def width_em(text: str) -> float:
    """Return about how wide a text is at most, in its own size. [em]

    >>> round(width_em("中心"), 2), round(width_em("FULL"), 2)
    (2.14, 2.88)
    """
    return sum(map(_em, text))


def _em(character: str) -> float:
    if character >= _WIDE:
        return _WIDE_EM
    if character in _BROAD:
        return _BROAD_EM
    return _CAPITAL_EM if character.isupper() else _SMALL_EM


def rows_of(text: str, size: int, width: int) -> tuple[str, ...]:
    """Return a text as rows that fit, broken anywhere; what would be a ninth row is cut off with dots. [px]

    >>> rows_of("前方施工请绕行", 24, 110)
    ('前方施工', '请绕行')
    """
    rows = [""]
    for character in text:
        if width_em(rows[-1] + character) * size > width:
            rows.append("")
        rows[-1] += character
    if len(rows) > _MOST_ROWS:
        rows = [*rows[: _MOST_ROWS - 1], rows[_MOST_ROWS - 1][:-1] + "…"]
    return tuple(rows)


def _line(top: int, line: FaceLine) -> Iterator[Words]:
    yield Words(21, top + 32, 28, WHITE, "P", bold=True)
    size = min(24, int(_LABEL[1] / max(width_em(line.zh), 1.0)))
    yield Words(_LABEL[0], top + 31, size, WHITE, line.zh)
    if line.arrow:
        yield Words(290, top + 31, 26, WHITE, line.arrow)
    if line.value_zh:
        colour = COLOURS.get(line.state, AMBER)
        yield Words(WIDTH - 16, top + 32, 28, colour, line.value_zh, ends=True)
