"""A generation's manifest: what it holds, and of which catalogue."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webapp.exceptions import IndexDamaged

FORMAT = 2
SEVERAL_PHOTOS_FORMAT = 3
"""The format where items have several photos, which earlier versions cannot read."""

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class KindEntry:
    """What a manifest says of one kind."""

    bits: int
    items: int
    rows: int
    engine: str
    parameters: Mapping[str, int | str]
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
    files: Mapping[str, str]
    """SHA-256, in hex, of the files that belong to no kind."""

    @property
    def engines(self) -> set[str]:
        """The names of the engines that propose candidates."""
        return {entry.engine for entry in self.kinds.values()}

    @property
    def all_files(self) -> Mapping[str, str]:
        """SHA-256, in hex, by the names of all files that it describes."""
        parts = (self.files, *(entry.files for entry in self.kinds.values()))
        return {name: digest for part in parts for name, digest in part.items()}


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
            f"{folder.name}: {MANIFEST} cannot be read: run `hashbag index`", private=error
        ) from error
    if manifest.format not in {FORMAT, SEVERAL_PHOTOS_FORMAT}:
        raise IndexDamaged(f"{folder.name}: made by another version: run `hashbag index`")
    return manifest
