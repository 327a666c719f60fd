"""Charts as SVG without a viewBox: widths in percent, heights and type in pixels, so that a chart
fills any column and its words stay as large as they are. What is drawn is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PLOT = 152  # pixels of the highest bar
ABOVE, BELOW = 24, 24  # for the figures over the bars and the words under them
GAP = 0.16  # of a bar's place is left free
MOST_WORDS = 8
MOST_FIGURES = 13


@dataclass(frozen=True)
class Part:
    """One part of a bar: how many of what (`kind` names its look)."""

    kind: str
    count: float


@dataclass(frozen=True)
class Bar:
    """What is to be drawn: the parts from the foot up, the word below and the figure above."""

    word: str
    parts: tuple[Part, ...]
    figure: str

    @property
    def total(self) -> float:
        return sum(part.count for part in self.parts)


@dataclass(frozen=True)
class Box:
    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Label:
    """`is_extra` is left out where there is little room."""

    text: str
    x: str
    y: str
    is_extra: bool


@dataclass(frozen=True)
class Drawing:
    """All of a chart in numbers; `top` is the line at the highest value."""

    height: int
    top: int
    foot: int
    boxes: tuple[Box, ...]
    figures: tuple[Label, ...]
    words: tuple[Label, ...]


def draw(bars: Sequence[Bar]) -> Drawing:
    """Standing bars side by side; every bar has a place of the same width."""
    highest = max((bar.total for bar in bars), default=0)
    place = 100 / max(len(bars), 1)
    boxes: list[Box] = []
    figures: list[Label] = []
    words: list[Label] = []
    step = -(-len(bars) // MOST_WORDS)
    for index, bar in enumerate(bars):
        boxes += _stack(bar, index * place, place, highest)
        middle = f"{(index + 0.5) * place:.3f}%"
        if bar.total:
            y = ABOVE + PLOT - _height(bar.total, highest) - 6
            is_extra = bar.total < highest and len(bars) > MOST_WORDS
            if not is_extra or len(bars) <= MOST_FIGURES:
                figures.append(Label(bar.figure, middle, f"{y:.1f}", is_extra))
        if index % step == 0:
            is_extra = len(bars) > MOST_WORDS and index // step % 2 == 1
            words.append(Label(bar.word, middle, str(ABOVE + PLOT + 18), is_extra))
    height = ABOVE + PLOT + BELOW
    return Drawing(height, ABOVE, ABOVE + PLOT, tuple(boxes), tuple(figures), tuple(words))


def lay(parts: Sequence[Part], most: float) -> tuple[Box, ...]:
    """A lying bar of one row: its parts from the left, as a share of the longest row."""
    boxes, x = [], 0.0
    for part in parts:
        width = 100 * part.count / most if most else 0
        if width:
            boxes.append(Box(part.kind, f"{x:.3f}%", "0", f"{width:.3f}%", "16"))
        x += width
    return tuple(boxes)


def _stack(bar: Bar, x: float, place: float, highest: float) -> list[Box]:
    boxes, foot = [], float(ABOVE + PLOT)
    for part in bar.parts:
        if not part.count:
            continue
        height = _height(part.count, highest)
        foot -= height
        boxes.append(
            Box(
                part.kind,
                f"{x + place * GAP / 2:.3f}%",
                f"{foot:.2f}",
                f"{place * (1 - GAP):.3f}%",
                f"{height:.2f}",
            )
        )
    return boxes


def _height(count: float, highest: float) -> float:
    return PLOT * count / highest if highest else 0.0
