"""Other sites that a setting names, by their origins."""

import re

from webapp.exceptions import ConfigError

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9-]+(\.[a-z0-9-]+)*)(:[0-9]{1,5})?")


def read_origins(text: str, setting: str) -> tuple[str, ...]:
    """Read origins with commas or spaces between.

    Raises:
        ConfigError: one of them is none. Everybody's `*` is none either.
    """
    origins = tuple(one.lower().rstrip("/") for one in re.split(r"[,\s]+", text.strip()) if one)
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(
                f"{setting} must name sites as https://shop.example, with commas between, "
                f"not '{origin}'"
            )
    return origins
