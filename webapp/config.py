"""Settings: from the environment, else from `instance/config.toml`, else defaults."""

import logging
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import sqlalchemy as sa

from webapp.exceptions import CatalogError, ConfigError

PREFIX = "HASHBAG_"
DEFAULT_NAME = "Hashbag"

_DATABASE_EXAMPLES = "sqlite:////folder/file.db or postgresql://user:password@host:5432/name"

_BUCKET = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>\w[\w.-]*(/\w[\w.-]*)*))?/?",
    re.ASCII,
)

LOG_STYLES = ("lines", "json")
"""How lines of a server's log may be written: for people, or as JSON."""

_CHOICES = {
    **dict.fromkeys(("map", "copy_photos", "tools", "counts", "limits", "private"), ("on", "off")),
    "log": LOG_STYLES,
    "originals": ("plain", "whole"),
    "generations": ("own", "shared"),
}
_LEAST = {
    **dict.fromkeys(("trees", "search_k", "max_pixels"), 1),
    **dict.fromkeys(("engine_shards", "engine_replicas", "engine_probes"), 1),
    "engine_timeout": 0.01,
    "max_upload_mb": 0.001,
    "trusted_proxies": 0,
    "patience": 0.1,
}

RETIRED = {"answers_mb": "answers are no longer kept"}
"""Settings that an earlier version had: they are ignored, with a note why."""

log = logging.getLogger(__name__)


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


def load(environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings: overrides come before the environment, and that before the file.

    Raises:
        ConfigError: the file is not TOML, or a setting is unknown or of the wrong make.
        CatalogError: the path of the instance folder is not UTF-8.
    """
    given: dict[str, object] = {
        field.name: environ[PREFIX + field.name.upper()]
        for field in fields(Settings)
        if PREFIX + field.name.upper() in environ
    }
    given |= overrides or {}
    instance = _usable(Path(str(given.pop("instance", "") or _default_instance())).resolve())
    given = _without_retired(_from_file(instance / "config.toml") | given)
    known = {field.name: field.default for field in fields(Settings) if field.name != "instance"}
    for name in given:
        if name not in known:
            raise ConfigError(f"there is no setting '{name}'; known are {', '.join(known)}")
    values = {name: _like(known[name], name, value) for name, value in given.items()}
    return _checked(Settings(instance=instance, **values))  # type: ignore[arg-type]


def _without_retired(given: dict[str, object]) -> dict[str, object]:
    for name in RETIRED.keys() & given.keys():
        log.warning("the setting %s is ignored: %s", name, RETIRED[name])
    return {name: value for name, value in given.items() if name not in RETIRED}


def _usable(instance: Path) -> Path:
    """Refuse a path that the libraries which read and write files in it cannot take."""
    try:
        str(instance).encode()
    except UnicodeEncodeError as error:
        raise CatalogError(
            f"the path of the instance folder, {str(instance)!a}, is not UTF-8: "
            "rename it, or set HASHBAG_INSTANCE to another folder"
        ) from error
    return instance


def _default_instance() -> Path:
    checkout = Path(__file__).resolve().parent.parent
    return (checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()) / "instance"


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _like(default: object, name: str, value: object) -> object:
    """Turn a value, text or TOML, into the type of the setting's default."""
    try:
        if isinstance(default, str):
            return ",".join(map(str, value)) if isinstance(value, list) else str(value)
        number = float(str(value))
        if math.isinf(number):
            return int(number)  # raises, as for any other text that is no number
        return number if isinstance(default, float) or name.endswith("_mb") else int(number)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{PREFIX}{name.upper()} must be a number, not '{value}'") from error


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


def _checked(settings: Settings) -> Settings:
    for name, least in _LEAST.items():
        if not getattr(settings, name) >= least:
            raise ConfigError(f"{PREFIX}{name.upper()} must be {least} or more")
    _ = settings.database_url  # raises where it is no address
    if settings.photos and not settings.photos_address and not Path(settings.photos).is_absolute():
        # It is not repeated: somebody may have written a password into it.
        raise ConfigError(
            f"{PREFIX}PHOTOS must be the whole path of a folder, or s3://bucket/prefix"
        )
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            raise ConfigError(
                f"{PREFIX}{name.upper()} must be {' or '.join(choices)}, "
                f"not '{getattr(settings, name)}'"
            )
    if settings.shares_generations:
        _check_can_share(settings)
    return settings


def _check_can_share(settings: Settings) -> None:
    """Refuse what machines that share their indexes must have in common, and have not."""
    lacking = {
        "DATABASE, the address of a PostgreSQL database": (
            settings.database_url.get_backend_name() == "postgresql"
        ),
        "PHOTOS, a folder that all of them have outside of their instance folders, or an s3:// "
        "address": bool(settings.photos) and not _is_inside(settings.photos_folder, settings),
        "SECRET_KEY, which signs what any of them must know again": bool(settings.secret_key),
    }
    for what, is_there in lacking.items():
        if not is_there:
            raise ConfigError(
                f"{PREFIX}GENERATIONS is shared: all machines need the same {PREFIX}{what}"
            )


def _is_inside(folder: Path | None, settings: Settings) -> bool:
    return folder is not None and folder.resolve().is_relative_to(settings.instance)
