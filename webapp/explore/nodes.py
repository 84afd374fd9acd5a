"""What is linked into groups: the codes of one kind that prove something, and what has them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes, Positions
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.masks import Mask


@dataclass(frozen=True, slots=True)
class Nodes:
    """N distinct codes, shape (W, N), and the nodes of P photos' views, shape (P, V).

    `starts`: where the photos of each of M items begin, shape (M,). `count` nodes are more than the
    codes where items have none that proves anything: such items have a node by
    themselves, or with those that have the identical picture.
    """

    codes: Planes
    count: int
    of_views: NDArray[np.int64]
    starts: Positions


def all_nodes(table: CodeTable) -> Nodes:
    """Let every code of a table count."""
    return Nodes(table.codes, table.row_count, table.rows.astype(np.int64), _starts(table))


def _starts(table: CodeTable) -> Positions:
    return table.photos.starts[:-1] if table.photos else np.arange(len(table.ids))


def proven_nodes(table: CodeTable, blank: Mask, plain: Mask, identical: IdenticalPictures) -> Nodes:
    """Leave out the `blank` rows of a table, (N,), and all codes of `plain` photos, (P,).

    `identical` knows by positions in the table which items have the identical picture.
    """
    is_blank = blank[table.rows] | plain[:, None]
    if not is_blank.any():
        return all_nodes(table)
    kept = np.zeros(table.row_count, dtype=bool)
    kept[table.rows[~is_blank]] = True
    node_of = np.cumsum(kept) - 1
    # A blank view says no more than the item's first that is not blank.
    starts, views = _starts(table), table.rows.shape[1]
    places = np.where(is_blank, is_blank.size, np.arange(is_blank.size).reshape(is_blank.shape))
    first = np.minimum.reduceat(places.min(axis=1), starts)
    item_of = table.photos.items if table.photos else starts
    alone = np.flatnonzero(first == is_blank.size)
    first[alone] = views * starts[alone]  # any: it is replaced below
    of_views = node_of[np.where(is_blank, table.rows.ravel()[first][item_of, None], table.rows)]
    picture = np.arange(len(table.ids))
    picture[identical.positions] = len(table.ids) + identical.pictures
    distinct, number = np.unique(picture[alone], return_inverse=True)
    node_alone = np.full(len(table.ids), -1)
    node_alone[alone] = kept.sum() + number
    is_alone = node_alone[item_of] >= 0
    of_views[is_alone] = node_alone[item_of[is_alone], None]
    return Nodes(table.codes[:, kept], int(kept.sum()) + len(distinct), of_views, starts)
