"""The square picture that other sites and chats show beside a link: one photo, or up to four."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

SIDE = 600
"""Width and height in pixels."""

MOST = 4

MEDIA_TYPE = "image/jpeg"  # not all sites read the WebP of the copies

# Those of the pages in the light.
_PAPER, _MAT = (248, 245, 239), (240, 235, 226)
_GAP, _MARGIN = 12, 0.06


def square_card(copies: Sequence[Path | BytesIO]) -> bytes:
    """Draw photos, from one to `MOST`, on mats of equal size, whole and never cropped.

    `copies`: files of thumbnails, which are RGB.

    Raises:
        OSError: one cannot be read.
    """
    card = Image.new("RGB", (SIDE, SIDE), _PAPER)
    across = 1 if len(copies) == 1 else 2
    side = (SIDE - _GAP * (across - 1)) // across
    for number, copy_file in enumerate(copies):
        row, column = divmod(number, across)
        card.paste(_mat(copy_file, side), (column * (side + _GAP), row * (side + _GAP)))
    out = BytesIO()
    card.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def _mat(copy_file: Path | BytesIO, side: int) -> Image.Image:
    """Return a square mat with a photo in its middle, whose white melts into it."""
    mat = Image.new("RGB", (side, side), _MAT)
    room = round(side * (1 - 2 * _MARGIN))
    with Image.open(copy_file, formats=("WEBP",)) as opened:
        copy = opened.convert("RGB")
    scale = room / max(copy.size)
    width, height = (max(1, round(length * scale)) for length in copy.size)
    photo = copy.resize((width, height), Image.Resampling.LANCZOS)
    left, top = (side - width) // 2, (side - height) // 2
    beneath = mat.crop((left, top, left + width, top + height))
    mat.paste(ImageChops.multiply(photo, beneath), (left, top))
    return mat
