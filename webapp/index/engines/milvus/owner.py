"""Whose collections are whose, where several instances use one server."""

import hashlib
import secrets
from pathlib import Path

import sqlalchemy as sa

from webapp.catalog.database import connect_to

_FILE = "milvus-owner"
_OWNER_BYTES = 4
_IDENTITY = sa.text(
    "SELECT system_identifier, "
    "(SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()"
)


def owner_of(instance: Path) -> str:
    """Return a name for an instance that no other has, nor a copy of it.

    A copy would else drop collections that the instance it was copied from still needs. So the file
    with the name also tells its own inode, which is another one in a copy.
    """
    path = instance / _FILE
    try:
        owner, _, inode = path.read_text("utf-8").strip().partition(" ")
        if inode == str(path.stat().st_ino):
            return owner
        path.unlink()
    except FileNotFoundError:
        pass  # the first time
    instance.mkdir(parents=True, exist_ok=True)
    owner = secrets.token_hex(_OWNER_BYTES)
    with path.open("x", encoding="utf-8") as file:
        file.write(f"{owner} {path.stat().st_ino}\n")
    return owner


def owner_of_database(url: sa.URL) -> str:
    """Return a name for a PostgreSQL database that no other has, nor a copy of it.

    All machines have it that share what is indexed of the catalogue there.

    Raises:
        CatalogUnavailable: it cannot be reached.
    """
    with connect_to(url, poolclass=sa.NullPool).connect() as connection:
        identity = connection.execute(_IDENTITY).one()
    return hashlib.sha256(repr(tuple(identity)).encode()).hexdigest()[: 2 * _OWNER_BYTES]
