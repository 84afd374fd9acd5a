"""The gallery: the codes of all items by every system, in a folder that workers map."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.catalog.first_photos import first_photo_codes
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexNotReady, UnreadableImage
from webapp.hashing.fingerprinting import EncodedPicture, decode
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import make_table
from webapp.index.hamming import Positions
from webapp.lab.evaluation.rivals import RIVALS
from webapp.lab.evaluation.rows import Progress
from webapp.lab.evaluation.systems import System, kinds_of, open_system
from webapp.models import Ids, Item, ItemPhoto
from webapp.processes import in_order

Half = Literal["all", "even", "odd"]
_COPIES = "copies.npy"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the gallery: its item's position and id, its file, and width times height."""

    position: int
    item_id: int
    path: Path
    pixels: int
    original: Item | ItemPhoto
    originals: Originals

    def image(self) -> Image.Image:
        """Open the photo as an upright RGB image.

        Raises:
            UnreadableImage: the file is missing, or no longer what was imported.
        """
        try:
            return decode(EncodedPicture(self.originals.read(self.original), self.pixels)).image
        except OSError as error:
            raise UnreadableImage(
                f"{self.path}: {error.strerror}: run `hashbag verify` and import again"
            ) from error


@dataclass(frozen=True, slots=True)
class Gallery:
    """M items by ascending id, and the folder of their codes.

    `copies`: a number for each item, equal for items whose files are equal, shape (M,).
    """

    folder: Path
    systems: tuple[str, ...]
    items: tuple[Item, ...]
    photos: tuple[Photo, ...]
    copies: NDArray[np.int64]

    def half(self, half: Half) -> Positions:
        """Return the positions, ascending, of all items, or of every other one by file name."""
        order = np.array(
            sorted(
                range(len(self.items)), key=lambda position: _natural(self.items[position].filename)
            ),
            dtype=np.intp,
        )
        return np.sort({"all": order, "even": order[0::2], "odd": order[1::2]}[half])

    def sample(self, half: Half, count: int, seed: int) -> list[Photo]:
        """Draw at most `count` different photos of a half, by ascending position."""
        positions = self.half(half)
        random = np.random.default_rng(seed)
        drawn = random.choice(positions, min(count, len(positions)), replace=False)
        return [self.photos[position] for position in np.sort(drawn)]


def _natural(filename: str) -> list[tuple[int, str]]:
    """Return a sort key by which 9.jpg comes before 10.jpg."""
    parts = re.split(r"(\d+)", filename)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def build(
    catalog: Catalog,
    folder: Path,
    systems: Sequence[str],
    jobs: int,
    kinds: Collection[str] = (),
) -> Iterator[Progress | Gallery]:
    """Write the codes of all systems into an empty folder; yield progress, then the gallery.

    `kinds`: of these too.

    The codes of our kinds come from the catalogue; rivals hash every photo.

    Raises:
        IndexNotReady: the catalogue is empty, or some items have no code of a kind.
        UnreadableImage: a photo that a rival must hash cannot be read.
    """
    items = tuple(catalog.all_items())
    if not items:
        raise IndexNotReady("the catalogue is empty: run `hashbag import` or `hashbag demo` first")
    of_systems = (kind for name in systems for kind in kinds_of(name))
    for kind in dict.fromkeys((*of_systems, *kinds)):
        make_table(KINDS[kind].bits, *codes_of(catalog, kind, len(items))).save(folder, kind)
    photos = tuple(
        Photo(position, item.id, path, item.width * item.height, item, catalog.originals)
        for position, item in enumerate(items)
        for path in (catalog.photo(item),)
    )
    yield from _write_rivals(folder, [name for name in systems if name in RIVALS], photos, jobs)
    _, copies = np.unique([item.digest for item in items], return_inverse=True)
    np.save(folder / _COPIES, copies)
    yield Gallery(folder, tuple(systems), items, photos, copies)


def codes_of(catalog: Catalog, name: str, count: int) -> tuple[Ids, NDArray[np.uint8]]:
    """Return the codes of first photos: item ids, ascending, (M,), and packed, (M, V, bytes).

    Raises:
        IndexNotReady: not all of the `count` items have a code of the kind.
    """
    ids, packed = first_photo_codes(catalog, KINDS[name])
    if len(ids) != count:
        raise IndexNotReady(f"some items have no {name} code: run `hashbag index`")
    return ids, packed


def _write_rivals(
    folder: Path, names: Sequence[str], photos: Sequence[Photo], jobs: int
) -> Iterator[Progress]:
    if not names:
        return
    of_photos = []
    for done, (_, hashes) in enumerate(in_order(partial(_hash, tuple(names)), photos, jobs), 1):
        of_photos.append(hashes)
        yield Progress("rivals hash the gallery", done, len(photos))
    for name, of_rival in zip(names, zip(*of_photos, strict=True), strict=True):
        np.save(folder / f"{name}.npy", np.stack(of_rival))


def _hash(names: tuple[str, ...], photo: Photo) -> list[NDArray[Any]]:
    image = photo.image()
    return [RIVALS[name].compute(image) for name in names]


@lru_cache(maxsize=1)
def opened(folder: Path, names: tuple[str, ...]) -> tuple[list[System], NDArray[np.int64]]:
    """Return the systems and `Gallery.copies`, opened once in each worker process."""
    return [open_system(name, folder) for name in names], copies_in(folder)


@lru_cache(maxsize=1)
def copies_in(folder: Path) -> NDArray[np.int64]:
    """Return `Gallery.copies`, read once in each worker process."""
    copies: NDArray[np.int64] = np.load(folder / _COPIES)
    return copies
