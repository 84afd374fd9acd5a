"""What is in the file of a backup, where each part belongs, and what is half written of it."""

import os
import shutil
from pathlib import Path

from webapp.atomic_files import UNFINISHED, is_abandoned
from webapp.catalog.sent_photos import FOLDER as SENT
from webapp.pictures.thumbnails import FOLDER as THUMBS
from webapp.storage import Storage
from webapp.storage.local import LocalStorage

DATABASE = "hashbag.db"
ABOUT = "backup.json"
FORMAT = 1
_BACKUP = "backup"


def place_of(name: str, storage: Storage, instance: Path) -> Storage:
    """Return where a file of a backup lies: other photos in the instance were imported there."""
    return storage if name.startswith((f"{SENT}/", f"{THUMBS}/")) else LocalStorage(instance)


def clear_unfinished(folder: Path) -> None:
    """Remove from a folder what backups that were killed had begun there."""
    for left_over in folder.glob(f"{UNFINISHED}*{_BACKUP}*"):
        if is_abandoned(left_over):
            if left_over.is_dir():
                shutil.rmtree(left_over)
            else:
                left_over.unlink(missing_ok=True)


def unfinished() -> str:
    """Return how the names of what is being written begin; the process that writes is named."""
    return f"{UNFINISHED}{os.getpid()}-{_BACKUP}-"
