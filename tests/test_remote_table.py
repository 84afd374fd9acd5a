"""A table whose codes are elsewhere answers as one that has them, and knows little of its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index import remote_table
from webapp.index.code_table import CodeTable, make_table
from webapp.index.hamming import Planes, Positions
from webapp.index.remote_table import RemoteTable
from webapp.index.repeated_rows import ROW_ARRAYS

BITS = 70


@dataclass(frozen=True)
class Elsewhere:
    """Codes as an engine keeps them, in the order in which it was sent them."""

    codes: Planes

    def take(self, rows: Positions) -> Planes:
        """Return the codes of rows."""
        return self.codes[:, rows]

    def blocks(self) -> Iterator[Planes]:
        """Yield all codes, few at once."""
        yield from (self.codes[:, start : start + 3] for start in range(0, self.codes.shape[1], 3))

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes."""
        known = {code.tobytes(): row for row, code in enumerate(self.codes.T)}
        return np.array([known.get(code.tobytes(), -1) for code in codes.T], dtype=np.intp)


def both(
    codes: NDArray[np.uint8], photos: list[int], folder: Path
) -> tuple[CodeTable, RemoteTable]:
    """Make the table of items with so many photos each, here and with its codes elsewhere."""
    ids = np.repeat(np.arange(len(photos)) * 3 + 1, photos)
    numbers = np.concatenate([np.arange(one) + 1 for one in photos])
    here = make_table(BITS, ids, codes, numbers)
    sent = here.by_first_view()
    remote_table.save(sent, folder, "x")
    there = remote_table.load(folder, "x", BITS, Elsewhere(sent.codes), sent.row_count)
    return here, there


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[NDArray[np.uint8], list[int], Planes]:
    photos = draw(st.lists(st.integers(1, 3), min_size=1, max_size=12))
    views = draw(st.integers(1, 3))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    pool = np.packbits(chance.random((draw(st.integers(1, 30)), BITS)) < 0.3, axis=1)
    codes = pool[chance.integers(0, len(pool), (sum(photos), views))]
    queries = np.zeros((2, 16), dtype=np.uint8)
    queries[:, : pool.shape[1]] = pool[chance.integers(0, len(pool), 2)]
    return codes, photos, np.ascontiguousarray(queries.view(np.uint64).T)


@given(catalogues(), st.integers(0, BITS), st.integers(1, 4))
def test_it_answers_as_a_table_that_has_its_codes(
    catalogue: tuple[NDArray[np.uint8], list[int], Planes], bound: int, per_row: int
) -> None:
    codes, photos, queries = catalogue
    with TemporaryDirectory() as folder:
        here, there = both(codes, photos, Path(folder))
    everywhere = np.arange(here.photo_count)
    assert (there.row_count, there.views, there.photo_count) == (
        here.row_count,
        here.views,
        here.photo_count,
    )
    assert (there.codes_of(everywhere) == here.codes_of(everywhere)).all()
    assert (there.distances(queries) == here.distances(queries)).all()
    some = everywhere[::per_row][::-1]
    assert (there.distances(queries, some) == here.distances(queries, some)).all()
    assert there.within(queries, bound, BITS).tolist() == here.within(queries, bound, BITS).tolist()
    rows = np.arange(here.row_count)
    theirs = there.rows_of(here.codes)
    for row, their in zip(rows.tolist(), theirs.tolist(), strict=True):
        listed = here.photos_of(np.array([row]), per_row).tolist()
        assert there.photos_of(np.array([their]), per_row).tolist() == listed
    assert there.photos_of(theirs[::-1], per_row).tolist() == here.photos_of(rows, per_row).tolist()
    for number, item_id in enumerate(here.ids.tolist()):
        for photo in range(1, photos[number] + 2):
            assert there.code(item_id, photo) == here.code(item_id, photo)
    for name in ("codes", "rows", "members", "starts", "ids"):
        assert getattr(there.whole, name).tolist() == getattr(here, name).tolist()


def test_of_codes_that_differ_nothing_is_kept_but_whose_they_are(tmp_path: Path) -> None:
    codes = np.packbits(np.random.default_rng(1).random((400, 2, BITS)) < 0.5, axis=2)
    _, there = both(codes, [1] * 400, tmp_path)
    assert all(array.nbytes == 0 for array in there.repeated.arrays.values())
    assert there.rows_at(np.array([0, 7])).tolist() == [[0, 1], [14, 15]]


@pytest.mark.parametrize("name", ["ids", *ROW_ARRAYS])
def test_an_array_that_is_missing_or_cut_off_is_told(tmp_path: Path, name: str) -> None:
    codes = np.packbits(np.random.default_rng(1).random((40, 1, BITS)) < 0.5, axis=2)
    both(codes, [1] * 40, tmp_path)
    file = tmp_path / f"x.{name}.npy"
    for damage in (lambda: file.write_bytes(file.read_bytes()[:50]), file.unlink):
        damage()
        with pytest.raises(IndexDamaged, match="codes of x cannot be read: run `hashbag index`"):
            remote_table.load(tmp_path, "x", BITS, Elsewhere(np.empty((2, 0), np.uint64)), 40)
