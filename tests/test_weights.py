"""Only the pinned file of weights is read; and nothing in any such file is ever run."""

import hashlib
import pickle
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import weights as files
from tests.weights import REBUILD, Called, Described, Named
from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned import weights

ARRAYS: dict[str, NDArray[np.float32] | NDArray[np.int64]] = {
    "layer.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "layer.turned": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    "layer.count": np.array(7, dtype=np.int64),
}

# What must not happen while a file is read, of all that Python tells its auditors.
FORBIDDEN = (
    "compile", "exec", "import", "open", "os.", "shutil.", "socket.", "subprocess.", "ctypes.",
    "pickle.find_class", "builtins.", "code.", "marshal.", "tempfile.", "urllib.",
)  # fmt: skip

_watched: list[str] | None = None


def _auditor(event: str, _: object) -> None:
    if _watched is not None and event.startswith(FORBIDDEN):
        _watched.append(event)


sys.addaudithook(_auditor)


@pytest.fixture
def deeds() -> Iterator[list[str]]:
    """Note whatever Python does that a reader of numbers has no business with."""
    global _watched  # noqa: PLW0603 - an audit hook cannot be taken off again
    _watched = []
    yield _watched
    _watched = None


def test_what_was_written_is_read() -> None:
    found = weights.read(files.stream(ARRAYS))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)
        assert found[name].flags.c_contiguous


def test_the_packages_weights_are_those_that_are_pinned() -> None:
    found = weights.load()
    assert len(found) == 296
    assert sum(array.size for array in found.values()) == pytest.approx(4.7e6, rel=0.02)


def test_a_single_changed_byte_is_refused_before_anything_is_read(deeds: list[str]) -> None:
    path = weights.installed()
    assert path is not None
    data = bytearray(path.read_bytes())
    deeds.clear()
    data[len(data) // 2] ^= 1
    with pytest.raises(LearnedUnusable, match="not the file that the learned kind was made with"):
        weights.checked(bytes(data), "weights.pth")
    assert not deeds


CALLS = {
    "a command": Called(Named("os", "system"), ("touch hashbag-was-here",)),
    "a program": Called(Named("subprocess", "Popen"), (["true"],)),
    "code": Called(Named("builtins", "exec"), ("raise SystemExit",)),
    "a module": Called(Named("importlib", "import_module"), ("antigravity",)),
    "our own code": Called(Named("webapp.config", "load"), ({},)),
    "an attribute": Called(Named("builtins", "getattr"), (Named("collections", "abc"), "x")),
    "an allowed name of another module": Called(Named("torch", "OrderedDict")),
    "a name inside an allowed one": Called(Named("collections", "OrderedDict.fromkeys"), ("abc",)),
    "a storage as if it were a function": Called(Named("torch", "FloatStorage"), (10**9,)),
    "numpy": Called(Named("numpy", "zeros"), (10**9,)),
    "an array out of nothing": Called(REBUILD, (1, 2, 3, 4)),
}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("place", ["magic", "state", "entry", "order", "storage"])
def test_a_pickle_that_calls_something_is_refused_and_calls_nothing(
    what: str, place: str, deeds: list[str]
) -> None:
    call = CALLS[what]
    good = files.stream(ARRAYS)
    data = {
        "magic": files.pickled(call) + good,
        "state": files.stream(ARRAYS, state=call),
        "entry": files.stream(ARRAYS, state=Described({"layer": call})),
        "order": files.stream(ARRAYS, order=[call]),
        "storage": files.stream(
            ARRAYS,
            state=Described({"layer": files.Storage(("storage", call, "0", "cpu", 1, None))}),
        ),
    }[place]
    deeds.clear()
    with pytest.raises(LearnedUnusable):
        weights.read(data)
    assert not deeds
    assert not Path("hashbag-was-here").exists()


OPCODES = {
    "INST": b"(ios\nsystem\n.",
    "OBJ": b"(cos\nsystem\no.",
    "NEWOBJ": b"ccollections\nOrderedDict\n)\x81.",
    "STACK_GLOBAL": b"\x8c\x02os\x8c\x06system\x93.",
    "EXT1": b"\x82\x01.",
    "a text of four gigabytes": b"X\xff\xff\xff\xffx.",
    "a number of two gigabytes": b"\x8b\xff\xff\xff\x7fx.",
    "a frame longer than the file": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "an endless tower of tuples": b"\x80\x02" + b"(" * 60_000 + b"t" * 60_000 + b".",
}


@pytest.mark.parametrize("what", OPCODES)
def test_opcodes_that_such_a_file_never_has_are_refused(what: str, deeds: list[str]) -> None:
    deeds.clear()
    for data in (OPCODES[what], OPCODES[what] + files.stream(ARRAYS)):
        with pytest.raises(LearnedUnusable):
            weights.read(data)
    assert not deeds


@pytest.mark.parametrize("name", [b"torch\nFloatStorage\n", b"torch._utils\n_rebuild_tensor_v2\n"])
@pytest.mark.parametrize("state", [{"dtype": "O"}, ["O"], ({}, {"dtype": "O"}), 7])
def test_what_stands_for_a_type_or_a_function_cannot_be_changed(name: bytes, state: object) -> None:
    pickled = b"\x80\x02c" + name + files.pickled(state)[2:-1] + b"b."
    with pytest.raises(LearnedUnusable):
        weights.read(pickled + files.stream(ARRAYS))
    assert list(weights.read(files.stream(ARRAYS))) == list(ARRAYS)


def test_descriptions_that_reach_beyond_their_numbers_are_refused() -> None:
    kind = Named("torch", "FloatStorage")

    def described(offset: object, shape: object, strides: object) -> bytes:
        stored = files.Storage(("storage", kind, "0", "cpu", 4, None))
        state = Described({"x": Called(REBUILD, (stored, offset, shape, strides, False, {}))})
        return files.stream({"x": np.zeros(4, dtype=np.float32)}, state=state)

    assert weights.read(described(1, (3,), (1,)))["x"].shape == (3,)
    for odd in (
        (2, (3,), (1,)),  # past the end
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (10**6,), (0,)),  # one number a million times
        (0, (2, 2), (1,)),
        (0, (4.0,), (1,)),
        (0, "4", "1"),
        (10**20, (1,), (1,)),
    ):
        with pytest.raises(LearnedUnusable):
            weights.read(described(*odd))


