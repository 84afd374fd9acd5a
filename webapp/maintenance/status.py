"""What is in a catalogue, which generation serves it, and which map shows it."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from webapp.catalog import code_makers
from webapp.catalog.reader import Catalog
from webapp.exceptions import HashbagError, MapNotReady
from webapp.explore.map.store import Maps
from webapp.hashing.kinds import KNOWN_KINDS
from webapp.index.generation_store import GenerationStore
from webapp.index.manifest import read_manifest
from webapp.index.shared_generations import SharedGenerations
from webapp.maintenance.checks import check_index
from webapp.pictures.thumbnails import FOLDER as THUMBS
from webapp.storage import Storage


def status_of(catalog: Catalog, generations: GenerationStore, maps: Maps) -> dict[str, object]:
    """Describe the catalogue, its index and its map, as data that JSON can hold; sizes in bytes."""
    return {
        "items": catalog.count(),
        "photos": catalog.count_photos(),
        "instance": str(catalog.instance),
        "photos in": catalog.storage.place,
        "database": catalog.engine.url.render_as_string(hide_password=True),
        "codes": {
            kind: [{"made_by": versions, "count": count} for versions, count in counts]
            for kind, counts in code_makers.code_counts(catalog).items()
        },
        "not installed": {
            name: kind.remedy for name, kind in KNOWN_KINDS.items() if not kind.installed
        },
        "index": _index_status(catalog, generations),
        "map": _map_status(maps),
        **_hosts(generations),
        "bytes": {
            "database": _size(catalog.instance.glob("hashbag.db*")),
            **_bytes_of_photos(catalog.storage),
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


def _hosts(generations: GenerationStore) -> dict[str, object]:
    """Tell of machines that share their indexes which generation each has, and when it said so."""
    if not isinstance(generations, SharedGenerations):
        return {}
    hosts = generations.bundles.registry.hosts()
    return {
        "hosts": {
            host: {"generation": number, "seconds ago": ago}
            for host, (number, ago) in sorted(hosts.items())
        }
    }


def _map_status(maps: Maps) -> dict[str, object]:
    try:
        found = maps.current()
    except MapNotReady as problem:
        return {"version": None, "problems": [str(problem)]}
    return {"version": found.version, "items": len(found.ids), "bytes": found.bytes, "problems": []}


def _bytes_of_photos(storage: Storage) -> dict[str, int]:
    size = storage.bytes_in(THUMBS)
    return {} if size is None else {THUMBS: size}


def _size(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())
