"""What is linked into groups: the codes of one kind that prove something, and what has them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.facets import Mask
from webapp.index.hamming import Planes
from webapp.index.identical_pictures import IdenticalPictures


@dataclass(frozen=True, slots=True)
class Nodes:
    """N distinct codes, shape (W, N), and the nodes of M items' views, shape (M, V).

    `count` nodes are more than the codes where items have none that proves anything: such items
    have a node by themselves, or with those that have the identical picture.
    """

    codes: Planes
    count: int
    of_views: NDArray[np.int64]


def all_nodes(table: CodeTable) -> Nodes:
    """Let every code of a table count."""
    return Nodes(table.codes, table.row_count, table.rows.astype(np.int64))


def proven_nodes(table: CodeTable, blank: Mask, plain: Mask, identical: IdenticalPictures) -> Nodes:
    """Leave out the `blank` rows of a table, (N,), and all codes of `plain` items, (M,).

    `identical` knows by positions in the table which items have the identical picture.
    """
    is_blank = blank[table.rows] | plain[:, None]
    if not is_blank.any():
        return all_nodes(table)
    kept = np.zeros(table.row_count, dtype=bool)
    kept[table.rows[~is_blank]] = True
    node_of = np.cumsum(kept) - 1
    # A blank view says no more than the item's first that is not blank.
    first = np.take_along_axis(table.rows, is_blank.argmin(axis=1)[:, None], axis=1)
    of_views = node_of[np.where(is_blank, first, table.rows)]
    alone = np.flatnonzero(is_blank.all(axis=1))
    picture = np.arange(len(table.ids))
    picture[identical.positions] = len(table.ids) + identical.pictures
    distinct, number = np.unique(picture[alone], return_inverse=True)
    of_views[alone] = kept.sum() + number[:, None]
    return Nodes(table.codes[:, kept], int(kept.sum()) + len(distinct), of_views)
