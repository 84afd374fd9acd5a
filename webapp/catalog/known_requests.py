"""Requests that added an item: sent again, after an answer that was lost, they add no second."""

import time
from dataclasses import dataclass

import sqlalchemy as sa

from webapp.catalog.schema import requests
from webapp.exceptions import RequestDiffers

_KEPT_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """`key`: what its sender calls the request. `digest`: of all that it says."""

    key: str
    digest: str


def added_by(connection: sa.Connection, request: KnownRequest) -> int | None:
    """Return the id of the item that a request added before; None if it is new.

    Raises:
        RequestDiffers: the key was of a request that said something else.
    """
    query = sa.select(requests.c.digest, requests.c.item_id).where(requests.c.key == request.key)
    known = connection.execute(query).one_or_none()
    if known is None:
        return None
    if known.digest != request.digest:
        raise RequestDiffers("Idempotency-Key was used for another request: choose a new key")
    return int(known.item_id)


def note_request(connection: sa.Connection, request: KnownRequest, item_id: int) -> None:
    """Note which item a request added, and forget requests that nobody will send again."""
    now = int(time.time())
    connection.execute(requests.delete().where(requests.c.created < now - _KEPT_SECONDS))
    row = {"key": request.key, "digest": request.digest, "item_id": item_id, "created": now}
    connection.execute(requests.insert().values(**row))
