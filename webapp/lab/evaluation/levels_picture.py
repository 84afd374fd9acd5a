"""What levels rest on, as a picture: how near photos come, and how much they look like bags."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.bag_sense import BagSense
from webapp.lab.evaluation import drawing
from webapp.lab.evaluation.asked_pictures import ARE_OTHERS, EDIT
from webapp.lab.evaluation.drawing import INK
from webapp.lab.evaluation.levels import Measured
from webapp.search.levels import Thresholds

RANKING = "look balanced harder"
"""What an upload is ranked by unless something else is chosen."""

_WIDTH, _HEIGHT = 640, 392
_LEFT, _RIGHT = 8, 632
_BARS = 52
_BAR_HEIGHT = 92

_STYLES = ("edit", "bag", "other")


def draw(measured: Measured, thresholds: Thresholds, sense: BagSense) -> str:
    """Return both pictures, one above the other, as SVG."""
    nearest = measured.nearest[RANKING][:, 0, -1]
    groups = (measured.of([EDIT]), measured.bags, measured.of(ARE_OTHERS))
    chosen = thresholds.among(measured.items)
    marks = (
        (chosen.same_picture, "the same picture", "end"),
        (chosen.close, "very alike", "end"),
        (chosen.same_look, "alike, up to here", "start"),
    )
    top = 40
    parts = [
        _text(_LEFT, 16, "How near the nearest of the catalogue is (look distance)"),
        *_histogram([nearest[group] for group in groups], _STYLES, 0, 1200, top),
        *(part for value, *how in marks for part in _mark(value / 1200, top, *how)),
        *_axis(top, "0, the same", "1,200"),
    ]
    log_odds = measured.log_odds(sense)
    if log_odds is not None:
        top = 218
        parts += [
            _text(_LEFT, top - 24, "How much the photo looks like a bag (log odds)"),
            *_histogram([log_odds[group] for group in groups[1:]], _STYLES[1:], -12, 12, top),
            *_mark(0.5, top, "a bag, from here on", "start"),
            *_axis(top, "no bag", "a bag"),
        ]
    title = (
        f"Photos asked of a catalogue of {measured.items:,} bags; each outline to its own height"
    )
    return drawing.svg(title, _WIDTH, _HEIGHT, [*parts, *_legend()])


def _histogram(
    groups: Sequence[NDArray[np.number]], styles: Sequence[str], low: float, high: float, top: int
) -> Iterator[str]:
    """Draw the shares of groups as outlines over one another, each as high as its highest."""
    step = (_RIGHT - _LEFT) / _BARS
    for values, style in zip(groups, styles, strict=True):
        counts, _ = np.histogram(np.clip(values, low, np.nextafter(high, low)), _BARS, (low, high))
        heights = counts / max(1, counts.max()) * _BAR_HEIGHT
        bottom = top + _BAR_HEIGHT
        path = f"M{_LEFT} {bottom}" + "".join(
            f"V{bottom - height:.1f}H{_LEFT + (place + 1) * step:.1f}"
            for place, height in enumerate(heights.tolist())
        )
        yield f'<path {_LOOKS[style]} d="{path}V{bottom}z"/>'


_LOOKS = {
    "edit": f'class="line" fill="none" stroke="{INK}" stroke-width="1" stroke-dasharray="3 2"',
    "bag": 'fill="#8c2f39" fill-opacity="0.55" stroke="#8c2f39"',
    "other": 'fill="#5b7c99" fill-opacity="0.45" stroke="#5b7c99"',
}


def _mark(part: float, top: int, words: str, anchor: str) -> Iterator[str]:
    x = _LEFT + part * (_RIGHT - _LEFT)
    yield f'<path stroke="{INK}" class="line" d="M{x:.1f} {top - 6}V{top + _BAR_HEIGHT}"/>'
    yield _text(x + (4 if anchor == "start" else -4), top - 4, words, anchor)


def _axis(top: int, low: str, high: str) -> Iterator[str]:
    y = top + _BAR_HEIGHT
    yield f'<path stroke="{INK}" class="line" d="M{_LEFT} {y}H{_RIGHT}"/>'
    yield _text(_LEFT, y + 16, low)
    yield _text(_RIGHT, y + 16, high, anchor="end")


def _legend() -> Iterator[str]:
    words = {
        "edit": "edited photos of what is there",
        "bag": "photos of bags",
        "other": "other things",
    }
    x = _LEFT
    for style, named in words.items():
        yield f'<rect {_LOOKS[style]} x="{x}" y="{_HEIGHT - 44}" width="12" height="10"/>'
        yield _text(x + 18, _HEIGHT - 35, named)
        x += 44 + 7 * len(named)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return (
        f'<text class="ink" x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{INK}">{words}</text>'
    )
