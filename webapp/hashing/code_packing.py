"""Codes as bits, as packed bytes and as hexadecimal text."""

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.hash_kind import Bits, HashKind
from webapp.models import Code


def pack(bits: Bits) -> Code:
    """Pack the bits of V views, shape (V, bits), eight to a byte; each view starts a new byte."""
    return np.packbits(bits, axis=1).tobytes()


def packed_views(kind: HashKind, code: Code) -> NDArray[np.uint8]:
    """Return the packed views of a code, shape (V, bytes)."""
    return np.frombuffer(code, dtype=np.uint8).reshape(-1, kind.bytes)


def unpack(kind: HashKind, code: Code) -> Bits:
    """Return the bits of a code's views, shape (V, bits)."""
    return np.unpackbits(packed_views(kind, code), axis=1, count=kind.bits).astype(bool)


def fits(kind: HashKind, code: Code) -> bool:
    """Return whether a code has a length of this kind, and zeros after the last bit of each view.

    The code of a query is longer than an item's where the kind tries harder.
    """
    if len(code) not in {count * kind.bytes for count in (kind.views, kind.query_views)}:
        return False
    padding = (1 << (8 * kind.bytes - kind.bits)) - 1
    return not (packed_views(kind, code)[:, -1] & padding).any()


def differs(kind: HashKind, one: Code, other: Code) -> bool:
    """Return whether two codes differ by more bits than two machines may for the same picture."""
    if len(one) != len(other):
        return True
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return differing.bit_count() > kind.slack


def to_hex(kind: HashKind, code: Code) -> str:
    """Write a code the way `str(imagehash.ImageHash)` does, one view after the other."""
    if kind.bits % 8 == 0:
        return code.hex()
    digits, padding, size = -(-kind.bits // 4), 8 * kind.bytes - kind.bits, kind.bytes
    views = (code[start : start + size] for start in range(0, len(code), size))
    return "".join(f"{int.from_bytes(view, 'big') >> padding:0{digits}x}" for view in views)
