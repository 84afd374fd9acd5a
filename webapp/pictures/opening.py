"""The one place where pictures are opened: any readable file becomes an upright RGB image."""

import io
import re
import struct
import zlib
from dataclasses import dataclass
from typing import cast

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from webapp.exceptions import DamagedImage, NotAnImage, TooManyPixels

# Multi-picture files (MPO) are opened as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
FORMATS_IN_WORDS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP, TIFF"
# How the formats begin: what starts like this and is not identified is damaged, not foreign.
_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|....ftyp(?:avi|hei|mif)|GIF8|II\*\0|MM\0\*", re.DOTALL
)

DEFAULT_MAX_PIXELS = 50_000_000

pillow_heif.register_heif_opener()

# Pillow warns at this limit and raises at twice it, in the middle of opening. Ours is checked
# by `open_picture` before anything is decoded, and has a sentence of its own.
Image.MAX_IMAGE_PIXELS = None

# What Pillow and the decoders behind it raise on damaged content, found by fuzzing.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)


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
    """Open a picture by its content, whatever its name.

    Of animations the first frame counts, of multi-picture files the main one.

    Raises:
        NotAnImage: the content is of no format in `FORMATS`.
        TooManyPixels: width times height, read from the header, passes `max_pixels`.
        DamagedImage: the header is fine, the rest does not decode.
    """
    image = _identify(data)
    if image.width * image.height > max_pixels:
        raise TooManyPixels(
            f"the picture has {image.width} x {image.height} pixels, "
            f"{image.width * image.height / 1e6:.1f} million; the limit is "
            f"{max_pixels / 1e6:g} million: make it smaller and try again"
        )
    media_type = "image/jpeg" if image.format == "MPO" else Image.MIME[image.format or ""]
    try:
        # MPO, AVIF and the rest keep their orientation tag; HEIF and TIFF are turned by their
        # decoders, which clear it. Transposing by the tag that is left turns each exactly once.
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return Picture(_to_rgb(image), media_type)
    except _DECODER_ERRORS as error:
        raise DamagedImage(
            f"the {image.format} picture is damaged or cut short ({_reason(error)})"
        ) from error


def _identify(data: bytes) -> Image.Image:
    if not data:
        raise NotAnImage("the file is empty")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        if _SIGNATURE.match(data):
            raise DamagedImage("the picture's header is damaged or cut short") from error
        raise NotAnImage(f"this is not a picture that we read ({FORMATS_IN_WORDS})") from error
    except _DECODER_ERRORS as error:
        raise DamagedImage(f"the picture's header is damaged ({_reason(error)})") from error


def _reason(error: BaseException) -> str:
    return str(error).split("\n", 1)[0].rstrip(".") or type(error).__name__


def _to_rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = _eight_bit(image)
    if not image.has_transparency_data:
        return _to_srgb(image, profile)
    rgba = image.convert("RGBA")
    grey = image.mode in {"LA", "La", "L"}
    opaque = _to_srgb(rgba.convert("L" if grey else "RGB"), profile)
    on_white = Image.new("RGB", rgba.size, "white")
    on_white.paste(opaque, mask=rgba.getchannel("A"))
    return on_white


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale deep grey to 8 bits, where Pillow's own conversion would clip it to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    if image.mode.startswith("I;16"):
        deep = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((deep * 255 + 32767) // 65535).astype(np.uint8))
    values = np.nan_to_num(np.array(image, dtype=np.float32), copy=False)
    low, high = float(values.min()), float(values.max())
    if image.mode == "I" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0  # 16 bits in a wider container
    # Wider integers and floats declare no white: their own extremes are black and white.
    scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_SRGB = ImageCms.createProfile("sRGB")


def _to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Apply an embedded colour profile; one that fits the pixels badly is ignored.

    That is what browsers do, so that the fingerprint belongs to the picture people see.
    """
    if image.mode == "LAB":
        return _transform(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            known = ImageCms.getProfileDescription(profile)
            space = _MODE_OF_SPACE.get(str(profile.profile.xcolor_space).strip())
            if "sRGB" not in known and space == image.mode:
                return _transform(image, profile)
        except (ImageCms.PyCMSError, OSError):
            pass
    # Large pictures are slow to copy.
    return image if image.mode == "RGB" else image.convert("RGB")


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    # Only an in-place transformation returns nothing.
    return cast(Image.Image, ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB"))
