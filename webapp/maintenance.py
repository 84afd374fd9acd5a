"""Looking after a catalogue: refreshing codes, rebuilding, removing, checking, telling."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from webapp.catalog.reader import Catalog
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import (
    HashbagError,
    IndexNotReady,
    ItemNotFound,
    MapNotReady,
    UnreadableImage,
)
from webapp.explore.map import drawing
from webapp.explore.map.store import Maps
from webapp.hashing.code_packing import differs
from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.generation import read_manifest
from webapp.index.generation_store import GenerationStore
from webapp.models import Fingerprint, Item, ListedPhoto, Rejected
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.processes import in_order


def stale(catalog: Catalog, kinds: Collection[str] = KINDS.keys()) -> list[ListedPhoto]:
    """List the photos whose codes are missing, or by other libraries than those installed."""
    ids = catalog.stale({name: KINDS[name].versions() for name in kinds})
    return [ListedPhoto(catalog.photo(item), item.filename, {}) for item in catalog.items(ids)]


def is_published(catalog: Catalog, generations: GenerationStore) -> bool:
    """Say whether the newest generation can be served and is of the catalogue as it is."""
    try:
        current = generations.current()
    except IndexNotReady:
        return False
    if generations.problem or current.manifest.revision != catalog.revision:
        return False
    # A kind that was installed since then may have codes from an earlier time.
    return _with_codes(catalog) <= set(current.kinds)


def _with_codes(catalog: Catalog) -> set[str]:
    """Name the installed kinds that have codes by the installed libraries."""
    counts = catalog.code_counts()
    return {
        name
        for name, kind in KINDS.items()
        if any(versions == kind.versions() for versions, _ in counts.get(name, []))
    }


def remove(catalog: Catalog, thumbs: ThumbStore, ids: Sequence[int]) -> None:
    """Take items out of the catalogue; their original photos stay where they are.

    Raises:
        ItemNotFound: one is not there; then none is taken out.
    """
    items = catalog.items(ids)
    missing = set(ids) - {item.id for item in items}
    if missing:
        raise ItemNotFound(f"there is no item {', '.join(map(str, sorted(missing)))}")
    CatalogWriter(catalog).remove(ids)
    for digest in {item.digest for item in items} - catalog.digests(
        [item.digest for item in items]
    ):
        thumbs.remove(digest)


def check_items(catalog: Catalog, thumbs: ThumbStore, jobs: int) -> Iterator[Rejected | None]:
    """Compare every item with its photo: yields None, or what is wrong, for each."""
    stored = (
        (item, catalog.photo(item), catalog.fingerprints([item.id])[item.id])
        for item in catalog.all_items()
    )
    for (item, _, _), problem in in_order(partial(_item_problem, thumbs), stored, jobs):
        yield Rejected(f"item {item.id}, {item.filename}", problem) if problem else None


def _item_problem(thumbs: ThumbStore, stored: tuple[Item, Path, Fingerprint]) -> str | None:
    item, path, codes = stored
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"its photo cannot be read: {error.strerror}"
    if hashlib.sha256(data).hexdigest() != item.digest:
        return "its photo changed since it was imported: import it again"
    if not thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type)):
        return "a thumbnail is missing: import it again"
    try:
        _, found = hash_item(EncodedPicture.of_item(item, data))
    except UnreadableImage as error:
        return str(error)
    wrong = [
        name
        for name, code in found.items()
        if name not in codes or differs(KINDS[name], codes[name], code)
    ]
    return f"its stored codes are not its photo's: {', '.join(wrong)}" if wrong else None


def check_index(
    catalog: Catalog, generations: GenerationStore, *, thoroughly: bool = False
) -> Iterator[Rejected]:
    """Yield what is wrong with the published generation; thoroughly, each file is read again."""
    try:
        if thoroughly:
            generations.verify()
        current = generations.current()
        if generations.problem:
            raise generations.problem
        if current.manifest.revision != catalog.revision:
            yield Rejected("index", "it is older than the catalogue: run `hashbag index`")
    except IndexNotReady as problem:
        yield Rejected("index", str(problem))


def check_map(catalog: Catalog, maps: Maps) -> Iterator[Rejected]:
    """Yield what is wrong with the published map; having none is not wrong."""
    if found := drawing.problem(catalog, maps):
        yield Rejected("map", found)


def status(catalog: Catalog, generations: GenerationStore, maps: Maps) -> dict[str, object]:
    """Tell what is in the catalogue, which generation serves it, and which map shows it."""
    return {
        "items": catalog.count(),
        "instance": str(catalog.instance),
        "database": catalog.engine.url.render_as_string(hide_password=True),
        "codes": {
            kind: [{"made_by": versions, "count": count} for versions, count in counts]
            for kind, counts in catalog.code_counts().items()
        },
        "not installed": {
            name: kind.remedy for name, kind in KNOWN_KINDS.items() if not kind.installed
        },
        "index": _index_status(catalog, generations),
        "map": _map_status(maps),
        "bytes": {
            "database": _size(catalog.instance.glob("hashbag.db*")),
            "thumbs": _size(catalog.instance.glob("thumbs/*/*")),
            "generations": _size(catalog.instance.glob("generations/*/*")),
            "maps": _size(catalog.instance.glob("maps/*/*")),
        },
        "versions": {
            name: version(name)
            for name in ("hashbag", "annoy", "ImageHash", "numpy", "pillow", "SQLAlchemy")
        },
    }


def _index_status(catalog: Catalog, generations: GenerationStore) -> dict[str, object]:
    problems = [problem.reason for problem in check_index(catalog, generations)]
    try:
        folder = generations.newest()
        kinds = read_manifest(folder).kinds
    except HashbagError:
        return {"generation": None, "problems": problems, "kinds": {}}
    return {
        "generation": folder.name,
        "problems": problems,
        "kinds": {
            name: {
                "bits": entry.bits,
                "items": entry.items,
                "distinct": entry.rows,
                "engine": entry.engine,
                **entry.parameters,
            }
            for name, entry in kinds.items()
        },
    }


def _map_status(maps: Maps) -> dict[str, object]:
    try:
        found = maps.current()
    except MapNotReady as problem:
        return {"version": None, "problems": [str(problem)]}
    return {"version": found.version, "items": len(found.ids), "bytes": found.bytes, "problems": []}


def _size(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
