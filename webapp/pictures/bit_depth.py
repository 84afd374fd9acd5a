"""Deep samples brought to 8 bits, which is what all else here works with."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.pictures.undecoded import Undecoded


def eight_bit(picture: Undecoded) -> Image.Image:
    """Scale deep samples to 8 bits; of deep grey Pillow's own way would clip most to white."""
    image = picture.image
    if picture.second_bytes:
        return _colours(image, picture.second_bytes)
    if not image.mode.startswith(("I", "F")):
        return image
    deep = np.asarray(image)
    if image.mode.startswith("I;16"):
        grey = (deep >> (picture.bits - 8)).astype(np.uint8)  # as browsers do, no rounding
    else:
        if picture.swapped:
            deep = deep.byteswap()
        grey = _from_extremes(deep)
    scaled = Image.fromarray(255 - grey if picture.inverted else grey)
    clear = image.info.get("transparency")
    if clear is not None and image.mode.startswith("I;16"):
        scaled.putalpha(Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8)))
    return scaled


def _colours(first_bytes: Image.Image, second_bytes: Image.Image) -> Image.Image:
    """Make clear what is, in all of its 16 bits, of the transparent colour."""
    clear = first_bytes.info.pop("transparency")
    is_clear = np.asarray(first_bytes) == np.array(clear) >> 8
    is_clear &= np.asarray(second_bytes) == np.array(clear) & 255
    scaled = first_bytes.copy()
    scaled.putalpha(Image.fromarray(np.where(is_clear.all(axis=2), 0, 255).astype(np.uint8)))
    return scaled


def _from_extremes(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale wide integers and floats: they declare no white, so their own extremes count."""
    values = np.nan_to_num(deep.astype(np.float32), copy=False)
    low, high = float(values.min()), float(values.max())
    if deep.dtype.kind == "i" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0  # 16 bits in a wider container
    scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    grey: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return grey
