"""Every error that Hashbag raises on purpose, each with a sentence a person can act on.

All of them can be pickled: a worker process raises them too.
"""

import errno
from typing import Self


class HashbagError(Exception):
    """Root of all errors raised on purpose.

    A visitor may read the sentence, so it holds no path of the server and no words of a driver.
    These are `private`: only the log and the command line show them.
    """

    def __init__(self, *args: object, private: object = "") -> None:
        super().__init__(*args)
        self.private = str(private)

    @property
    def for_owner(self) -> str:
        """The sentence, and what is private after it: for the log and the command line."""
        return f"{self} ({self.private})" if self.private else str(self)


_STORAGE_FAULTS = {
    errno.ENOSPC: "the disk is full: make room, then try again",
    errno.EDQUOT: "the disk is full: make room, then try again",
    errno.EFBIG: "a file is larger than it may be here: raise the limit, then try again",
    errno.EROFS: "the disk may only be read: let it be written, then try again",
    errno.EACCES: "a file or folder belongs to another user: let this one write it, then try again",
    errno.EPERM: "a file or folder belongs to another user: let this one write it, then try again",
    errno.EMFILE: "too many files are open: try again in some seconds",
    errno.ENFILE: "too many files are open: try again in some seconds",
    errno.EIO: "the disk fails: see what the system says of it",
}


class StorageUnusable(HashbagError):
    """A file cannot be written or opened, which is no fault of ours: the disk is full, say."""

    @classmethod
    def of(cls, error: OSError) -> Self | None:
        """Put what the system said into a sentence; None where it may be a fault of ours."""
        sentence = _STORAGE_FAULTS.get(error.errno or 0)
        return cls(sentence, private=error) if sentence else None


class StorageUnreachable(StorageUnusable):
    """The store of photos is on other machines, and does not answer or refuses."""


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


class TooManyBytes(UnreadableImage):
    """One of several pictures has more bytes than an upload may have."""


class TooManyPixels(UnreadableImage):
    """The picture's header declares more pixels than the limit."""


class ImportListError(HashbagError):
    """An import list cannot be read at all."""


class CatalogError(HashbagError):
    """The catalogue's database cannot be opened or written."""


class CatalogUnavailable(CatalogError):
    """The database is busy, damaged, gone or out of reach; it may be back in a moment."""


class NoCatalog(CatalogError):
    """There is no database where the settings say, or it has no catalogue in it."""


class CatalogTooNew(CatalogError):
    """A later version of Hashbag made the database's tables."""


class CatalogBusy(HashbagError):
    """Another process is changing this catalogue."""


class BackupError(HashbagError):
    """A backup cannot be made, or not be put back."""


class ChangedMeanwhile(HashbagError):
    """An item was changed since whoever wants to change it read it."""


class RequestDiffers(HashbagError):
    """A request has the key of another that said something else."""


class NotAllowed(HashbagError):
    """A request has a token that does not allow this, or nobody may do it here."""


class NotSignedIn(HashbagError):
    """A request has no token, or one that is not known."""


class TooManyRequests(HashbagError):
    """A client asked too often; it may come again in `seconds`."""

    def __init__(self, sentence: str, seconds: int) -> None:
        # Pickling makes the error again from exactly these arguments.
        super().__init__(sentence, seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return str(self.args[0])


class WrongMediaType(HashbagError):
    """A request's body is of a type that cannot be read here."""


class IndexNotReady(HashbagError):
    """There is no generation that can be served."""


class NothingPublished(IndexNotReady):
    """No generation was published yet."""


class IndexBeingFetched(IndexNotReady):
    """Another machine built the generation, and this one does not have it yet."""


class IndexDamaged(IndexNotReady):
    """A generation's files are not what its manifest says."""


class EngineUnavailable(HashbagError):
    """The engine that proposes candidates is out of reach; it may be back in a moment."""


class PicturesBusy(HashbagError):
    """No more pictures can be read at the moment."""


class BeingComputed(HashbagError):
    """An answer that takes long is computed for who came first, and is not to be waited for."""


class LearnedUnusable(HashbagError):
    """The learned kind's network cannot be used: its weights or its runtime are not right."""


class NetworkNotKept(LearnedUnusable):
    """The network's file cannot be written; the network itself can be used."""


class MapNotReady(HashbagError):
    """There is no map, or it lacks the part that was asked for."""


class NothingDrawn(MapNotReady):
    """No map was drawn yet."""


class MapNotDrawn(HashbagError):
    """The map cannot be drawn; the catalogue and its index are not affected."""
