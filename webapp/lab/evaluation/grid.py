"""Recall by system and edit, for tables and pictures."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.lab.evaluation.rows import EvaluationRow, SamePicture

MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Grid:
    """A value, 0 to 1, for each pair of system and edit."""

    systems: tuple[str, ...]
    edits: tuple[str, ...]
    values: dict[tuple[str, str], float]

    def value(self, system: str, edit: str) -> float:
        """Return the value of a system and an edit, or its mean over all edits for `MEAN`."""
        if edit == MEAN:
            return sum(self.values[system, one] for one in self.edits) / len(self.edits)
        return self.values[system, edit]


def grid_of(rows: Iterable[EvaluationRow], value: str = "recall_at_1") -> Grid:
    """Collect a field of the rows of the same-picture test, systems and edits in their order."""
    chosen = [row for row in rows if isinstance(row, SamePicture)]
    return Grid(
        systems=tuple(dict.fromkeys(row.kind for row in chosen)),
        edits=tuple(dict.fromkeys(row.edit for row in chosen)),
        values={(row.kind, row.edit): float(getattr(row, value)) for row in chosen},
    )
