"""Which category a photo seems to be of, by what was found."""

from collections import Counter

from webapp.search.look import LEARNED, LOOK
from webapp.search.result import Level, Result

_NEAREST = 9
# Of the nine nearest: a category that fewer have is no guess worth offering.
_AGREEING = 6
_KNOW_SORTS = frozenset({LOOK.name, LEARNED})


def guessed_category(result: Result) -> str | None:
    """Return the category of most of the nearest nine hits; None if they do not agree.

    None also by kinds that do not know sorts, and where nothing is alike.
    """
    nearest = sorted(result.hits, key=lambda hit: hit.rank)[:_NEAREST]
    if result.by not in _KNOW_SORTS or len(nearest) < _NEAREST or result.level is Level.UNLIKE:
        return None
    ((category, count),) = Counter(hit.item.category for hit in nearest).most_common(1)
    return category if category and count >= _AGREEING else None
