"""All settings, with their defaults, and what follows from them."""

import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from webapp.exceptions import ConfigError

PREFIX = "HASHBAG_"
DEFAULT_NAME = "Hashbag"

_DATABASE_EXAMPLES = "sqlite:////folder/file.db or postgresql://user:password@host:5432/name"

_BUCKET = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>\w[\w.-]*(/\w[\w.-]*)*))?/?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; the README explains each."""

    instance: Path
    database: str = ""
    engine: str = "annoy"
    engine_url: str = ""
    engine_token: str = ""
    engine_database: str = ""
    engine_certificate: str = ""
    engine_timeout: float = 5.0
    engine_index: str = "BIN_FLAT"
    engine_shards: int = 1
    engine_replicas: int = 1
    engine_probes: int = 32
    trees: int = 10
    search_k: int = 400
    default_kind: str = "look"
    max_upload_mb: float = 16
    max_pixels: int = 50_000_000
    photos: str = ""
    copy_photos: str = "off"
    generations: str = "own"
    map: str = "on"
    originals: str = "plain"
    admin_token: str = ""
    secret_key: str = ""
    name: str = DEFAULT_NAME
    logo: str = ""
    accent: str = ""
    currency: str = ""
    language: str = ""
    footer: str = ""
    tools: str = "on"
    counts: str = "on"
    prefix: str = ""
    trusted_proxies: int = 0
    embed_origins: str = ""
    cors_origins: str = ""
    log: str = "lines"
    private: str = "off"
    patience: float = 20
    limits: str = "on"
    limits_url: str = ""
    limit_uploads: str = "60 per minute"
    limit_writes: str = "600 per minute"
    limit_heavy: str = "120 per minute"
    limit_bulk: str = "20 per minute"

    @property
    def database_url(self) -> sa.URL:
        """Where the catalogue is: SQLite in the instance folder unless set.

        Raises:
            ConfigError: `database` is no address of a database.
        """
        if self.database:
            return _database_url(self.database)
        return sa.URL.create("sqlite", database=str(self.instance / "hashbag.db"))

    @property
    def photos_folder(self) -> Path | None:
        """The folder of sent photos and thumbnails; None where they are in a store of objects."""
        if self.photos_address:
            return None
        return Path(self.photos) if self.photos else self.instance

    @property
    def photos_address(self) -> tuple[str, str] | None:
        """Bucket and prefix of sent photos and thumbnails; None where they are in a folder."""
        found = _BUCKET.fullmatch(self.photos)
        return (found["bucket"], found["prefix"] or "") if found else None

    @property
    def copies_photos(self) -> bool:
        """Whether photos that are imported are copied to where sent photos are kept."""
        return self.copy_photos == "on"

    @property
    def shares_generations(self) -> bool:
        """Whether index and map are built by one of several machines, for all of them."""
        return self.generations == "shared"

    @property
    def draws_map(self) -> bool:
        """Whether the map is drawn after the index was published."""
        return self.map == "on"

    @property
    def is_private(self) -> bool:
        """Whether everything asks for a token."""
        return self.private == "on"

    @property
    def strips_originals(self) -> bool:
        """Whether photos are sent without what cameras and programs wrote beside the picture."""
        return self.originals == "plain"

    @property
    def shows_tools(self) -> bool:
        """Whether visitors see what takes some study: kinds by name, Compare, Map, Duplicates."""
        return self.tools == "on"

    @property
    def counts_visits(self) -> bool:
        """Whether what visitors do is counted for the owner's desk, as numbers a day."""
        return self.counts == "on"

    @property
    def max_upload_bytes(self) -> int:
        """The largest request body that is read."""
        return int(self.max_upload_mb * 1024 * 1024)


def _database_url(text: str) -> sa.URL:
    """Read the address of a database; what is wrong with it is told without repeating it."""
    try:
        url = sa.make_url(text)
        is_file = url.get_dialect().name == "sqlite"
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigError(
            f"{PREFIX}DATABASE is no address of a database: write it like {_DATABASE_EXAMPLES}"
        ) from None  # its cause holds parts of the address
    if "@" in (url.host or ""):
        raise ConfigError(f"{PREFIX}DATABASE has two @: write %40 for the one in the password")
    if is_file and (url.database or ":memory:").startswith((":memory:", "file:")):
        raise ConfigError(f"{PREFIX}DATABASE must name a file, as in {_DATABASE_EXAMPLES}")
    passwords = url.normalized_query.get("password", ())
    if passwords:  # in its own place it is hidden when the address is shown
        url = url.difference_update_query(["password"]).set(password=passwords[-1])
    return url
