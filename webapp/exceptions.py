"""Every error that Hashbag raises on purpose, each with a sentence a person can act on."""


class HashbagError(Exception):
    """Root of all errors raised on purpose."""


class ConfigError(HashbagError):
    """A setting has a value that cannot be used."""


class BadParameter(HashbagError):
    """A request's parameter has a value that cannot be used."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


class ItemNotFound(HashbagError):
    """No item has this id."""


class UnreadableImage(HashbagError):
    """A picture cannot be read; its subclasses say why."""


class NotAnImage(UnreadableImage):
    """The content is of no image format that we read."""


class DamagedImage(UnreadableImage):
    """The content starts like an image, but does not decode."""


class TooPlain(UnreadableImage):
    """The picture shows nothing that could be told apart."""


class TooManyPixels(UnreadableImage):
    """The picture's header declares more pixels than the limit."""


class ImportListError(HashbagError):
    """A manifest as a whole cannot be read."""


class CatalogError(HashbagError):
    """The catalogue's database cannot be opened or written."""


class CatalogBusy(HashbagError):
    """Another process is changing this catalogue."""


class IndexNotReady(HashbagError):
    """There is no generation that can be served."""


class NothingPublished(IndexNotReady):
    """No generation was published yet."""


class IndexDamaged(IndexNotReady):
    """A generation's files are not what its manifest says."""


class LearnedUnusable(HashbagError):
    """The learned kind's network cannot be used: its weights or its runtime are not right."""


class MapNotReady(HashbagError):
    """There is no map, or not this part of it."""


class NothingDrawn(MapNotReady):
    """No map was drawn yet."""


class MapNotDrawn(HashbagError):
    """The map cannot be drawn; the catalogue and its index are as they should be."""
