"""Recall by system and edit, as tables and pictures show it."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.lab.evaluation.rows import EvaluationRow, SamePicture

MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Grid:
    """One value, 0 to 1, for each system and edit."""

    systems: tuple[str, ...]
    edits: tuple[str, ...]
    values: dict[tuple[str, str], float]

    def value(self, system: str, edit: str) -> float:
        """Return one value; the edit `MEAN` is the mean of all."""
        if edit == MEAN:
            return sum(self.values[system, each] for each in self.edits) / len(self.edits)
        return self.values[system, edit]


def grid_of(rows: Iterable[EvaluationRow], value: str = "recall_at_1") -> Grid:
    """Gather one value of the rows of the same-picture test, in their order."""
    found = [row for row in rows if isinstance(row, SamePicture)]
    return Grid(
        systems=tuple(dict.fromkeys(row.kind for row in found)),
        edits=tuple(dict.fromkeys(row.edit for row in found)),
        values={(row.kind, row.edit): float(getattr(row, value)) for row in found},
    )