def test_ten_thousand_damaged_files_are_refused_unread(deeds: list[str]) -> None:
    """Bytes changed, cut out, doubled, taken from pickles with calls; in every part of the file."""
    chance = random.Random(20)
    good = files.stream(ARRAYS)
    pinned = hashlib.sha256(good).hexdigest()
    alien = [files.pickled(call) for call in CALLS.values()] + list(OPCODES.values())
    assert list(weights.checked(good, "weights.pth", pinned)) == list(ARRAYS)
    deeds.clear()
    for _ in range(10_000):
        data = damaged(good, alien, chance)
        with pytest.raises(LearnedUnusable, match="not the file"):
            weights.checked(data, "weights.pth", pinned)
    assert not deeds


def damaged(good: bytes, alien: list[bytes], chance: random.Random) -> bytes:
    """Damage a file in one to four places, until it is another than before."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.choices(range(len(data) + 1), k=2))
        end = min(end, at + chance.choice((1, 2, 8, 64)))
        way = chance.randrange(5)
        if way == 0:
            data[at:end] = chance.randbytes(end - at)
        elif way == 1:
            del data[at:end]
        elif way == 2:
            data[at:at] = data[at:end]
        elif way == 3:
            data[at:end] = chance.choice(alien)
        elif data:
            data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
    return bytes(data) if data != good else damaged(good, alien, chance)


def test_the_auditor_sees_what_a_plain_unpickler_would_do(deeds: list[str], tmp_path: Path) -> None:
    """Or the tests above could not fail."""
    data = files.pickled(Called(Named("os", "mkdir"), (str(tmp_path / "made"),)))
    pickle.loads(data)
    assert {"pickle.find_class", "os.mkdir"} <= set(deeds)
    assert (tmp_path / "made").is_dir()
