"""The accent: a shop's own colour, in shades that can be read in both themes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webapp.exceptions import ConfigError

Colour = tuple[float, float, float]
"""Red, green and blue, each from 0 to 255."""

_HEX = re.compile("#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_BLACK: Colour = (0, 0, 0)
_WHITE: Colour = (255, 255, 255)
_STEPS = 100
_READABLE = 4.5  # WCAG 2.2, level AA, for text
_FILL_SEEN = 1.25  # of a button beside the page; its words are readable in any case


@dataclass(frozen=True, slots=True)
class _Theme:
    """The paper of a theme, as in `hashbag.css`, and where colours go to stand out from it."""

    paper: Colour
    away: Colour
    tint: float  # the share of accent in the ground of what is chosen


_LIGHT = _Theme((0xF8, 0xF5, 0xEF), _BLACK, 0.12)
_DARK = _Theme((0x1B, 0x19, 0x17), _WHITE, 0.22)


@dataclass(frozen=True, slots=True)
class Shades:
    """An accent in one theme, as style sheets write colours."""

    accent: str
    act: str
    on_act: str
    accent_soft: str

    @property
    def rules(self) -> str:
        """The tokens of `hashbag.css` that it takes the place of."""
        return (
            f"--accent: {self.accent}; --act: {self.act}; "
            f"--on-act: {self.on_act}; --accent-soft: {self.accent_soft};"
        )


@dataclass(frozen=True, slots=True)
class Accent:
    """An accent in the light and in the dark theme."""

    light: Shades
    dark: Shades

    @property
    def style_sheet(self) -> str:
        """Write the style sheet, to be read after our own; a frame may ask for one theme."""
        return (
            f":root {{ {self.light.rules} }}\n"
            "@media (prefers-color-scheme: dark) { "
            f":root:not([data-theme=light]) {{ {self.dark.rules} }} }}\n"
            f":root[data-theme=dark] {{ {self.dark.rules} }}\n"
            f"@media print {{ :root {{ --accent: {self.light.accent}; }} }}\n"
        )


def read(text: str) -> Accent:
    """Read an accent; what could not be read on a theme's paper becomes darker or lighter there.

    Raises:
        ConfigError: the text is no colour.
    """
    if not _HEX.fullmatch(text):
        raise ConfigError(
            f"HASHBAG_ACCENT must be a colour such as #7a1f2b, six digits from 0 to f, not '{text}'"
        )
    digits = text[1:] if len(text) == 7 else "".join(2 * digit for digit in text[1:])
    red, green, blue = bytes.fromhex(digits)
    colour: Colour = (red, green, blue)
    return Accent(_shades(colour, _LIGHT), _shades(colour, _DARK))


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours as WCAG defines it, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _shades(colour: Colour, theme: _Theme) -> Shades:
    soft = _mixed(theme.paper, colour, theme.tint)
    act = _apart(colour, theme.away, (theme.paper,), _FILL_SEEN)
    on_act = max((_WHITE, _BLACK), key=lambda words: contrast(words, act))
    readable = _apart(colour, theme.away, (theme.paper, soft), _READABLE)
    return Shades(*map(_written, (readable, act, on_act, soft)))


def _apart(colour: Colour, away: Colour, grounds: Sequence[Colour], least: float) -> Colour:
    """Return the first colour on the way to `away` that has enough contrast with all grounds."""
    way = (_mixed(colour, away, step / _STEPS) for step in range(_STEPS + 1))
    return next(one for one in way if all(contrast(one, ground) >= least for ground in grounds))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (
        round(a + (b - a) * share) for a, b in zip(one, other, strict=True)
    )  # as it is written, so that what is measured is what is shown
    return red, green, blue


def _luminance(colour: Colour) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)
