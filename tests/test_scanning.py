"""What a scan is made of, each piece against the plainest way to say it."""

import math
from pathlib import Path

import numpy as np
import pytest
from annoy import AnnoyIndex
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from webapp.config import load
from webapp.index import hamming
from webapp.index.code_table import make_table
from webapp.index.engines.annoy import AnnoyEngine
from webapp.index.engines.registry import ENGINES

# Fewer than a block, a whole one, one more, and several.
BLOCK = hamming._SCAN_BLOCK_CODES  # noqa: SLF001
COUNTS = st.integers(1, 60) | st.sampled_from([BLOCK, BLOCK + 1, 40_000])
SEEDS = st.integers(0, 2**32 - 1)


def drawn(count: int, words: int, asked: int, seed: int) -> tuple[hamming.Planes, hamming.Planes]:
    """Draw codes and queries; codes are near the first query, or far, or anything between."""
    random = np.random.default_rng(seed)
    queries = random.integers(0, 2**64, (words, asked), dtype=np.uint64)
    flips = np.full((words, count), 2**64 - 1, dtype=np.uint64)
    for _ in range(4):  # each halves the bits that differ
        some = random.integers(0, 2**64, (words, count), dtype=np.uint64)
        flips = np.where(random.random(count) < 0.8, flips & some, flips)
    return queries[:, :1] ^ flips, queries


def plain_distances(codes: hamming.Planes, queries: hamming.Planes) -> list[int]:
    """Compare whole codes, each one long number, with each query."""
    words = codes.tolist()
    asked = [[int(word) for word in query] for query in queries.T]
    return [
        min(sum((a ^ b).bit_count() for a, b in zip(code, query, strict=True)) for query in asked)
        for code in zip(*words, strict=True)
    ]


@pytest.mark.thorough
@given(COUNTS, st.integers(1, 7), st.integers(1, 3), SEEDS)
@settings(max_examples=40)
@example(40_000, 4, 2, 1)
def test_distances_are_those_of_the_nearest_query(
    count: int, words: int, asked: int, seed: int
) -> None:
    codes, queries = drawn(count, words, asked, seed)
    found = hamming.distances(codes, queries)
    assert found.tolist() == plain_distances(codes, queries)
    few = slice(0, 20)
    alone = plain_distances(codes[:, few], queries[:, :1])
    assert hamming.distances_to_query(codes[:, few], queries[:, 0]).tolist() == alone


@pytest.mark.thorough
@given(COUNTS, st.integers(1, 7), st.integers(1, 3), SEEDS, st.floats(0, 1))
@settings(max_examples=60)
@example(40_000, 4, 1, 1, 0.1)  # half a code is too far already
@example(40_000, 7, 2, 2, 0.0)
def test_within_a_bound_are_all_that_are_and_no_others(
    count: int, words: int, asked: int, seed: int, share: float
) -> None:
    """`share` of the width is the bound, by its square: small ones are what is asked for."""
    codes, queries = drawn(count, words, asked, seed)
    bound = int(64 * words * share**2)
    found = hamming.within(codes, queries, bound)
    every = plain_distances(codes, queries)
    assert found.tolist() == [place for place, one in enumerate(every) if one <= bound]


@pytest.mark.thorough
@given(
    st.integers(0, 60) | st.integers(500, 530) | st.sampled_from([8_192, 8_193, 30_000]),
    st.integers(1, 1000),
    st.sampled_from([np.uint8, np.uint16, np.int64]),
    st.sampled_from(["as drawn", "ascending", "descending", "all but a few far"]),
    st.integers(1, 100) | st.integers(1, 40_000),
    SEEDS,
)
@settings(max_examples=120)
def test_the_smallest_are_as_sorting_finds_them_with_ties_by_place(
    count: int, most: int, dtype: type, order: str, k: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    found = random.integers(0, min(most, 255 if dtype is np.uint8 else most) + 1, count)
    if order == "all but a few far":
        found[random.random(count) > 0.001] = found.max(initial=0)
    elif order != "as drawn":
        found = np.sort(found) if order == "ascending" else np.sort(found)[::-1]
    values: NDArray[np.integer] = found.astype(dtype)
    expected = sorted(range(count), key=lambda place: (int(found[place]), place))[:k]
    assert hamming.k_smallest(values, k).tolist() == expected


@given(st.lists(st.integers(0, 512), max_size=80), st.floats(0.25, 400), st.floats(0, 1))
def test_roots_are_those_of_each_part(values: list[int], scale: float, share: float) -> None:
    found = hamming.scaled_square_roots(np.array(values, dtype=np.uint16), scale, share)
    assert found.tolist() == [share * math.sqrt(value / scale) for value in values]


@given(st.lists(st.integers(0, 40) | st.integers(0, 2**31 - 1)))
def test_distinct_numbers_ascend_and_come_once(values: list[int]) -> None:
    assert hamming.sorted_unique(np.array(values, dtype=np.int32)).tolist() == sorted(set(values))


@pytest.mark.thorough
@given(
    st.integers(1, 400),
    st.sampled_from([14 * 3, 64, 196, 256]),
    st.integers(1, 12),
    SEEDS,
)
@settings(max_examples=25)
@example(70_000, 64, 1, 3)  # more than are written at a time
def test_an_annoy_file_written_directly_is_as_annoy_would_have_made_it(
    tmp_path_factory: pytest.TempPathFactory, count: int, bits: int, trees: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    every = random.random((count, bits)) < random.random(bits)
    table = make_table(bits, np.arange(count), np.packbits(every, axis=1)[:, None])
    folder = tmp_path_factory.mktemp("annoy")
    AnnoyEngine(trees, 50).build(table, folder, "x")
    ours, theirs = AnnoyIndex(bits, "hamming"), AnnoyIndex(bits, "hamming")
    theirs.set_seed(81)
    rows = [table.bit_vector(row).tolist() for row in range(table.row_count)]
    for number, row in enumerate(rows):
        theirs.add_item(number, row)
    theirs.build(trees, n_jobs=1)
    theirs.save(str(folder / "theirs.ann"))
    theirs.load(str(folder / "theirs.ann"))
    ours.load(str(folder / "x.ann"))
    assert ours.get_n_items() == len(rows)
    assert ours.get_n_trees() == theirs.get_n_trees()
    for row in {0, len(rows) // 2, len(rows) - 1}:
        assert ours.get_item_vector(row) == rows[row]
    for query in (random.random((8, bits)) < 0.5).astype(int).tolist():
        found, expected = (
            forest.get_nns_by_vector(query, 9, 60, include_distances=True)
            for forest in (ours, theirs)
        )
        assert found == expected


def test_the_engine_opens_what_was_written_directly(tmp_path: Path) -> None:
    """Its own check compares vectors with codes: bits in another order would be refused."""
    packed = np.random.default_rng(4).integers(0, 256, (3000, 1, 25), dtype=np.uint8)
    packed[:, :, -1] &= 0b1111_0000
    table = make_table(196, np.arange(3000), packed)
    engine = ENGINES["annoy"](load({}, {"instance": "/nowhere"}))
    index = engine.open(table, tmp_path, "x", engine.build(table, tmp_path, "x"))
    for row in (0, 1499, 2999):
        assert row in index.candidates(table.codes[:, row : row + 1], 9).rows
