"""The edits after which the original of a photo should still be found, by name, repeatable."""

import io
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from webapp.lab.evaluation.backgrounds import (
    replaced_by_gradient,
    replaced_by_grey,
    replaced_by_photo,
)
from webapp.lab.evaluation.screens import Colour, screenshot

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
IDENTITY = "identity"


def edited(picture: Image.Image, edit: str, seed: int, item_id: int) -> Image.Image:
    """Return an RGB picture edited; the same seed, item and edit give the same pixels."""
    # Seeded by the name, so that a new edit in the table changes no other.
    random = np.random.default_rng([seed, item_id, zlib.crc32(edit.encode())])
    return EDITS[edit](picture, random)


def saved(picture: Image.Image, quality: int) -> Image.Image:
    """Return a picture after it is saved as JPEG, with 4:2:0 chroma, and opened again."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return image.convert("RGB")


def _always(change: Callable[[Image.Image], Image.Image]) -> Edit:
    """Return the edit of a change that has no random part."""
    return lambda picture, _: change(picture)


def _resize(factor: float) -> Edit:
    """Scale both sides, never under 8 pixels."""

    def edit(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        width, height = (max(8, round(side * factor)) for side in picture.size)
        return picture.resize((width, height), Image.Resampling.LANCZOS)

    return edit


def _brightness(factor: float) -> Edit:
    """Multiply all channels, cut at 255."""
    return lambda picture, _: ImageEnhance.Brightness(picture).enhance(factor)


def _contrast(factor: float) -> Edit:
    """Multiply differences from the picture's mean grey."""
    return lambda picture, _: ImageEnhance.Contrast(picture).enhance(factor)


def _gamma(exponent: float) -> Edit:
    """Raise channels, as parts of 255, to a power: below 1, middle tones become lighter."""
    table = [round(255 * (level / 255) ** exponent) for level in range(256)] * 3
    return lambda picture, _: picture.point(table)


def _hue(degrees: float) -> Edit:
    """Shift all hues; Pillow's HSV circle has 256 steps."""
    steps = round(degrees / 360 * 256)

    def edit(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        hues, saturation, value = picture.convert("HSV").split()
        shifted = hues.point([(level + steps) % 256 for level in range(256)])
        return Image.merge("HSV", (shifted, saturation, value)).convert("RGB")

    return edit


def _turn(degrees: float) -> Edit:
    """Rotate about the centre, left or right; the frame stays, the corners become white.

    Quarter turns are exact, counter-clockwise, and turn the frame too.
    """

    def edit(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        if degrees % 90 == 0:
            return picture.rotate(degrees, expand=True)
        sign = random.choice([-1, 1])
        return picture.rotate(sign * degrees, Image.Resampling.BICUBIC, fillcolor=WHITE)

    return edit


def _crop(share: float) -> Edit:
    """Cut the same share off all four sides."""

    def edit(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        width, height = picture.size
        x, y = round(width * share), round(height * share)
        return picture.crop((x, y, width - x, height - y))

    return edit


def _crop_one_side(share: float) -> Edit:
    """Cut a share off one side, chosen at random."""

    def edit(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        width, height = picture.size
        x, y = round(width * share), round(height * share)
        boxes = [(x, 0, width, height), (0, y, width, height)]
        boxes += [(0, 0, width - x, height), (0, 0, width, height - y)]
        return picture.crop(boxes[random.integers(4)])

    return edit


def _on_canvas(
    picture: Image.Image, size: tuple[int, int], at: tuple[int, int], colour: Colour
) -> Image.Image:
    canvas = Image.new("RGB", size, colour)
    canvas.paste(picture, at)
    return canvas


def _pad(share: float, colour: Colour = WHITE) -> Edit:
    """Add a border, a share of width and height."""

    def edit(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        width, height = picture.size
        x, y = round(width * share), round(height * share)
        return _on_canvas(picture, (width + 2 * x, height + 2 * y), (x, y), colour)

    return edit


def _pad_to_square(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Add white to make it square; a square picture becomes 3:4 first."""
    width, height = picture.size
    if width == height:
        picture = picture.resize((max(8, width * 3 // 4), height), Image.Resampling.LANCZOS)
        width, height = picture.size
    side = max(width, height)
    return _on_canvas(picture, (side, side), ((side - width) // 2, (side - height) // 2), WHITE)


def _pad_off_centre(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Put it at a random place on a white canvas that is a quarter larger."""
    width, height = picture.size
    canvas = (round(width * 1.25), round(height * 1.25))
    at = (int(random.integers(canvas[0] - width + 1)), int(random.integers(canvas[1] - height + 1)))
    return _on_canvas(picture, canvas, at, WHITE)


def _watermark(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Write a word, half transparent, at a random place."""
    width, height = picture.size
    ink = Image.new("L", picture.size, 0)
    font = ImageFont.load_default(max(8, width // 9))
    at = (int(width * random.uniform(0.02, 0.35)), int(height * random.uniform(0.05, 0.85)))
    ImageDraw.Draw(ink).text(at, "shop.example", fill=140, font=font)
    return Image.composite(Image.new("RGB", picture.size, (90, 90, 90)), picture, ink)


def _blur(share: float) -> Edit:
    """Apply a Gaussian blur, its radius a share of the shorter side."""
    return lambda picture, _: picture.filter(ImageFilter.GaussianBlur(min(picture.size) * share))


def _noise(sigma: float) -> Edit:
    """Add independent Gaussian noise to each channel, its deviation in levels of 255."""

    def edit(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        pixels = np.asarray(picture, dtype=np.float32)
        noisy = pixels + random.normal(0, sigma, pixels.shape).astype(np.float32)
        return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))

    return edit


EDITS: dict[str, Edit] = {
    IDENTITY: _always(lambda picture: picture),
    "JPEG q50": _always(lambda picture: saved(picture, 50)),
    "JPEG q20": _always(lambda picture: saved(picture, 20)),
    "half size": _resize(0.5),
    "quarter size": _resize(0.25),
    "brighter": _brightness(1.3),
    "darker": _brightness(0.7),
    "more contrast": _contrast(1.4),
    "less contrast": _contrast(0.7),
    "gamma 0.7": _gamma(0.7),
    "gamma 1.5": _gamma(1.5),
    "hue +10": _hue(10),
    "hue +40": _hue(40),
    "grey": _always(lambda picture: picture.convert("L").convert("RGB")),
    "mirrored": _always(ImageOps.mirror),
    "turned 2": _turn(2),
    "turned 5": _turn(5),
    "turned 15": _turn(15),
    "turned 90": _turn(90),
    "turned 180": _turn(180),
    "crop 2 %": _crop(0.02),
    "crop 5 %": _crop(0.05),
    "crop 10 %": _crop(0.10),
    "crop 20 %": _crop(0.20),
    "crop one side": _crop_one_side(0.15),
    "pad 10 %": _pad(0.10),
    "pad to square": _pad_to_square,
    "pad off centre": _pad_off_centre,
    "black border": _pad(0.03, BLACK),
    "watermark": _watermark,
    "blur": _blur(0.012),
    "noise": _noise(15),
    "background grey": replaced_by_grey,
    "background gradient": replaced_by_gradient,
    "background photo": replaced_by_photo,
    "screenshot": screenshot,
}
