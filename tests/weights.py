"""Files of weights in torch's older layout, written opcode by opcode, without torch."""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
_TYPES = {np.dtype("<f4"): "FloatStorage", np.dtype("<i8"): "LongStorage"}


@dataclass(frozen=True)
class Named:
    """Pickles as the name of something in a module that need not be there."""

    module: str
    name: str


@dataclass(frozen=True)
class Called:
    """Pickles as a call."""

    what: object
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True)
class Storage:
    """Pickles as a reference to numbers further down in the file."""

    pid: object


@dataclass(frozen=True)
class Described:
    """Pickles as an OrderedDict with its notes."""

    entries: Mapping[str, object]


ORDERED = Called(Named("collections", "OrderedDict"))
REBUILD = Named("torch._utils", "_rebuild_tensor_v2")


def pickled(value: object) -> bytes:
    """Pickle, with names and calls as they are asked for."""
    return pickle.PROTO + b"\x02" + _written(value) + pickle.STOP


def _written(value: object) -> bytes:
    match value:
        case None | bool() | int() | float():
            return pickle.dumps(value, 2)[2:-1]
        case str():
            text = value.encode()
            return pickle.BINUNICODE + struct.pack("<I", len(text)) + text
        case tuple():
            return pickle.MARK + b"".join(map(_written, value)) + pickle.TUPLE
        case list():
            entries = b"".join(map(_written, value))
            return pickle.EMPTY_LIST + pickle.MARK + entries + pickle.APPENDS
        case dict():
            return pickle.EMPTY_DICT + _entries(value)
        case Named(module, name):
            return pickle.GLOBAL + f"{module}\n{name}\n".encode()
        case Called(what, arguments):
            return _written(what) + _written(arguments) + pickle.REDUCE
        case Storage(pid):
            return _written(pid) + pickle.BINPERSID
        case Described(entries):
            notes = _written({"_metadata": {}}) + pickle.BUILD
            return _written(ORDERED) + _entries(entries) + notes
    raise TypeError(value)


def _entries(entries: Mapping[str, object]) -> bytes:
    both = b"".join(_written(name) + _written(value) for name, value in entries.items())
    return pickle.MARK + both + pickle.SETITEMS


def tensor(values: NDArray[Any], key: str) -> Called:
    """Describe an array as torch does a tensor, in whichever order it lies."""
    base = _base(values)
    stored = Storage(("storage", Named("torch", _TYPES[values.dtype]), key, "cpu", base.size, None))
    strides = tuple(step // values.itemsize for step in values.strides)
    return Called(REBUILD, (stored, 0, values.shape, strides, False, ORDERED))


def stream(tensors: Mapping[str, NDArray[Any]], **instead: object) -> bytes:
    """Write a whole file; `state` and `order` may be something else than they should."""
    keys = {name: str(number) for number, name in enumerate(tensors)}
    described = {name: tensor(array, keys[name]) for name, array in tensors.items()}
    state = instead.get("state", Described(described))
    order = instead.get("order", list(keys.values()))
    sizes = {"protocol_version": VERSION, "little_endian": True}
    head = b"".join(pickled(part) for part in (MAGIC, VERSION, sizes, state, order))
    return head + b"".join(
        struct.pack("<q", _base(array).size) + _base(array).tobytes() for array in tensors.values()
    )


def _base(values: NDArray[Any]) -> NDArray[Any]:
    """Return the array that this one is another view of."""
    while isinstance(values.base, np.ndarray):
        values = values.base
    return values
