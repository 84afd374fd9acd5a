"""Maps that machines share: one draws, all fetch, and the catalogue names the newest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from webapp.exceptions import IndexDamaged, MapNotReady
from webapp.explore.map.store import ABOUT, TILES, Drawing, Maps, nothing_drawn
from webapp.index.shared_bundles import BundleType, SharedBundles


def _files(folder: Path) -> Mapping[str, str]:
    try:
        return {TILES: str(json.loads((folder / ABOUT).read_text("utf-8"))["digest"])}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise IndexDamaged(f"{ABOUT} cannot be read: run `hashbag index`", private=error) from error


MAP = BundleType("map", ABOUT, _files, lambda bundle: f"{bundle.value:012x}")
"""A map's name is a number of 12 digits, in hex."""


class SharedMaps(Maps):
    """Publishes maps for all machines, and reads those that this one has."""

    def __init__(self, bundles: SharedBundles, *, waits: bool) -> None:
        """Read nothing yet; `waits`: what is asked for is fetched at once, else in the background.

        All methods also raise `CatalogError` where the catalogue cannot be read.
        """
        super().__init__(bundles.folder)
        self.bundles = bundles
        self._waits = waits

    def publish(self, drawing: Drawing, version: str, columns: int, ids: Sequence[int]) -> None:
        """Have all machines fetch a drawn map, then show it."""
        folder = self._put(drawing, version, columns, ids)
        turn = self.bundles.registry.take_turn(1)
        self.bundles.share(turn, folder, int(version, 16))

    def clear(self) -> None:
        """Forget all maps, on all machines."""
        registry = self.bundles.registry
        registry.clear(registry.take_turn(1))
        self._clear_unfinished()
        self._drop_all_but(())

    def _published(self) -> list[str]:
        served = self.bundles.registry.read().served
        if not served:
            raise nothing_drawn()
        if self._waits:
            self.bundles.fetch(served[0])
        here = [self.bundles.path_of(one).name for one in served if self.bundles.is_here(one)]
        if not here:
            raise MapNotReady("this machine fetches the map, which another drew: it comes soon")
        return here
