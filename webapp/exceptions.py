"""Every error that Hashbag raises on purpose, each with a sentence a person can act on.

All of them can be pickled: a worker process raises them too.
"""


class HashbagError(Exception):
    """Root of all errors raised on purpose."""


class ConfigError(HashbagError):
    """A setting has a value that cannot be used."""


class BadParameter(HashbagError):
    """A request's parameter has a value that cannot be used; `name` says which."""

    def __init__(self, name: str, reason: str) -> None:
        # Pickling makes the error again from exactly these arguments.
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class ItemNotFound(HashbagError):
    """No item has this id."""


class UnreadableImage(HashbagError):
    """A picture cannot be used; the subclasses say why."""


class NotAnImage(UnreadableImage):
    """The content is in no image format that we read."""


class DamagedImage(UnreadableImage):
    """The content starts like an image, but cannot be decoded."""


class TooPlain(UnreadableImage):
    """The picture shows nothing that could be compared."""


class TooManyPixels(UnreadableImage):
    """The picture's header declares more pixels than the limit."""


class ImportListError(HashbagError):
    """An import list cannot be read at all."""


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
    """There is no map, or it lacks the part that was asked for."""


class NothingDrawn(MapNotReady):
    """No map was drawn yet."""


class MapNotDrawn(HashbagError):
    """The map cannot be drawn; the catalogue and its index are not affected."""


def reason_of(error: Exception) -> str:
    """Return what an error says, without the path of the file: visitors may read it."""
    if isinstance(error, OSError) and error.filename is not None:
        return str(error.strerror)
    return str(error)
