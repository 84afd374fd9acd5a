"""Files that are there whole or not at all."""

import os
import tempfile
from pathlib import Path

UNFINISHED = ".writing-"
"""How the names of files begin that are being written."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that readers, and a crash, see the old one or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
