"""The command that a server starts for an import from the desk; people have no use for it."""

import time
from pathlib import Path

import click

from webapp.catalog.import_list import ImportList
from webapp.catalog.photo_archive import unpack
from webapp.catalog.write_lock import writing
from webapp.catalog.writer import CatalogWriter
from webapp.cli.common import reports_errors
from webapp.cli.import_run import ImportChoices, read_source, take_in
from webapp.cli.publication import draw_map
from webapp.context import Hashbag, hashbag
from webapp.exceptions import HashbagError, ImportListError
from webapp.maintenance.import_check import check, inside
from webapp.maintenance.import_report import names
from webapp.maintenance.import_slot import ImportSlot, Stage, State
from webapp.processes import available_cores, worthwhile

_STAGES = {"check": Stage.CHECKING, "take": Stage.TAKING}
_SECONDS_BETWEEN_NEWS = 1.0


@click.command("desk-import", hidden=True)
@click.argument("step", type=click.Choice(["check", "take"]))
@reports_errors
def desk_import(step: str) -> None:
    """Check or take in the list that was sent to the desk, and write down what comes of it."""
    core = hashbag()
    slot = ImportSlot(core.settings.instance)
    with slot.held(wait=True):
        state = slot.state
        if state is None or state.stage is not _STAGES[step]:
            return  # another process did it
        try:
            slot.tell(_check(core, slot, state) if step == "check" else _take(core, slot, state))
        except HashbagError as problem:
            slot.tell(State(Stage.FAILED, state.name, problem=str(problem)))
            raise
        except BaseException:
            words = "it came to an end in the middle: the server's log says why"
            slot.tell(State(Stage.FAILED, state.name, problem=words))
            raise


class _News:
    """Writes down how far a step is, now and then."""

    def __init__(self, slot: ImportSlot, name: str, stage: Stage, doing: str) -> None:
        self._slot, self._name, self._stage, self._doing = slot, name, stage, doing
        self._told = 0.0
        self(0, 0)

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told > _SECONDS_BETWEEN_NEWS:
            self._told = now
            self._slot.tell(
                State(self._stage, self._name, doing=self._doing, done=done, total=total)
            )


def _check(core: Hashbag, slot: ImportSlot, state: State) -> State:
    CatalogWriter(core.catalog).make_catalog()
    left_out, replaced = 0, list[str]()
    if slot.archive.exists():
        slot.unpacked.mkdir(exist_ok=True)
        news = _News(slot, state.name, Stage.CHECKING, "unpacking photos")
        left_out = unpack(slot.archive, slot.unpacked, news).left_out
        slot.archive.unlink()
    if slot.unpacked.exists():
        replaced = list(slot.place_new())
    wanted, _ = _wanted(core, slot)
    jobs = worthwhile(available_cores(), len(wanted))
    news = _News(slot, state.name, Stage.CHECKING, "comparing")
    found = check(core.catalog, core.importer, wanted, jobs, news)
    return State(
        Stage.CHECKED,
        state.name,
        counts=found.counts,
        changes=found.changes,
        notes=found.notes,
        all_notes=found.all_notes,
        replaced=replaced,
        left_out=left_out,
    )


def _take(core: Hashbag, slot: ImportSlot, state: State) -> State:
    _News(slot, state.name, Stage.TAKING, "taking in")
    with writing(core.catalog):
        slot.place_rest()
        wanted, path = _wanted(core, slot)
        take_in(core, path, wanted, ImportChoices(available_cores()))
        draw_map(core)
    slot.clear_sent()
    return State(Stage.DONE, state.name, report=next(iter(names(core.settings.instance)), ""))


def _wanted(core: Hashbag, slot: ImportSlot) -> tuple[ImportList, Path]:
    path = slot.list
    if path is None:
        raise ImportListError("the list is gone: send it again")
    return inside(read_source(core, path, {}), slot.listed), path
