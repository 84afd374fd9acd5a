"""One generation: a folder with everything a search needs, described by its manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import starmap
from pathlib import Path

import numpy as np

from webapp.catalog.attribute_columns import said_of_items
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexDamaged
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index import (
    blank_codes,
    facet_files,
    identical_pictures,
    random_pairs,
    remote_table,
    word_files,
)
from webapp.index.checksum_cache import ChecksumCache
from webapp.index.checksums import check_files, digest_of, digests
from webapp.index.code_table import make_table
from webapp.index.engines import Engine
from webapp.index.facets import Facets
from webapp.index.hamming import Positions
from webapp.index.identical_pictures import IdenticalPictures
from webapp.index.kind_index import KindIndex
from webapp.index.manifest import (
    FORMAT,
    MANIFEST,
    SEVERAL_PHOTOS_FORMAT,
    KindEntry,
    Manifest,
    read_manifest,
)
from webapp.index.narrowing import Narrowing, facets_of_rows, narrowing_of
from webapp.index.photo_rows import PhotoRows
from webapp.index.published import Published
from webapp.index.words import words_said
from webapp.models import Filters, Ids


@dataclass(frozen=True, slots=True)
class Generation(Published):
    """An opened generation; immutable, shared by threads and, as mapped files, by processes."""

    name: str
    manifest: Manifest
    kinds: Mapping[str, KindIndex]
    facets: Facets
    identical_pictures: IdenticalPictures

    def narrowed(self, filters: Filters, ids: Ids) -> tuple[Narrowing, Positions]:
        """Return filters as the indexes know them: see `Published`."""
        del ids
        return narrowing_of(filters, self.facets), np.empty(0, dtype=np.intp)


def build(folder: Path, catalog: Catalog, engine: Engine) -> Manifest:
    """Write a generation of the catalogue as it is into an empty folder."""
    revision = catalog.revision
    columns = facet_files.gather(catalog)
    facet_files.save(columns, folder)
    word_files.save(folder, starmap(words_said, said_of_items(catalog)))
    kinds, tables = {}, {}
    photo_count = catalog.count_photos()
    for kind in KINDS.values():
        ids, numbers, packed = catalog.code_column(kind)
        if not len(ids):
            continue
        of_photos = packed.reshape(len(ids), kind.views, kind.bytes)
        table = make_table(kind.bits, ids, of_photos, numbers)
        if engine.keeps_codes:
            table = table.by_first_view()
            remote_table.save(table, folder, kind.name)
        else:
            table.save(folder, kind.name)
        random_pairs.save(table, folder, kind.name)
        if len(ids) == photo_count:
            tables[kind.name] = table
        facets = facets_of_rows(table, columns) if engine.keeps_codes else None
        parameters = engine.build(table, folder, kind.name, facets)
        kinds[kind.name] = KindEntry(
            bits=kind.bits,
            items=len(table.ids),
            rows=table.row_count,
            engine=engine.name,
            parameters=parameters,
            versions=kind.versions(),
            files=digests(folder, f"{kind.name}.*"),
        )
    engine.finish([entry.parameters for entry in kinds.values()])
    witnesses = [table.rows for table in tables.values()]
    photos = next((table.photos for table in tables.values()), None)
    if tables:
        plain = blank_codes.plain_photos(photo_count, tables)
        witnesses.append(identical_pictures.contents(catalog, columns.ids, photos, plain))
    identical_pictures.find(len(columns.ids), witnesses, photos).save(folder)
    patterns = (identical_pictures.FILE, f"{word_files.PREFIX}.*", f"{facet_files.PREFIX}.*")
    files = {name: digest for one in patterns for name, digest in digests(folder, one).items()}
    several = photo_count > len(columns.ids)
    made_as = SEVERAL_PHOTOS_FORMAT if several else FORMAT
    manifest = Manifest(made_as, revision, _libraries(), kinds, files)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")
    return manifest


def manifest_digest(folder: Path) -> str:
    """Return the checksum of the manifest, which has those of all other files."""
    return digest_of(folder / MANIFEST)


def open_generation(
    folder: Path, engine: Engine, digest: str, checksum_cache: ChecksumCache | None = None
) -> Generation:
    """Open a generation, after comparing every file with its checksum, `digest` the manifest's.

    `checksum_cache` knows which files were compared already, and is told; without it all are.

    Raises:
        IndexDamaged: names the file, or the library whose version is another.
    """
    manifest = read_manifest(folder)
    if manifest.libraries != _libraries():
        raise IndexDamaged(
            f"{folder.name}: built with {_in_words(manifest.libraries)}, but installed are "
            f"{_in_words(_libraries())}: run `hashbag index`"
        )
    for name, entry in manifest.kinds.items():
        _check_kind(folder, name, entry)
    if manifest_digest(folder) != digest:
        raise IndexDamaged(
            f"{folder.name}: {MANIFEST} is not what was built, its checksum differs: "
            "run `hashbag index`"
        )
    check_files(folder, manifest.all_files, checksum_cache)
    columns = facet_files.load(folder)
    kinds: dict[str, KindIndex] = {}
    for name, entry in manifest.kinds.items():
        if name in KINDS:
            known = [kind.table.photos for kind in kinds.values() if kind.table.photos]
            kinds[name] = _open_kind(folder, name, entry, engine, columns.ids, known)
    return Generation(
        folder.name,
        manifest,
        kinds,
        columns,
        identical_pictures.load(folder),
    )


def _check_kind(folder: Path, name: str, entry: KindEntry) -> None:
    kind = KNOWN_KINDS.get(name)
    if kind is not None and not kind.installed:
        return  # cannot be searched until what it needs is installed again
    if kind is None or entry.bits != kind.bits or not kind.can_compare(entry.versions):
        wanted = f"{kind.bits} bits by {kind.versions()}" if kind else "unknown to this version"
        raise IndexDamaged(
            f"{folder.name}: {name} is of {entry.bits} bits by {entry.versions}, but here is "
            f"{wanted}: run `hashbag index`"
        )


def _open_kind(  # noqa: PLR0913, PLR0917 - all of it is known to one caller
    folder: Path, name: str, entry: KindEntry, engine: Engine, ids: Ids, known: Sequence[PhotoRows]
) -> KindIndex:
    table = engine.table(folder, name, entry.bits, entry.parameters)
    pairs = random_pairs.load(table, folder, name)
    if np.array_equal(table.ids, ids):
        # With one array for all, `is` tells that positions mean the same in two kinds.
        table = replace(table, ids=ids)
    if table.photos:
        shared = (photos for photos in known if photos.equals(table.photos))
        table = replace(table, photos=next(shared, table.photos))
    index = engine.open(table, folder, name, entry.parameters)
    return KindIndex(table, index, replace(pairs, table=table))


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("annoy", "numpy")}


def _in_words(libraries: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in libraries.items())
