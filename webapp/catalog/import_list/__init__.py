"""What to import: a folder of pictures, or a list of photos with attributes.

`folder_walk` finds the photos of a folder. A list goes through `table_reading` (with
`text_encoding`, `csv_reading`, `json_reading` and `column_names`), which yields rows, and
`photo_rows` (with `row_pictures`, `photo_paths` and `prices`), which makes photos of them.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from webapp.catalog.import_entries import ImportEntry, Remark
from webapp.catalog.import_list.column_names import FURTHER, OURS
from webapp.catalog.import_list.folder_walk import FolderWalk
from webapp.catalog.import_list.photo_rows import PhotoRows, survey
from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.import_list.table_reading import open_table
from webapp.exceptions import ImportListError

_NOTHING_GIVEN: Mapping[str, str] = MappingProxyType({})
_FOLDERS_OF_AN_INSTANCE = (
    *("demo", "desk-import", "generations", "imports", "listed", "maps", "originals", "thumbs"),
)


class ImportList:
    """What a folder or list asks for, in its order; its length counts photos, not remarks.

    It is read anew each time, and never held as a whole: a million photos take no more memory.
    """

    def __init__(
        self,
        entries: Callable[[], Iterator[ImportEntry]],
        length: int,
        *,
        finds_moved: bool = True,
    ) -> None:
        self._entries = entries
        self._length = length
        self.finds_moved = finds_moved
        """Whether items are known again by the content of photos that were moved."""

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[ImportEntry]:
        return self._entries()


def read(
    source: Path,
    given: Mapping[str, str] = _NOTHING_GIVEN,
    instance: Path | None = None,
    photos: Path | None = None,
) -> ImportList:
    """Read through a folder or list, so that what is wrong with it as a whole is known.

    `given` are names of our columns by those of the list. Of a folder, what Hashbag keeps in its
    `instance` folder is left out, and what it keeps in the folder of sent `photos`.

    Raises:
        ImportListError: the source as a whole cannot be read.
    """
    if source.is_dir():
        return _read_folder(source, given, instance, photos)
    if not source.exists():
        raise ImportListError(f"{readable(source)}: there is no such file or folder")
    return _read_list(source, given)


def folders_in(photos: Path | None) -> list[Path]:
    """Return the folders that Hashbag keeps photos in, in the folder that it was given for them."""
    return [photos / name for name in ("originals", "thumbs")] if photos else []


def _read_folder(
    source: Path, given: Mapping[str, str], instance: Path | None, photos: Path | None
) -> ImportList:
    if given:
        raise ImportListError(f"{readable(source)}: a folder has no columns to map")
    own = [instance, *(instance / name for name in _FOLDERS_OF_AN_INSTANCE)] if instance else []
    own += folders_in(photos)
    count = sum(not isinstance(entry, Remark) for entry in FolderWalk(source, own).entries())
    return ImportList(lambda: FolderWalk(source, own).entries(), count)


def _read_list(source: Path, given: Mapping[str, str]) -> ImportList:
    for ours in given.values():
        if ours not in {*OURS, FURTHER}:
            there = ", ".join((*OURS, FURTHER))
            raise ImportListError(f"there is no column '{ours}'; there are {there}")
    table = open_table(source, given)
    found = survey(table)
    for theirs, ours in given.items():
        if found.columns and ours not in found.columns:
            raise ImportListError(f"{readable(source)}: there is no column '{theirs}'")
    return ImportList(lambda: PhotoRows(source, table, found).entries(), found.products)
