"""The distance of an item that has several photos: that of its nearest photo."""

import numpy as np
from numpy.typing import NDArray

from webapp.index.hamming import Positions
from webapp.index.narrowing import Narrowing
from webapp.index.photo_rows import PhotoRows
from webapp.models import Ids
from webapp.search.measure import Measure


class NearestPhotoMeasure:
    """Of each item the smallest distance of one of its photos, by a measure of photos.

    `of_photos` measures every photo by itself, so that one photo explains an item's distance: its
    positions are those of photos, and of its candidates those of all that may be the nearest.
    """

    def __init__(self, of_photos: Measure, ids: Ids, photos: PhotoRows) -> None:
        self.ids = ids
        self.photos = photos
        self._of_photos = of_photos
        self._all: NDArray[np.integer] | None = None

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all photos compares; 0 once it was made."""
        return self._of_photos.scan_words

    def candidates(
        self, k: int, narrowing: Narrowing | None = None, *, every: bool = False
    ) -> tuple[Positions, int]:
        """Return the items of the candidates."""
        found, within = self._of_photos.candidates(k, narrowing, every=every)
        return self.photos.items_of(found), within

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Return what the nearest photos are at least: see `Measure`."""
        photos, begins = self.photos.photos_of(np.asarray(positions))
        return self.photos.nearest(self._of_photos.at_least(photos), begins)

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Return the distances of the nearest photos; a scan of all is made once and kept."""
        if positions is None and self._all is None:
            self._all = self.photos.nearest(self._of_photos.distances())
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        photos, begins = self.photos.photos_of(np.asarray(positions))
        return self.photos.nearest(self._of_photos.distances(photos), begins)

    def within(self, bound: int, k: int) -> Positions | None:
        """Return the items of the photos that are within a bound."""
        near = self._of_photos.within(bound, k)
        return None if near is None else self.photos.items_of(near)

    def nearest_photos(self, positions: Positions) -> Positions:
        """Return the position of the nearest photo of each item; of equal ones the first."""
        photos, begins = self.photos.photos_of(positions)
        distances = self._of_photos.distances(photos)
        ends = np.append(begins[1:], len(photos))
        places = [
            begin + int(distances[begin:end].argmin())
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]
        return photos[places]


def by_nearest_photo(of_photos: Measure, photos: PhotoRows | None) -> Measure:
    """Measure items by their nearest photos; where all have one photo, by the measure itself."""
    return NearestPhotoMeasure(of_photos, of_photos.ids, photos) if photos else of_photos
