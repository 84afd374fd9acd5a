"""The catalogue's tables, and how its database is opened."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from webapp.exceptions import CatalogError

SCHEMA_VERSION = 1

metadata = sa.MetaData()


def _text(name: str, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="", **options)  # type: ignore[arg-type]


items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Relative to the instance folder for photos inside it, so that the folder can be moved.
    sa.Column("path", sa.Text, nullable=False, unique=True),
    _text("filename"),
    _text("title"),
    _text("brand", index=True),
    sa.Column("price", sa.Float, index=True),
    _text("currency"),
    _text("colour", index=True),
    _text("category", index=True),
    _text("url"),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    _text("media_type"),
    # SHA-256 of the photo's file, in hex.
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("extra", sa.JSON, nullable=False),
    # An id is never given twice: links and caches of a removed item must not show another.
    sqlite_autoincrement=True,
)

makers = sa.Table(
    "makers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # The libraries that made a code, with their versions.
    sa.Column("versions", sa.Text, nullable=False, unique=True),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column(
        "item_id", sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    sa.Column("code", sa.LargeBinary, nullable=False),
    sa.Column("maker_id", sa.ForeignKey("makers.id"), nullable=False),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)


def open_database(url: str) -> sa.Engine:
    """Connect, and make the tables where they are missing.

    Raises:
        CatalogError: the database cannot be opened, or belongs to another version.
    """
    try:
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        metadata.create_all(engine)
        with engine.begin() as connection:
            _check_version(connection)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise CatalogError(f"the catalogue {url!r} cannot be opened: {error.args[0]}") from error
    return engine


def _check_version(connection: sa.Connection) -> None:
    found = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "schema"))
    if found is None:
        connection.execute(
            facts.insert(),
            [{"name": "schema", "value": SCHEMA_VERSION}, {"name": "revision", "value": 0}],
        )
    elif found != SCHEMA_VERSION:
        raise CatalogError(
            f"the catalogue has layout {found}, this version of Hashbag reads {SCHEMA_VERSION}: "
            "start with another instance folder and import again"
        )


def _prepare_sqlite(engine: sa.Engine) -> None:
    path = engine.url.database
    if path and path != ":memory:":
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogError(f"the catalogue's folder cannot be made: {error}") from error

    @sa.event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",  # readers go on while an import writes
            "synchronous = NORMAL",  # with WAL, consistent after a crash of the process
            "foreign_keys = ON",
            "busy_timeout = 10000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
