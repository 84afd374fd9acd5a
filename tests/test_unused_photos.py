"""Files of photos that no item has go; never those of an item that is added at that moment."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.applications import core_of, take_in
from tests.importing import draw_photos
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.catalog import import_list
from webapp.catalog.importer import Importer
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.catalog.sent_photos import SentPhoto
from webapp.context import Hashbag
from webapp.exceptions import ItemNotFound
from webapp.maintenance.removal import remove
from webapp.models import Item
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.storage.local import LocalStorage

MANY = 12


@dataclass(frozen=True, slots=True)
class SlowStorage(LocalStorage):
    """A folder; before anything is removed from it, somebody else has a moment to write."""

    before_removing: Callable[[], None]

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files, late."""
        self.before_removing()
        LocalStorage.delete(self, keys)


class AnotherRequest:
    """Adds items with photos while files are removed, for as long as others let it."""

    def __init__(self, core: Hashbag, files: Iterable[Path]) -> None:
        self._core = core
        sent = [SentPhoto(path.name, path.read_bytes()) for path in files]
        self._read = [core.live_items.read(one) for one in sent]
        self._adding = threading.Thread(target=self._add)
        self.added: list[Item] = []

    def __call__(self) -> None:
        """Begin at the first call, and come to an end unless there is something to wait for."""
        with suppress(RuntimeError):  # it began before
            self._adding.start()
        self._adding.join(timeout=1)

    def _add(self) -> None:
        for photo in self._read:
            self.added.append(self._core.live_items.add([photo], {})[0])

    def end(self) -> None:
        """Wait until all are added."""
        self._adding.join(timeout=20)
        assert len(self.added) == len(self._read)


def lost(core: Hashbag, items: Iterable[Item]) -> list[str]:
    """Name what is missing of the files of items."""
    gone = []
    for item in items:
        gone += [item.path] if core.catalog.originals.size(item) is None else []
        sizes = sizes_of(item.width, item.height, item.media_type)
        keys = [core.thumbs.key(item.digest, size) for size in sizes]
        gone += [key for key in keys if core.storage.size(key) is None]
    return gone


def with_slow_storage(core: Hashbag, meanwhile: Callable[[], None]) -> tuple[Catalog, ThumbStore]:
    """Open the catalogue of an application anew, with a storage that removes files late."""
    storage = SlowStorage(core.settings.instance, meanwhile)
    originals: Originals = replace(core.catalog.originals, storage=storage)
    return Catalog(core.settings.database_url, originals), ThumbStore(storage)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(MANY):
        bag(number, (48, 36)).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(params=["off", "on"])
def app(request: pytest.FixtureRequest, tmp_path: Path, photos: Path) -> Flask:
    """Take photos in, without copies of them and with."""
    app = create_app({"instance": tmp_path / "instance", "copy_photos": request.param})
    take_in(app, photos, ["whash"])
    return app


def test_items_added_while_others_with_the_same_photos_go_keep_their_files(
    app: Flask, photos: Path
) -> None:
    core, files = core_of(app), sorted(photos.iterdir())
    another = AnotherRequest(core, files[:4])
    catalog, thumbs = with_slow_storage(core, another)
    remove(catalog, thumbs, list(range(1, MANY + 1)), for_good=False)
    another.end()
    assert lost(core, another.added) == []
    with pytest.raises(ItemNotFound):
        core.catalog.item(1)
    used = {item.digest for item in another.added}
    kept = {path.name[:64] for path in core.settings.instance.glob("thumbs/*/*")}
    assert kept == used
    catalog.engine.dispose()


def test_an_item_added_while_an_import_replaces_the_same_photo_keeps_its_files(
    app: Flask, photos: Path
) -> None:
    core, replaced = core_of(app), sorted(photos.iterdir())[:2]
    another = AnotherRequest(core, replaced)
    catalog, thumbs = with_slow_storage(core, another)
    for number, path in enumerate(replaced, MANY):
        bag(number, (48, 36)).save(path)
    importer = Importer(catalog, thumbs, core.settings.max_pixels)
    outcomes = list(importer.take(import_list.read(photos), 1, ["whash"]))
    assert len(outcomes) == MANY
    another.end()
    assert lost(core, another.added) == []
    assert lost(core, core.catalog.all_items()) == []
    catalog.engine.dispose()


def test_photos_that_change_places_in_one_import_keep_their_thumbnails(
    empty: Flask, tmp_path: Path
) -> None:
    """The second is read while the first is written: what it has must not go then."""
    folder = draw_photos(tmp_path / "many", *(f"{number:02}.png" for number in range(48)))
    core = core_of(empty)
    take_in(empty, folder, ["whash"])
    first, second = folder / "00.png", folder / "40.png"
    contents = first.read_bytes(), second.read_bytes()
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])
    catalog, thumbs = with_slow_storage(core, partial(time.sleep, 1))
    importer = Importer(catalog, thumbs, core.settings.max_pixels)
    list(importer.take(import_list.read(folder), 2, ["whash"]))
    assert lost(core, core.catalog.all_items()) == []
    catalog.engine.dispose()


def test_whose_a_file_is_is_asked_without_reading_a_whole_table(tmp_path: Path) -> None:
    """Others who write wait meanwhile; an item of a large catalogue may have many photos."""
    database = f"sqlite:///{tmp_path}/hashbag.db"  # SQLite says what it reads, of few rows too
    core = core_of(create_app({"instance": tmp_path / "instance", "database": database}))
    sent = [SentPhoto(f"{n}.png", encoded(bag(n, (48, 36)), "PNG")) for n in range(3)]
    item, _ = core.live_items.add([core.live_items.read(one) for one in sent], {})
    asked: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        asked.append((statement, values))

    sa.event.listen(core.catalog.engine, "before_cursor_execute", note)
    core.live_items.remove([item.id])
    sa.event.remove(core.catalog.engine, "before_cursor_execute", note)
    assert [core.catalog.originals.size(photo) for photo in item.photos] == [None] * 3
    with core.catalog.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            for statement, values in asked
            if statement.startswith("SELECT")
        ]
    steps = [str(step[-1]) for plan in plans for step in plan]
    assert [step for step in steps if "photos" in step and "SEARCH" not in step] == []
    assert any("ix_photos_digest" in step for step in steps)
    core.catalog.engine.dispose()
