"""The readings of a query in one kind: the codes that items are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.exceptions import BadParameter
from webapp.hashing.code_packing import pack, packed_views, unpack
from webapp.hashing.hash_kind import HashKind
from webapp.index.hamming import Planes, Positions, distances_to_query, to_planes
from webapp.index.table import Table
from webapp.models import Fingerprint


@dataclass(frozen=True, slots=True)
class QueryReadings:
    """The Q different readings of a query in one kind.

    `queries`: their codes, shape (W, Q). `phrases`: how the picture was read for each, such as
    "mirrored"; empty for the picture as it is.
    """

    queries: Planes
    phrases: tuple[str, ...]

    def phrases_for(self, table: Table, positions: Positions) -> list[str]:
        """Return for each photo the phrase of its nearest reading; of equal ones, the first."""
        if not any(self.phrases):
            return [""] * len(positions)
        codes = table.codes_of(positions)
        of_readings = np.stack(
            [
                distances_to_query(codes.reshape(len(codes), -1), query)
                .reshape(len(positions), -1)
                .min(axis=1)
                for query in self.queries.T
            ]
        )
        return [self.phrases[number] for number in of_readings.argmin(axis=0)]


def read(fingerprint: Fingerprint, kind: HashKind, *, harder: bool) -> QueryReadings:
    """Return a fingerprint's readings in a kind: the plain ones, or, `harder`, all it carries.

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
    # Readings are often equal: each is compared once, under its first phrase.
    first: dict[bytes, int] = {}
    for number, reading in enumerate(packed):
        first.setdefault(reading.tobytes(), number)
    distinct = list(first.values())
    return QueryReadings(to_planes(packed[distinct]), tuple(phrases[number] for number in distinct))
