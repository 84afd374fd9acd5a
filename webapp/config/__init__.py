"""Settings: from the environment, else from `instance/config.toml`, else defaults."""

import logging
import math
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from webapp.config.checks import checked
from webapp.config.settings import PREFIX, Settings
from webapp.exceptions import CatalogError, ConfigError

RETIRED = {"answers_mb": "answers are no longer kept"}
"""Settings that an earlier version had: they are ignored, with a note why."""

log = logging.getLogger(__name__)


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
    return checked(Settings(instance=instance, **values))  # type: ignore[arg-type]


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
    checkout = Path(__file__).resolve().parent.parent.parent
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
