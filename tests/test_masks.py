"""What is worked out in blocks is what numpy says of the whole, whatever is where."""

import numpy as np
import pytest

from webapp.index import masks
from webapp.index.facets import Column

SIZES = [0, 1, 65_535, 65_536, 65_537, 200_001]


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("share", [0, 0.0001, 0.5, 1])
def test_places_are_those_of_the_ranks_in_any_order(size: int, share: float) -> None:
    chance = np.random.default_rng(size)
    mask = chance.random(size) < share
    every = np.flatnonzero(mask)
    some = chance.permutation(len(every))[:81]
    for ranks in (some, np.arange(len(every))[-60:], np.arange(len(every)), np.arange(0)):
        assert masks.places_of(mask, ranks).tolist() == every[ranks].tolist()


def test_what_passes_is_found_in_an_order(size: int) -> None:
    chance = np.random.default_rng(size)
    mask, order = chance.random(size) < 0.3, chance.permutation(size).astype(np.int32)
    assert np.array_equal(masks.in_order(mask, order), mask[order])


def test_marked_positions_pass_beside_those_that_did(size: int) -> None:
    chance = np.random.default_rng(size)
    mask, positions = chance.random(size) < 0.1, chance.permutation(size)[: size // 2]
    expected = mask.copy()
    expected[positions] = True
    masks.mark(mask, positions.astype(np.int32))
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize("numbers", [[], [0], [2, 5, 299]])
def test_items_that_have_one_of_some_numbers(size: int, numbers: list[int]) -> None:
    column = np.random.default_rng(size).integers(0, 300, size, dtype=np.uint16)
    assert np.array_equal(masks.having(column, numbers), np.isin(column, numbers))


def test_numbers_are_counted_of_all_and_of_those_that_pass(size: int) -> None:
    chance = np.random.default_rng(size)
    columns: dict[str, Column] = {
        "few": chance.integers(0, 4, size, dtype=np.uint8),
        "many": chance.integers(0, 3001, size, dtype=np.uint16),
    }
    sizes = {"few": 3, "many": 3000}  # the number after the last is of items without a value
    mask = chance.random(size) < 0.4
    for passing in (None, mask):
        found = masks.counted(columns, sizes, passing)
        for name, column in columns.items():
            those = column if passing is None else column[passing]
            expected = np.bincount(those, minlength=sizes[name] + 1)[:-1]
            assert np.array_equal(found[name], expected)


def test_the_last_masks_are_known_and_what_is_given_is_one_s_own(size: int) -> None:
    recent = masks.RecentMasks()
    given = [np.random.default_rng(number).random(size) < 0.5 for number in range(6)]
    for number, mask in enumerate(given):
        recent.keep(number, mask)
    assert recent.get(0) is None
    for _ in range(2):
        found = recent.get(5)
        assert found is not None
        assert np.array_equal(found, given[5])
        found[:] = False
