"""The files of `Words`: made of all items of a catalogue, some of them in memory at a time."""

import heapq
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.words import Words

PREFIX = "words"
_LETTERS, _ENDS, _PLACES, _PLACE_ENDS = (
    f"{PREFIX}.{name}.npy" for name in ("letters", "ends", "places", "place-ends")
)
_ITEMS_AT_ONCE = 200_000
_LINES_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Run:
    """The words of some items, sorted, in a file with a word on each line.

    `items`: how many items. `counts`: of each word how many of them have it. `places`: their
    positions, word after word.
    """

    path: Path
    items: int
    counts: NDArray[np.int32]
    places: NDArray[np.int32]

    def words(self) -> Iterator[bytes]:
        """Yield the words as lines."""
        with self.path.open("rb", _LINES_BYTES) as file:
            yield from file


def save(folder: Path, items: Iterable[Sequence[str]], *, at_once: int = _ITEMS_AT_ONCE) -> None:
    """Write the words of items, by position, as files that can be mapped.

    `at_once`: of how many items the words are held in memory as texts.
    """
    with TemporaryDirectory(dir=folder) as runs_folder:
        said, runs, first = iter(items), [], 0
        while (run := _run(Path(runs_folder, str(first)), first, islice(said, at_once))).items:
            runs.append(run)
            first += run.items
        letters, ends, numbers = _merged(runs)
    counts = np.zeros(len(ends), dtype=np.int64)
    for run, at in zip(runs, numbers, strict=True):
        counts[at] += run.counts
    place_ends = np.cumsum(counts)
    places = np.empty(int(counts.sum()), dtype=np.int32)
    free = place_ends - counts
    for run, at in zip(runs, numbers, strict=True):
        begins = np.cumsum(run.counts) - run.counts
        places[np.repeat(free[at] - begins, run.counts) + np.arange(len(run.places))] = run.places
        free[at] += run.counts
    np.save(folder / _LETTERS, np.frombuffer(letters, dtype=np.uint8))
    np.save(folder / _ENDS, _narrow(ends))
    np.save(folder / _PLACES, places)
    np.save(folder / _PLACE_ENDS, _narrow(place_ends))


def _run(path: Path, first: int, items: Iterable[Sequence[str]]) -> _Run:
    """Sort the words of some items, the first at the position `first`."""
    number: dict[str, int] = {}
    numbers, places, position = array("i"), array("i"), first
    for position, of_item in enumerate(items, first + 1):
        for word in dict.fromkeys(of_item):
            numbers.append(number.setdefault(word, len(number)))
            places.append(position - 1)
    order = sorted(number)  # by code point, which is by the bytes of UTF-8
    rank = np.empty(len(order), dtype=np.int32)
    rank[[number[word] for word in order]] = np.arange(len(order))
    path.write_bytes("".join(f"{word}\n" for word in order).encode())
    of_words = rank.take(np.array(numbers, dtype=np.int32))
    by_word = np.argsort(of_words, kind="stable")
    counts = np.bincount(of_words, minlength=len(order)).astype(np.int32)
    return _Run(path, position - first, counts, np.array(places, dtype=np.int32)[by_word])


def _merged(
    runs: Sequence[_Run],
) -> tuple[bytearray, NDArray[np.int64], Sequence[NDArray[np.int32]]]:
    """Merge sorted words: all their letters, where each ends, and of each run's words the numbers.

    A word that several runs have is there once.
    """
    letters, ends = bytearray(), np.empty(sum(len(run.counts) for run in runs), dtype=np.int64)
    numbers = [np.empty(len(run.counts), dtype=np.int32) for run in runs]
    seen, count = [0] * len(runs), 0
    lines = (_with(run.words(), place) for place, run in enumerate(runs))
    # A line's end is below all letters: lines are in the order of their words.
    for line, group in groupby(heapq.merge(*lines), key=itemgetter(0)):
        for _, place in group:
            numbers[place][seen[place]] = count
            seen[place] += 1
        letters += line[:-1]
        ends[count] = len(letters)
        count += 1
    return letters, ends[:count], numbers


def _with(lines: Iterator[bytes], place: int) -> Iterator[tuple[bytes, int]]:
    return ((line, place) for line in lines)


def _narrow(ends: NDArray[np.int64]) -> NDArray[np.integer]:
    """Return ascending numbers in as few bytes as hold them."""
    return ends.astype(np.uint32) if not len(ends) or ends[-1] < 2**32 else ends


def load(folder: Path, count: int) -> Words | None:
    """Map the words of `count` items in a generation's folder; None where it has none.

    Raises:
        IndexDamaged: one of the files is unreadable.
    """
    if not (folder / _PLACES).exists():
        return None  # an earlier version built it
    try:
        letters, ends, places, place_ends = (
            np.asarray(np.load(folder / name, mmap_mode="r"))
            for name in (_LETTERS, _ENDS, _PLACES, _PLACE_ENDS)
        )
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the words of items cannot be read: run `hashbag index`", private=error
        ) from error
    return Words(count, letters, ends, places, place_ends)
