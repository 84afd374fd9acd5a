"""The one place where pictures are opened: any readable file becomes an upright RGB image."""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from webapp.exceptions import DamagedImage, TooManyPixels
from webapp.pictures import bmp, gif, heif, jpeg, jxl, png, tiff, webp
from webapp.pictures.bit_depth import eight_bit
from webapp.pictures.colour_profile import has_table, to_srgb
from webapp.pictures.formats import MEDIA_TYPES, SHOWN_OTHERWISE, format_of, not_read
from webapp.pictures.orientation import upright
from webapp.pictures.undecoded import Undecoded

DEFAULT_MAX_PIXELS = 50_000_000

# Pillow warns at this limit and raises at twice it, in the middle of opening. Ours is checked
# by `open_picture` before anything is decoded, and has a sentence of its own.
Image.MAX_IMAGE_PIXELS = None

_PARSERS: dict[str, Callable[[bytes], Undecoded]] = {
    "JPEG": jpeg.parse,
    "PNG": png.parse,
    "WEBP": webp.parse,
    "AVIF": heif.parse_avif,
    "HEIF": heif.parse_heif,
    "GIF": gif.parse,
    "BMP": bmp.parse,
    "TIFF": tiff.parse,
    "JXL": jxl.parse,
}
# Decoders that make room for the whole picture, or decode it, as soon as they are made.
_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "BMP": bmp.size,
    "GIF": gif.size,
    "JXL": jxl.size,
    "WEBP": webp.size,
}

# What Pillow and the decoders behind it raise on damaged content, found by fuzzing.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
_UNSUPPORTED = re.compile("unsupported|not supported|cannot handle", re.IGNORECASE)
_GREY = frozenset({"1", "L", "LA"})


@dataclass(frozen=True, slots=True)
class Picture:
    """An opened picture: upright, 8-bit sRGB, on white where it was transparent."""

    image: Image.Image
    media_type: str

    @property
    def width(self) -> int:
        """Pixels from left to right, as seen."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels from top to bottom, as seen."""
        return self.image.height

    def cropped(self, x: float, y: float, width: float, height: float) -> "Picture":
        """Cut out a region given in fractions of width and height, of one pixel at least."""
        left, top = int(x * self.width), int(y * self.height)
        right = min(self.width, max(left + 1, round((x + width) * self.width)))
        bottom = min(self.height, max(top + 1, round((y + height) * self.height)))
        return Picture(self.image.crop((left, top, right, bottom)), self.media_type)


def open_picture(data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """Open a picture by its content, whatever its name, as browsers show it.

    Of animations the first frame counts, of multi-picture files the main one.

    Raises:
        NotAnImage: the content is of no format that is read, or of a sort that is not.
        TooManyPixels: width times height, read from the header, passes `max_pixels`.
        DamagedImage: the header is fine, the rest does not decode.
    """
    format_ = format_of(data)
    try:
        if format_ in _SIZES:
            _check_size(_SIZES[format_](data), max_pixels)
        picture = _PARSERS[format_](data)
        _check_size(picture.size, max_pixels)
        image = upright(_decoded(picture), picture.orientation)
    except _DECODER_ERRORS as error:
        reason = str(error).split("\n", 1)[0].rstrip(".") or type(error).__name__
        if _UNSUPPORTED.search(reason):
            raise not_read(f"{format_} pictures of this sort ({reason})") from error
        raise DamagedImage(f"the {format_} picture is damaged or cut short ({reason})") from error
    as_is = picture.as_is and not (picture.profile and has_table(picture.profile))
    return Picture(image, MEDIA_TYPES[format_] + ("" if as_is else SHOWN_OTHERWISE))


def _check_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        raise TooManyPixels(
            f"the picture has {width} x {height} pixels, {width * height / 1e6:.1f} million; "
            f"the limit is {most / 1e6:g} million: make it smaller and try again"
        )


def _decoded(picture: Undecoded) -> Image.Image:
    picture.image.load()
    if picture.witness and picture.witness.tobytes() != picture.image.tobytes():
        raise ValueError("its end is missing")
    image = _on_white(eight_bit(picture), picture.profile)
    canvas, frame = picture.size, picture.frame
    if frame is None or frame == (0, 0, *canvas):
        return image
    whole = Image.new("RGB", canvas, "white")
    whole.paste(image.crop(frame) if image.size == canvas else image, frame[:2])
    return whole


def _on_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")  # there is no way from it to other modes
    if not image.has_transparency_data:
        return to_srgb(_plain(image), profile)
    rgba = image.convert("RGBA")
    opaque = to_srgb(rgba.convert("L" if image.mode in _GREY else "RGB"), profile)
    on_white = Image.new("RGB", rgba.size, "white")
    on_white.paste(opaque, mask=rgba.getchannel("A"))
    return on_white


def _plain(image: Image.Image) -> Image.Image:
    """Bring an opaque picture to a mode that colour profiles are for."""
    if image.mode in {"L", "RGB", "CMYK", "LAB"}:
        return image
    return image.convert("L" if image.mode in _GREY else "RGB")
