"""What values settings may have, and which belong together."""

from pathlib import Path

from webapp.config.settings import PREFIX, Settings
from webapp.exceptions import ConfigError

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


def checked(settings: Settings) -> Settings:
    """Return settings that fit together.

    Raises:
        ConfigError: names the one that does not.
    """
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
