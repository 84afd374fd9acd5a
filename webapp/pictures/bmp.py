"""BMP files, those among them whose colours lie in unusual bits too."""

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from webapp.pictures import bmp_runs
from webapp.pictures.undecoded import Undecoded

_FILE_HEADER, _OLD_HEADER, _PROFILE_HEADER, _EMBEDDED = 14, 12, 124, b"DEBM"
_RUNS = {1: 8, 2: 4}
_PLAIN, _BIT_FIELDS, _ALPHA_BIT_FIELDS = 0, 3, 6


def parse(data: bytes) -> Undecoded:
    """Read what a BMP file says of its picture."""
    header, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", data, _FILE_HEADER)
    if header >= 40 and compression in _RUNS:
        image: Image.Image = _runs(data, header, _RUNS[compression])
    elif header >= 40 and bits in {16, 32} and (masks := _masks(data, header, compression)):
        image = _unpacked(data, width, height, bits, masks)
    else:
        image = BmpImageFile(io.BytesIO(data))
    return Undecoded(image=image, profile=_profile(data, header))


def size(data: bytes) -> tuple[int, int]:
    """Read width and height of a BMP file: of runs, a short file may be a large picture."""
    layout = "<HH" if data[_FILE_HEADER] == _OLD_HEADER else "<ii"
    width, height = struct.unpack_from(layout, data, _FILE_HEADER + 4)
    return abs(width), abs(height)


def _runs(data: bytes, header: int, bits: int) -> Image.Image:
    width, height = size(data)
    (start,) = struct.unpack_from("<I", data, 10)
    pixels = bmp_runs.unpacked(data[start:], width, height, bits)
    return Image.fromarray(bmp_runs.coloured(pixels, data[_FILE_HEADER + header : start])[::-1])


def _masks(data: bytes, header: int, compression: int) -> tuple[int, ...]:
    """Return which bits are red, green, blue and alpha; nothing where the usual ones are."""
    names = 4 if header >= 56 or compression == _ALPHA_BIT_FIELDS else 3
    if compression not in {_BIT_FIELDS, _ALPHA_BIT_FIELDS} and not (
        compression == _PLAIN and header >= 56
    ):
        return ()
    masks = struct.unpack_from(f"<{names}I", data, _FILE_HEADER + 40)
    if names == 4 and not masks[3]:
        masks = masks[:3]
    return masks if compression or len(masks) == 4 else ()


def _unpacked(
    data: bytes, width: int, height: int, bits: int, masks: tuple[int, ...]
) -> Image.Image:
    (start,) = struct.unpack_from("<I", data, 10)
    row = (width * bits + 31) // 32 * 32 // bits
    samples = np.frombuffer(data, f"<u{bits // 8}", row * abs(height), start)
    rows = samples.reshape(abs(height), row)[:, :width]
    upright = rows if height < 0 else rows[::-1]
    return Image.fromarray(np.stack([_channel(upright, mask) for mask in masks], axis=-1))


def _channel(samples: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """Scale the bits of a mask to 0..255; no bits are no colour, or no transparency."""
    if not mask:
        return np.zeros(samples.shape, dtype=np.uint8)
    lowest = mask & -mask
    values = (samples & mask) // lowest
    scaled: NDArray[np.uint8] = np.rint(values * (255 / (mask // lowest))).astype(np.uint8)
    return scaled


def _profile(data: bytes, header: int) -> bytes | None:
    if header != _PROFILE_HEADER or data[_FILE_HEADER + 56 :][:4] != _EMBEDDED:
        return None
    offset, length = struct.unpack_from("<II", data, _FILE_HEADER + 112)
    return data[_FILE_HEADER + offset :][:length]
