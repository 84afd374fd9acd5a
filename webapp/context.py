"""What one application holds: opened at first use, shared by its requests and commands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from webapp.answers import Answers, State
from webapp.catalog.importer import Importer
from webapp.catalog.reader import Catalog
from webapp.config import Settings
from webapp.exceptions import CatalogError, IndexNotReady, NothingPublished
from webapp.explore.duplicates import Duplicates
from webapp.explore.map.store import Maps
from webapp.index.engines.registry import engine_of
from webapp.index.facets import EMPTY, Facets, gather
from webapp.index.generation_store import GenerationStore
from webapp.maintenance.publishing import Publisher
from webapp.pictures.thumbnails import ThumbStore
from webapp.search.searcher import Searcher


@dataclass
class Hashbag:
    """The core of one application."""

    settings: Settings

    @cached_property
    def catalog(self) -> Catalog:
        """The items and codes."""
        return Catalog(self.settings.database_url, self.settings.instance)

    @cached_property
    def thumbs(self) -> ThumbStore:
        """The small copies."""
        return ThumbStore(self.settings.instance / "thumbs")

    @cached_property
    def generations(self) -> GenerationStore:
        """The published indexes."""
        return GenerationStore(self.settings.instance / "generations", engine_of(self.settings))

    @property
    def facets(self) -> Facets:
        """What the published items can be narrowed and sorted by; none while nothing is published.

        Where what is published cannot be opened, searches say so; looking around goes on, by the
        catalogue itself.
        """
        try:
            return self.generations.current().facets
        except NothingPublished:
            return EMPTY
        except IndexNotReady:
            return self._unindexed(self.catalog.revision)

    @cached_property
    def _unindexed(self) -> Callable[[int], Facets]:
        return lru_cache(maxsize=1)(lambda _: gather(self.catalog))

    @cached_property
    def maps(self) -> Maps:
        """The drawn maps of the catalogue."""
        return Maps(self.settings.instance / "maps")

    @cached_property
    def searcher(self) -> Searcher:
        """The search."""
        return Searcher(self.catalog, self.generations)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Groups of items that are nearly the same."""
        return Duplicates(self.catalog, self.generations)

    @cached_property
    def answers(self) -> Answers:
        """What was answered before."""
        return Answers(self.settings.answers_bytes)

    def state(self) -> State | None:
        """Return what answers are made of now; None where a view is to say why there is none."""
        try:
            return State(self.generations.current(), self.catalog.revision)
        except (IndexNotReady, CatalogError, SQLAlchemyError):
            return None

    @property
    def publisher(self) -> Publisher:
        """What makes changes visible."""
        return Publisher(
            self.catalog,
            self.importer,
            self.generations,
            self.thumbs,
            self.maps,
            draws_map=self.settings.draws_map,
        )

    @property
    def importer(self) -> Importer:
        """The way in."""
        return Importer(self.catalog, self.thumbs, self.settings.max_pixels)


def hashbag() -> Hashbag:
    """Return the core of the application that serves this request or command."""
    core: Hashbag = current_app.extensions["hashbag"]
    return core
