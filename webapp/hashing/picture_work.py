"""Where strangers' pictures are read: in this process one at a time, or wherever a runner says."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from webapp.hashing.fingerprinting import (
    EncodedPicture,
    HashedUpload,
    hash_item,
    hash_upload,
)
from webapp.hashing.one_at_a_time import one_at_a_time
from webapp.models import Fingerprint
from webapp.pictures.thumbnails import copies_of


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """What is kept of a new photo of an item: its size, its type, its thumbnails and its codes.

    `copies`: the thumbnails as files in WebP, each with its size in pixels.
    """

    width: int
    height: int
    media_type: str
    copies: tuple[tuple[int, bytes], ...]
    fingerprint: Fingerprint


class Work(StrEnum):
    """What can be done with a picture."""

    UPLOAD = "upload"
    ITEM = "item"


class Runner(Protocol):
    """Does work on one picture; raises what the work raises."""

    def upload(self, encoded: EncodedPicture) -> HashedUpload:
        """Return what to search with."""

    def item(self, encoded: EncodedPicture) -> ReadPicture:
        """Return what is kept of an item's new photo."""

    def is_there(self) -> bool:
        """Say whether pictures can be read now, or soon."""


class Here:
    """Does the work in this process, one picture at a time."""

    def upload(self, encoded: EncodedPicture) -> HashedUpload:
        """Return what to search with."""
        return one_at_a_time(hash_upload, encoded)

    def item(self, encoded: EncodedPicture) -> ReadPicture:
        """Return what is kept of an item's new photo."""
        return one_at_a_time(_read_item, encoded)

    def is_there(self) -> bool:
        """Say that they can."""
        return True


def _read_item(encoded: EncodedPicture) -> ReadPicture:
    picture, fingerprint = hash_item(encoded)
    copies = tuple(copies_of(picture))
    return ReadPicture(picture.width, picture.height, picture.media_type, copies, fingerprint)


_here = Here()
_runner: ContextVar[Runner] = ContextVar("runner", default=_here)


def runner() -> Runner:
    """Return what reads pictures in this context."""
    return _runner.get()


def use(other: Runner) -> None:
    """Have pictures read elsewhere, by all that runs in this context."""
    _runner.set(other)
