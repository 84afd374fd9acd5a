"""The obviously right search: count differing bits one by one, sort, take k; and grouping."""

from collections.abc import Iterable, Mapping, Sequence


def distance(left: bytes, right: bytes) -> int:
    """Count the bits by which two packed codes differ."""
    return sum((a ^ b).bit_count() for a, b in zip(left, right, strict=True))


def nearest(
    codes: Mapping[int, bytes], query: bytes, k: int, among: Iterable[int] | None = None
) -> list[tuple[int, int]]:
    """Return the k nearest as (distance, id), ties by id."""
    ids = codes if among is None else [one for one in among if one in codes]
    return sorted((distance(codes[one], query), one) for one in ids)[:k]


def groups(items: Sequence[Sequence[bytes]], limit: int) -> list[tuple[list[int], int]]:
    """Group items, each known by several codes, that steps of up to `limit` bits join.

    Largest group first, then by first member; with the longest step that a group needs.
    """
    steps = sorted(
        (min(distance(a, b) for a in items[one] for b in items[other]), one, other)
        for one in range(len(items))
        for other in range(one)
    )
    group_of = [[item] for item in range(len(items))]
    longest = dict.fromkeys(range(len(items)), 0)
    for step, one, other in steps:
        if step <= limit and group_of[one] is not group_of[other]:
            joined = sorted(group_of[one] + group_of[other])
            for item in joined:
                group_of[item] = joined
                longest[item] = step  # steps ascend
    firsts = [item for item, group in enumerate(group_of) if group[0] == item and len(group) > 1]
    return sorted(
        ((group_of[item], longest[item]) for item in firsts), key=lambda it: (-len(it[0]), it[0])
    )
