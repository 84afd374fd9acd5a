"""Deep samples brought to 8 bits, which is what all else here works with."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.pictures.undecoded import Undecoded


def eight_bit(picture: Undecoded) -> Image.Image:
    """Scale deep grey to 8 bits, where Pillow's own conversion would clip it to white."""
    image = picture.image
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


def _from_extremes(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale wide integers and floats: they declare no white, so their own extremes count."""
    values = np.nan_to_num(deep.astype(np.float32), copy=False)
    low, high = float(values.min()), float(values.max())
    if deep.dtype.kind == "i" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0  # 16 bits in a wider container
    scaled = (values - low) * (255.0 / (high - low) if high > low else 0.0)
    grey: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return grey
