"""The codes of items' first photos, for what looks at one photo of each item."""

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.hashing.hash_kind import HashKind
from webapp.models import Ids


def first_photo_codes(catalog: Catalog, kind: HashKind) -> tuple[Ids, NDArray[np.uint8]]:
    """Return the ids of the N items whose first photo has a code of a kind, ascending, and these.

    Shapes (N,) and (N, views, bytes); as `Catalog.code_column`, codes that can be compared here.
    """
    ids, numbers, packed = catalog.code_column(kind)
    is_first = numbers == 1
    return ids[is_first], packed.reshape(len(ids), kind.views, kind.bytes)[is_first]
