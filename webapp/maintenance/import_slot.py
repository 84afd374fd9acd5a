"""The one import that the desk may have under way: its list, its photos, and how far it is."""

import fcntl
import filecmp
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from webapp.atomic_files import write_atomically
from webapp.exceptions import CatalogBusy

LISTED = "listed"
"""The folder, in the instance, of photos that came with lists; they stay there."""

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson")

_DIGITS = 16
_STARTING_SECONDS = 60
_PATIENCE_SECONDS = 1.0  # pages hold the lock for a moment only


class Stage(StrEnum):
    """How far an import is."""

    CHECKING = "checking"
    CHECKED = "checked"
    TAKING = "taking"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class State:
    """How far it is, and what was found.

    `name`: the list's, as its sender called it. `doing`, `done`, `total`: the step under way.
    `counts`: of photos by what would become of them. `changes`: some of the items that would
    change. `notes`: some of what was rejected or remarked. `replaced`: photos that come in place of
    others. `left_out`: files of the zip that are no photos. `problem`: why it failed. `report`: the
    name of the run's report.
    """

    stage: Stage
    name: str = ""
    since: float = 0
    doing: str = ""
    done: int = 0
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[Mapping[str, Any]] = ()
    all_notes: int = 0
    replaced: Sequence[str] = ()
    left_out: int = 0
    problem: str = ""
    report: str = ""

    @property
    def which(self) -> str:
        """A short text that is another once anything of it is: for those who decide on it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]

    @property
    def is_under_way(self) -> bool:
        """Whether a process is at work on it, or should be."""
        return self.stage in {Stage.CHECKING, Stage.TAKING}


class ImportSlot:
    """The folder of that import.

    Whoever works on it holds its lock, which ends with the process.
    """

    def __init__(self, instance: Path) -> None:
        self.folder = instance / "desk-import"
        self.listed = instance / LISTED
        self.archive = self.folder / "photos.zip"
        self.unpacked = self.folder / "photos"
        self._state = self.folder / "state.json"
        self._placed = self.folder / "placed.json"

    @contextmanager
    def held(self, *, wait: bool = False) -> Iterator[None]:
        """Hold the slot; `wait` until it is free, however long.

        Raises:
            CatalogBusy: somebody else holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            give_up = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    if time.monotonic() > give_up:
                        raise CatalogBusy("an import is under way: wait for it to end") from error
                    time.sleep(_PATIENCE_SECONDS / 20)
                else:
                    break
            yield

    @property
    def state(self) -> State | None:
        """How far it is; None where there is none. One whose process was killed has failed."""
        try:
            state = self._read()
            abandoned = state.is_under_way and self._is_abandoned(state)
        except FileNotFoundError:
            return None
        if abandoned:
            return replace(state, stage=Stage.FAILED, problem="it was interrupted: send it again")
        return state

    def _read(self) -> State:
        found = json.loads(self._state.read_text("utf-8"))
        return State(**{**found, "stage": Stage(found["stage"])})

    def tell(self, state: State) -> None:
        """Write down how far it is."""
        told = asdict(replace(state, since=time.time()))
        write_atomically(self._state, json.dumps(told).encode("utf-8", "backslashreplace"))

    @property
    def list(self) -> Path | None:
        """The list that came; it lies beside the photos that it names."""
        return next((path for path in self._lists() if path.is_file()), None)

    def _lists(self) -> Sequence[Path]:
        return [self.listed / f"list{ending}" for ending in ENDINGS]

    def place_list(self, ending: str) -> Path:
        """Return where a list is to be written, the one before it gone."""
        self.listed.mkdir(parents=True, exist_ok=True)
        for before in self._lists():
            before.unlink(missing_ok=True)
        return self.listed / f"list{ending}"

    def clear(self, *, dropped: bool) -> None:
        """Forget it; `dropped`: with the photos that came with it, which no item has."""
        if dropped:
            for name in self.placed:
                (self.listed / name).unlink(missing_ok=True)
        self.clear_sent()
        self._state.unlink(missing_ok=True)

    def clear_sent(self) -> None:
        """Remove what was sent, and nobody needs any more."""
        shutil.rmtree(self.unpacked, ignore_errors=True)
        for path in (self._placed, self.archive):
            path.unlink(missing_ok=True)

    @property
    def placed(self) -> Sequence[str]:
        """The photos that came and lie beside the list already, by their paths there."""
        try:
            found: list[str] = json.loads(self._placed.read_text("utf-8"))
        except FileNotFoundError:
            return []
        return found

    def place_new(self) -> Sequence[str]:
        """Put photos that came beside the list, but those that others are in the way of.

        Returns the paths of these, of which the content differs; `place_rest` puts them there.
        """
        self.listed.mkdir(parents=True, exist_ok=True)
        came = [path.relative_to(self.unpacked).as_posix() for path in self._unpacked_files()]
        new = [name for name in came if not (self.listed / name).exists()]
        # Written down first: if this is interrupted, it is known what came.
        write_atomically(self._placed, json.dumps([*self.placed, *new]).encode())
        for name in new:
            (self.listed / name).parent.mkdir(parents=True, exist_ok=True)
            (self.unpacked / name).replace(self.listed / name)
        differing = []
        for name in sorted({*came} - {*new}):
            if filecmp.cmp(self.listed / name, self.unpacked / name, shallow=False):
                (self.unpacked / name).unlink()
            else:
                differing.append(name)
        return differing

    def _unpacked_files(self) -> Sequence[Path]:
        return sorted(path for path in self.unpacked.rglob("*") if path.is_file())

    def place_rest(self) -> None:
        """Put photos beside the list in place of others."""
        for path in self._unpacked_files():
            path.replace(self.listed / path.relative_to(self.unpacked))

    def _is_abandoned(self, state: State) -> bool:
        """Say whether nobody is at work on it, nor about to begin."""
        if not state.doing and abs(time.time() - state.since) < _STARTING_SECONDS:
            return False
        with (self.folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return self._read().is_under_way  # or it came to its end just now
