"""An unpickler that can build nothing but values: tensors' descriptions, lists, texts, numbers."""

import io
import pickle
import pickletools
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn, cast

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is read."""

_MOST_PICKLED = 1024 * 1024
_MOST_REMEMBERED = 1 << 16
_MOST_AXES = 8

# All that the five pickles of such a file need. What is left out: calls by other means, other
# ways to name a thing to call, texts and numbers of boundless length.
_NAMES_OF_OPCODES = """
PROTO STOP MARK GLOBAL REDUCE BUILD BINPERSID EMPTY_DICT EMPTY_LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2
TUPLE3 SETITEM SETITEMS APPEND APPENDS BINUNICODE BININT BININT1 BININT2 LONG1 NONE NEWTRUE NEWFALSE
BINPUT LONG_BINPUT BINGET LONG_BINGET
"""
_OPCODES = frozenset(_NAMES_OF_OPCODES.split())
_KNOWN_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}


def next_pickle(stream: io.BytesIO) -> object:
    """Read the next pickle of a stream, after a look at every opcode in it.

    Raises:
        pickle.UnpicklingError: it asks for anything but values; other errors of a malformed one
            come as the unpickler raises them.
    """
    start = stream.tell()
    name = ""
    while name != "STOP":
        opcode = _KNOWN_OPCODES.get(stream.read(1).decode("latin-1"))
        name = opcode.name if opcode else "the end of the file"
        if opcode is None or name not in _OPCODES:
            refuse(f"it has no business with {name}")
        argument = _argument(opcode, stream)
        # A large number would have the unpickler make room for as many.
        if name == "LONG_BINPUT" and not cast(int, argument) < _MOST_REMEMBERED:
            refuse("it remembers too much")
        if stream.tell() - start > _MOST_PICKLED:
            refuse("its head is too large")
    end = stream.tell()
    return _Reader(io.BytesIO(stream.getbuffer()[start:end])).load()


def _argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> object:
    if opcode.name == "GLOBAL":  # two lines, which an unpickler takes as they are
        return (stream.readline(), stream.readline())
    return opcode.arg.reader(stream) if opcode.arg else None


def refuse(why: str) -> NoReturn:
    """Raise what an unpickler raises for a stream that it does not take."""
    raise pickle.UnpicklingError(why)


# What stands for something is a tuple: a pickle can set no attribute of it, now or for later.


class _Type(NamedTuple):
    """Stands for a class of storages."""

    dtype: str


class Storage(NamedTuple):
    """Stands for a run of numbers further down in the file."""

    key: str
    dtype: str
    length: int


class Tensor(NamedTuple):
    """Stands for a tensor: a view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Ordered(dict[object, object]):
    """Stands for OrderedDict; notes that were pinned to it are dropped."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        pass


class _Rebuild:
    """Stands for the function that makes a tensor."""

    __slots__ = ()

    def __call__(
        self, storage: object, offset: object, shape: object, strides: object, *_: object
    ) -> Tensor:
        axes = (_whole_numbers(shape), _whole_numbers(strides))
        (start,) = _whole_numbers((offset,))
        if not isinstance(storage, Storage) or len(axes[0]) != len(axes[1]):
            refuse("a tensor's description is not one")
        return Tensor(storage, start, *axes)


def _whole_numbers(found: object) -> tuple[int, ...]:
    if (
        not isinstance(found, tuple)
        or len(found) > _MOST_AXES
        or not all(type(one) is int and 0 <= one <= MOST_BYTES for one in found)
    ):
        refuse("a tensor's size is not one")
    return found


_ALLOWED: Mapping[tuple[str, str], object] = {
    ("collections", "OrderedDict"): Ordered,
    ("torch", "FloatStorage"): _Type("<f4"),
    ("torch", "LongStorage"): _Type("<i8"),
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows four names, each standing for something that only holds values."""

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in _ALLOWED:
            refuse(f"it asks for {module}.{name}")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Any, /) -> Storage:
        word, kind, key, _device, count, _view = pid
        if word != "storage" or not isinstance(kind, _Type) or not isinstance(key, str):
            refuse("a storage's description is not one")
        return Storage(key, kind.dtype, *_whole_numbers((count,)))
