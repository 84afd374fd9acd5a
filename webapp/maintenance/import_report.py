"""What an import came to, written down in the instance: one JSON file a run, the latest kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webapp.atomic_files import write_atomically
from webapp.catalog.import_entries import Note
from webapp.models import Item

_FOLDER = "imports"
_MOST_REPORTS = 50


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One run over a folder or list.

    `counts` are of photos, by what became of them. `moved` are old and new paths. `without_price`
    counts the source's items that have none.
    """

    source: str
    started: datetime
    counts: Mapping[str, int]
    moved: Sequence[tuple[str, str]]
    gone: Sequence[Item]
    notes: Sequence[Note]
    without_price: int

    def write(self, instance: Path) -> Path:
        """Write it to a file, and remove the oldest of too many; returns the file's path."""
        folder = instance / _FOLDER
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.started:%Y-%m-%dT%H-%M-%S.%f}.json"
        text = json.dumps(self._told(), indent=1, ensure_ascii=False)
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
        for old in sorted(folder.glob("*.json"))[:-_MOST_REPORTS]:
            old.unlink()
        return path

    def _told(self) -> Mapping[str, object]:
        ended = datetime.now(UTC)
        return {
            "source": self.source,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round((ended - self.started).total_seconds(), 1),
            **self.counts,
            "without_price": self.without_price,
            "moves": [{"from": before, "to": after} for before, after in self.moved],
            "gone": [{"id": item.id, "file": item.filename} for item in self.gone],
            "notes": [
                {"kind": note.kind, "file": note.source, "line": note.line, "reason": note.reason}
                for note in self.notes
            ],
        }


def names(instance: Path) -> Sequence[str]:
    """List the names of the reports that are kept, the latest first."""
    return sorted((path.stem for path in (instance / _FOLDER).glob("*.json")), reverse=True)


def read(instance: Path, name: str) -> Mapping[str, Any] | None:
    """Read a report as it was written; None where there is none of that name."""
    if name not in names(instance):
        return None
    found: Mapping[str, Any] = json.loads((instance / _FOLDER / f"{name}.json").read_text("utf-8"))
    return found
