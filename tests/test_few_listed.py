"""Where an engine keeps the codes and is not told all filters, what passes is found as well."""

from pathlib import Path

import numpy as np
import pytest

from tests.test_remote_table import Elsewhere
from webapp.index import remote_table
from webapp.index.code_table import make_table
from webapp.index.engines import NOTHING, LocalIndex, Proposal
from webapp.index.hamming import Planes, distances
from webapp.index.narrowing import Narrowing
from webapp.index.remote_table import RemoteTable
from webapp.search.among import Among
from webapp.search.measure import KindMeasure
from webapp.search.nearest import nearest
from webapp.search.neighbours import Proof

BITS = 64
ITEMS = 24_000
PASSING = 8_500
"""More than are all measured."""

LONGEST = 12_000


class Lists(LocalIndex):
    """Lists the nearest rows whatever filters there are, as an engine does that knows no words."""

    def __init__(self, codes: Planes, *, promises: bool) -> None:
        self._codes = codes
        self._promises = promises

    def candidates(
        self, queries: Planes, count: int, narrowing: Narrowing | None = None
    ) -> Proposal:
        """Propose the nearest, up to the longest list."""
        del narrowing
        far = distances(self._codes, queries)
        nearest_rows = np.argsort(far, kind="stable")[: min(count, LONGEST)]
        within = int(far[nearest_rows[-1]]) - 1 if self._promises else NOTHING
        rows = np.sort(nearest_rows)
        return Proposal(rows, within, far[rows])


@pytest.fixture
def table(tmp_path: Path) -> RemoteTable:
    chance = np.random.default_rng(1)
    packed = chance.integers(0, 256, (ITEMS, 1, BITS // 8), dtype=np.uint8)
    sent = make_table(BITS, np.arange(ITEMS), packed).by_first_view()
    remote_table.save(sent, tmp_path, "x")
    return remote_table.load(tmp_path, "x", BITS, Elsewhere(sent.codes), sent.row_count)


@pytest.mark.parametrize("promises", [True, False], ids=["of all codes", "of a part of them"])
@pytest.mark.parametrize("k", [9, 100])
def test_nine_come_where_thousands_pass_and_none_of_them_is_near(
    table: RemoteTable, k: int, promises: bool
) -> None:
    """As for bags with a word that only those of another colour have, asked by colour."""
    assert isinstance(table.codes, Elsewhere)
    query = table.codes.codes[:, :1]
    of_all = table.distances(query)
    passing = np.sort(np.argsort(of_all, kind="stable")[-PASSING:])
    measure = KindMeasure(table, Lists(table.codes.codes, promises=promises), query)
    found = nearest(measure, k, Among(passing))
    assert len(found.ids) == k
    assert set(found.ids.tolist()) <= set(table.ids[passing].tolist())
    assert found.distances.tolist() == of_all[found.ids].tolist()
    assert (found.exact, found.proof) == (False, Proof.LEFT_OUT)
    assert len(found.ids) <= found.candidates < PASSING


def test_where_a_list_holds_too_few_that_pass_longer_ones_are_asked_for(table: RemoteTable) -> None:
    """Also where no list promises anything."""
    assert isinstance(table.codes, Elsewhere)
    query = table.codes.codes[:, :1]
    order = np.argsort(table.distances(query), kind="stable")
    passing = np.sort(np.append(order[400:410], order[-PASSING:]))
    measure = KindMeasure(table, Lists(table.codes.codes, promises=False), query)
    found = nearest(measure, 9, Among(passing))
    assert len(found.ids) == 9
    assert set(found.ids.tolist()) <= set(order[400:410].tolist())


def test_what_many_changed_items_passed_before_hides_no_nearer_ones(table: RemoteTable) -> None:
    """As once the prices of thousands were changed, and the engine has still those before."""
    assert isinstance(table.codes, Elsewhere)
    query = table.codes.codes[:, :1]
    of_all = table.distances(query)
    order = np.argsort(of_all, kind="stable")
    measure = KindMeasure(table, Lists(table.codes.codes, promises=True), query)
    among = Among(np.arange(ITEMS), Narrowing({}, min_price=10.0), changed=np.sort(order[-12_000:]))
    found = nearest(measure, 9, among)
    assert found.distances.tolist() == np.sort(of_all)[:9].tolist()
    assert found.exact


def test_an_answer_that_only_the_longest_look_proves_is_said_to_be_proven(
    table: RemoteTable,
) -> None:
    """By its proof too: `hashbag_proofs_total` counts it."""
    assert isinstance(table.codes, Elsewhere)
    query = table.codes.codes[:, :1]
    order = np.argsort(table.distances(query), kind="stable")
    measure = KindMeasure(table, Lists(table.codes.codes, promises=True), query)
    among = Among(np.arange(ITEMS), Narrowing({}, min_price=10.0), changed=np.sort(order[-1_500:]))
    found = nearest(measure, 9, among)
    assert (found.exact, found.proof) == (True, Proof.HELD)
