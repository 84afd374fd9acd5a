"""The edit that shows a photo in a chat on a phone: a screenshot."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Theme:
    """The colours of a chat."""

    page: Colour
    own: Colour
    other: Colour
    bar: Colour
    ink: Colour

    @property
    def bar_ink(self) -> Colour:
        return (255, 255, 255) if sum(self.bar) < 380 else (0, 0, 0)

    @property
    def field(self) -> Colour:
        return (255, 255, 255) if sum(self.page) > 380 else (42, 57, 66)


_THEMES = (
    _Theme((236, 229, 221), (220, 248, 198), (255, 255, 255), (7, 94, 84), (20, 20, 20)),
    _Theme((255, 255, 255), (10, 124, 255), (233, 233, 235), (246, 246, 246), (20, 20, 20)),
    _Theme((11, 20, 26), (0, 92, 75), (32, 44, 51), (32, 44, 51), (233, 237, 239)),
    _Theme((214, 228, 240), (239, 253, 222), (255, 255, 255), (82, 136, 193), (20, 20, 20)),
)


def screenshot(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Return a screenshot of a chat with the picture: status bar, header, messages, input field."""
    theme = _THEMES[random.integers(len(_THEMES))]
    width = round(picture.width / random.uniform(0.66, 0.76))
    unit = width / 100
    bubble = picture.height + round(4 * unit)
    height = round(max(width * 2.05, bubble + 90 * unit))
    screen = Image.new("RGB", (width, height), theme.page)
    pen = _Pen(ImageDraw.Draw(screen), unit, theme)
    pen.header()
    mine = bool(random.integers(2))
    top = random.uniform(25, 35)
    pen.message("have you seen this one?", 4, top, theme.other)
    at = _paste(screen, picture, pen, top=top + 14, mine=mine)
    pen.message("where is it from?", 45, min(at + 5, height / unit - 24), theme.own)
    pen.footer(height / unit)
    return screen


def _paste(screen: Image.Image, picture: Image.Image, pen: "_Pen", top: float, mine: bool) -> float:
    """Put the picture in its bubble; return the bubble's bottom, in hundredths of the width."""
    width, height = picture.width / pen.unit, picture.height / pen.unit
    left = 100 - width - 7 if mine else 3
    bottom = top + height + 4
    fill = pen.theme.own if mine else pen.theme.other
    pen.rounded((left, top, left + width + 4, bottom), 3, fill)
    screen.paste(picture, (round((left + 2) * pen.unit), round((top + 2) * pen.unit)))
    return bottom


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws in hundredths of the screen's width."""

    draw: ImageDraw.ImageDraw
    unit: float
    theme: _Theme

    def header(self) -> None:
        self.box((0, 0, 100, 20), self.theme.bar)
        self.text((5, 2), "09:41", 3.6, self.theme.bar_ink)
        self.box((88, 2.5, 95, 5.5), self.theme.bar_ink)
        self.draw.ellipse([side * self.unit for side in (9, 9, 18, 18)], fill=(150, 160, 170))
        self.text((22, 11), "Ana", 4.6, self.theme.bar_ink)

    def message(self, words: str, left: float, top: float, fill: Colour) -> None:
        self.rounded((left, top, left + 54, top + 9), 3, fill)
        self.text((left + 4, top + 2), words, 3.6, self.theme.ink)

    def footer(self, bottom: float) -> None:
        self.box((0, bottom - 13, 100, bottom), self.theme.bar)
        self.rounded((5, bottom - 11, 85, bottom - 3), 4, self.theme.field)

    def box(self, sides: tuple[float, float, float, float], fill: Colour) -> None:
        self.draw.rectangle([side * self.unit for side in sides], fill=fill)

    def rounded(
        self, sides: tuple[float, float, float, float], radius: float, fill: Colour
    ) -> None:
        scaled = [side * self.unit for side in sides]
        self.draw.rounded_rectangle(scaled, radius * self.unit, fill=fill)

    def text(self, at: tuple[float, float], words: str, size: float, fill: Colour) -> None:
        font = ImageFont.load_default(max(6, round(size * self.unit)))
        self.draw.text((at[0] * self.unit, at[1] * self.unit), words, fill=fill, font=font)
