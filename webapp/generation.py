"""One generation: a folder with everything a search needs, described by its manifest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from webapp.catalog import Catalog
from webapp.codes import load_table, make_table
from webapp.engines import Engine
from webapp.exceptions import IndexDamaged, IndexNotReady
from webapp.hashing import KINDS
from webapp.samples import Opened

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class KindEntry:
    """What a manifest says of one kind."""

    bits: int
    items: int
    rows: int
    engine: str
    parameters: Mapping[str, int]
    versions: str
    files: Mapping[str, str]
    """SHA-256, in hex, by file name."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds, and of which catalogue."""

    format: int
    revision: int
    libraries: Mapping[str, str]
    kinds: Mapping[str, KindEntry]


@dataclass(frozen=True, slots=True)
class Generation:
    """An opened generation; immutable, shared by threads and, as mapped files, by processes."""

    name: str
    manifest: Manifest
    kinds: Mapping[str, Opened]

    def kind(self, name: str) -> Opened:
        """Return one kind.

        Raises:
            IndexNotReady: the generation was built before the kind had codes.
        """
        if not self.kinds:
            raise IndexNotReady("the catalogue is empty: run `hashbag import` or `hashbag demo`")
        if name not in self.kinds:
            raise IndexNotReady(f"there is no index of {name} yet: run `hashbag index`")
        return self.kinds[name]


def build(folder: Path, catalog: Catalog, engine: Engine) -> Manifest:
    """Write a generation of the catalogue as it is into an empty folder."""
    revision = catalog.revision
    kinds = {}
    for kind in KINDS.values():
        ids, packed = catalog.code_column(kind.name, kind.versions())
        if not len(ids):
            continue
        table = make_table(kind.bits, ids, packed.reshape(len(ids), kind.views, kind.bytes))
        table.save(folder, kind.name)
        parameters = engine.build(table, folder, kind.name)
        kinds[kind.name] = KindEntry(
            bits=kind.bits,
            items=len(ids),
            rows=table.row_count,
            engine=engine.name,
            parameters=parameters,
            versions=kind.versions(),
            files={path.name: digest_of(path) for path in sorted(folder.glob(f"{kind.name}.*"))},
        )
    manifest = Manifest(FORMAT, revision, _libraries(), kinds)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")
    return manifest


def manifest_digest(folder: Path) -> str:
    """Return the checksum of the manifest, which has those of all other files."""
    return digest_of(folder / MANIFEST)


def open_generation(folder: Path, engine: Engine, digest: str) -> Generation:
    """Open a generation, after comparing every file with its checksum, `digest` the manifest's.

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
    return Generation(
        folder.name,
        manifest,
        {name: _open_kind(folder, name, entry, engine) for name, entry in manifest.kinds.items()},
    )


def read_manifest(folder: Path) -> Manifest:
    """Read a generation's manifest.

    Raises:
        IndexDamaged: it is missing, or not a manifest of this version.
    """
    try:
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        kinds = {name: KindEntry(**entry) for name, entry in raw.pop("kinds").items()}
        manifest = Manifest(kinds=kinds, **raw)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexDamaged(
            f"{folder.name}: {MANIFEST} cannot be read ({error}): run `hashbag index`"
        ) from error
    if manifest.format != FORMAT:
        raise IndexDamaged(f"{folder.name}: made by another version: run `hashbag index`")
    return manifest


def _check_kind(folder: Path, name: str, entry: KindEntry) -> None:
    kind = KINDS.get(name)
    if kind is None or (entry.bits, entry.versions) != (kind.bits, kind.versions()):
        wanted = f"{kind.bits} bits by {kind.versions()}" if kind else "unknown to this version"
        raise IndexDamaged(
            f"{folder.name}: {name} is of {entry.bits} bits by {entry.versions}, but here is "
            f"{wanted}: run `hashbag index`"
        )


def _open_kind(folder: Path, name: str, entry: KindEntry, engine: Engine) -> Opened:
    for file, digest in entry.files.items():
        if not (folder / file).is_file():
            raise IndexDamaged(f"{folder.name}: {file} is missing: run `hashbag index`")
        if digest_of(folder / file) != digest:
            raise IndexDamaged(
                f"{folder.name}: {file} is not what was built, its checksum differs: "
                "run `hashbag index`"
            )
    table = load_table(folder, name, entry.bits)
    return Opened(table, engine.open(table, folder, name))


def _libraries() -> dict[str, str]:
    return {name: version(name) for name in ("annoy", "numpy")}


def _in_words(libraries: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in libraries.items())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
