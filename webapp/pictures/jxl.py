"""JPEG XL files, where the extra `jxl` is installed."""

from importlib.util import find_spec
from typing import Any

from PIL import Image

from webapp.exceptions import NotAnImage
from webapp.pictures import jpeg
from webapp.pictures.formats import not_read
from webapp.pictures.undecoded import Undecoded

INSTALLED = find_spec("pillow_jxl") is not None
_MODES = frozenset({"L", "LA", "RGB", "RGBA", "I;16"})
_SORTS = {"F": "floating-point"}
_BARE = b"\xff\x0a"
# How many bits a large side has, by two bits before it; and width by height, by three.
_SIDES = (9, 13, 18, 30)
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def parse(data: bytes) -> Undecoded:
    """Decode a JPEG XL file; its decoder turns it, by the codestream's own word.

    Raises:
        NotAnImage: the extra is not installed, or samples are of a sort that is not read.
        Exception: it is damaged, by whatever the decoder raises.
    """
    if not INSTALLED:
        raise NotAnImage(
            "JPEG XL pictures are not read here, for want of the extra `jxl` "
            "(pip install 'hashbag[jxl]'): save it as JPEG or PNG and try again"
        )
    from pillow_jxl import Decoder  # noqa: PLC0415 - an extra

    decode: Any = Decoder(num_threads=0)
    try:
        was_jpeg, facts, decoded, profile, _ = decode(data)
    except RuntimeError as error:  # whose words are for who builds the decoder
        raise ValueError("it does not decode") from error
    if was_jpeg:  # the very file is packed inside, bit for bit
        return jpeg.parse(decoded)
    if facts.mode not in _MODES:
        raise not_read(f"JPEG XL pictures of {_SORTS.get(facts.mode[:1], 'other')} numbers")
    image = Image.frombytes(facts.mode, (facts.width, facts.height), decoded)
    return Undecoded(image=image, profile=profile or None)


def size(data: bytes) -> tuple[int, int]:
    """Read width and height, as stored, from the first bits of the codestream."""
    bits = _Bits(_codestream(data)[2:18])
    is_small = bool(bits.take(1))
    height = _side(bits, is_small)
    if ratio := bits.take(3):
        across, down = _RATIOS[ratio]
        return height * across // down, height
    return _side(bits, is_small), height


def _side(bits: "_Bits", is_small: bool) -> int:
    return 8 * (1 + bits.take(5)) if is_small else 1 + bits.take(_SIDES[bits.take(2)])


class _Bits:
    """Reads numbers of some bits each, least significant first."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        """Read one number."""
        number = self._left & ((1 << count) - 1)
        self._left >>= count
        return number


def _codestream(data: bytes) -> bytes:
    """Find the codestream, which may lie in a box of a container."""
    at = 0 if not data.startswith(_BARE) else len(data)
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start = at + (16 if length == 1 else 8)
        if kind == b"jxlc":
            return data[start:]
        if kind == b"jxlp":
            return data[start + 4 :]
        at = at + length if length >= 8 else len(data)
    return data
