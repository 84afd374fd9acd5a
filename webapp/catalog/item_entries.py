"""What is to be written of an item, and of its further photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.models import Fingerprint


@dataclass(frozen=True, slots=True)
class PhotoEntry:
    """What is to be written of a further photo: its columns and its codes.

    `is_new`: it is another picture than the item had at its number. `fingerprint` is None where the
    stored codes are still right.
    """

    columns: Mapping[str, object]
    fingerprint: Fingerprint | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written of one item.

    `item_id` is None for a new item. `columns` are the columns of `items` to write; in an existing
    item the others stay. `fingerprint` is of its first photo; None where the stored codes are still
    right. `versions` are the library versions that made the codes, by kind. `further` are all its
    further photos; None where these stay as they are. `seen` is the content of its first photo when
    the entry was made: if it has another by now, or is gone, that change is newer and stays.
    """

    item_id: int | None
    columns: Mapping[str, object]
    fingerprint: Fingerprint | None
    versions: Mapping[str, str]
    further: Sequence[PhotoEntry] | None = None
    seen: str | None = None

    @property
    def fingerprints(self) -> Mapping[int, Fingerprint]:
        """The codes to write, by the number of the photo that they are of."""
        found = {number: one.fingerprint for number, one in enumerate(self.further or (), 2)}
        return {n: codes for n, codes in ({1: self.fingerprint} | found).items() if codes}
