"""The key that signs the desk's cookie and hashes who tries tokens, shared by all workers."""

import os
import secrets
from pathlib import Path

from webapp.config.settings import Settings
from webapp.exceptions import CatalogError

FILE = "secret.key"

_BYTES = 32


def secret_key(settings: Settings) -> str:
    """Return the key that was set; else one that is drawn once and kept in the instance.

    Raises:
        CatalogError: it cannot be kept there.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.instance / FILE
    try:
        if not path.exists():
            _draw(path)
        key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise CatalogError(
            "the key of the desk's sign-in cannot be kept in the instance folder", private=error
        ) from error
    if len(key) < _BYTES:
        raise CatalogError(
            "the key of the desk's sign-in is damaged: remove its file, and a new one is drawn",
            private=path,
        )
    return key


def is_kept(settings: Settings) -> bool:
    """Say whether there is a key already."""
    return bool(settings.secret_key) or (settings.instance / FILE).exists()


def _draw(path: Path) -> None:
    """Draw a key; of several processes that do so at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = path.with_name(f".{FILE}-{secrets.token_hex(8)}")
    handle = os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES))
            file.flush()
            os.fsync(handle)
        os.link(drawn, path)  # fails where there is one, so no key is ever replaced
    except FileExistsError:
        """Another process was first: its key counts."""
    finally:
        drawn.unlink()
