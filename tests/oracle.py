"""The obviously right search: count differing bits one by one, sort, take k."""

from collections.abc import Iterable, Mapping


def distance(left: bytes, right: bytes) -> int:
    """Count the bits by which two packed codes differ."""
    return sum((a ^ b).bit_count() for a, b in zip(left, right, strict=True))


def nearest(
    codes: Mapping[int, bytes], query: bytes, k: int, among: Iterable[int] | None = None
) -> list[tuple[int, int]]:
    """Return the k nearest as (distance, id), ties by id."""
    ids = codes if among is None else [one for one in among if one in codes]
    return sorted((distance(codes[one], query), one) for one in ids)[:k]
