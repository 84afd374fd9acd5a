"""How a fingerprint is asked in one kind: as it is, or in more readings than that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.exceptions import BadParameter
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import pack, packed_views, unpack
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes, Positions, planes, to_one
from webapp.models import Fingerprint


@dataclass(frozen=True, slots=True)
class QueryReadings:
    """Readings of a query: their codes, shape (W, Q), and a phrase for each, empty if plain."""

    queries: Planes
    phrases: tuple[str, ...]

    def phrases_for(self, table: CodeTable, positions: Positions) -> list[str]:
        """Say of each item by which reading it was nearest; the first, if several are equal."""
        if not any(self.phrases):
            return [""] * len(positions)
        each = np.stack(
            [
                to_one(table.codes[:, table.rows[positions].ravel()], query)
                .reshape(len(positions), -1)
                .min(axis=1)
                for query in self.queries.T
            ]
        )
        return [self.phrases[number] for number in each.argmin(axis=0)]


def read(fingerprint: Fingerprint, kind: HashKind, *, harder: bool) -> QueryReadings:
    """Take a kind's code out of a fingerprint, in all its readings if asked harder.

    Raises:
        BadParameter: the fingerprint has no code of this kind.
    """
    if kind.name not in fingerprint:
        raise BadParameter("by", f"this fingerprint has no {kind.name} code: choose another kind")
    code = fingerprint[kind.name]
    packed = packed_views(kind, code)[: kind.views]
    phrases: Sequence[str] = ("",) * len(packed)
    if harder and kind.tries_harder:
        phrases, bits = kind.tries_harder.readings(unpack(kind, code))
        packed = packed_views(kind, pack(bits))
    # Views are often equal: ask each reading once, under the first of its phrases.
    first: dict[bytes, int] = {}
    for number, reading in enumerate(packed):
        first.setdefault(reading.tobytes(), number)
    distinct = list(first.values())
    return QueryReadings(planes(packed[distinct]), tuple(phrases[number] for number in distinct))
