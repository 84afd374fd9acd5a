"""From whatever colours a picture is stored in to sRGB, as browsers do it."""

import io
from collections.abc import Callable
from functools import lru_cache
from typing import cast

import numpy as np
from PIL import Image, ImageCms

Conversion = Callable[[Image.Image], Image.Image]

_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


def _srgb() -> ImageCms.ImageCmsProfile:
    """Make sRGB's profile, of version 2: to one of version 4 the blacks would be stretched."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[8:10] = b"\2\x40"
    return ImageCms.ImageCmsProfile(io.BytesIO(made))


_SRGB = _srgb()
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# A profile that moves no colour further, in levels, is sRGB whatever it is called.
_SAME = 1
_STEPS = 17


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Turn a picture of mode L, RGB, CMYK or LAB into RGB by its embedded profile.

    A profile that fits the pixels badly is ignored, as browsers do, so that the fingerprint
    belongs to the picture people see.
    """
    if image.mode == "LAB":
        return _applied(_built(_LAB, "LAB"), image)
    space, convert = conversion(icc) if icc else (None, None)
    if convert is None or (space != image.mode and (space, image.mode) != ("RGB", "L")):
        # Large pictures are slow to copy.
        return image if image.mode == "RGB" else image.convert("RGB")
    return convert(image if space == image.mode else image.convert("RGB"))


def is_profile(icc: bytes) -> bool:
    """Say whether this can be read as an ICC profile."""
    return conversion(icc)[0] is not None


def has_table(icc: bytes) -> bool:
    """Say whether a profile has a table of colours: browsers differ in how they read these."""
    count = int.from_bytes(icc[128:132], "big")
    return b"A2B" in icc[132 : 132 + 12 * count]


@lru_cache(maxsize=16)
def conversion(icc: bytes) -> tuple[str | None, Conversion | None]:
    """Return the mode that a profile is for, and how to convert pictures of it.

    There is no mode if the profile is of no use, and no conversion if it changes nothing.
    """
    if int.from_bytes(icc[:4], "big") > len(icc):
        return None, None  # cut short
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        mode = _SPACES.get(profile.profile.xcolor_space.strip())
        if mode is None:
            return None, None
        transform = _built(profile, mode)
    except (ImageCms.PyCMSError, OSError):
        return None, None
    if mode == "L":
        return mode, _by_table(profile)
    if mode == "RGB" and _changes_nothing(transform):
        return mode, None
    return mode, lambda image: _applied(transform, image)


def _built(
    profile: ImageCms.ImageCmsProfile,
    mode: str,
    flags: ImageCms.Flags = ImageCms.Flags.NONE,
) -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(profile, _SRGB, mode, "RGB", flags=flags)


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    # Only an in-place transformation returns nothing.
    return cast(Image.Image, ImageCms.applyTransform(image, transform))


def _by_table(profile: ImageCms.ImageCmsProfile) -> Conversion:
    """Convert grey by a table of all levels, made without the shortcuts that cost accuracy."""
    exact = _built(profile, "L", ImageCms.Flags.NOOPTIMIZE)
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    channels = _applied(exact, levels).split()
    tables = [bytes(channel.tobytes()) for channel in channels]

    def convert(image: Image.Image) -> Image.Image:
        return Image.merge("RGB", [image.point(list(table)) for table in tables])

    return convert


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    colours = np.concatenate([cube, greys])[None]
    seen = np.asarray(_applied(transform, Image.fromarray(colours)))
    return bool(np.abs(seen.astype(int) - colours).max() <= _SAME)
