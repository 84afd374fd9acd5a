"""From the bytes of a picture to its upright pixels and its fingerprint.

No other module decodes a picture. The functions know no request, file or database. Their arguments,
results and errors can be pickled, so the same call works in another process.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from PIL import Image

from webapp.exceptions import TooPlain
from webapp.hashing import bag_sense, learned
from webapp.hashing.bag_finder import WHOLE, Frame
from webapp.hashing.code_packing import pack
from webapp.hashing.hash_kind import Attention, Bits, HashKind, MeasuresAttention
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.models import Code, Fingerprint, ItemPhoto
from webapp.pictures.opening import DEFAULT_MAX_PIXELS, Picture, open_picture


@dataclass(frozen=True, slots=True)
class Crop:
    """A region of a picture, in fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """The bytes of a picture's file, the most pixels it may have, and the region to look at."""

    data: bytes
    max_pixels: int = DEFAULT_MAX_PIXELS
    crop: Crop | None = None

    @classmethod
    def of_item(cls, photo: ItemPhoto, data: bytes) -> Self:
        """Return an item's photo; its pixels may be as many as when it was imported."""
        return cls(data, max(DEFAULT_MAX_PIXELS, photo.width * photo.height))


@dataclass(frozen=True, slots=True)
class HashedUpload:
    """What is kept of an upload: its fingerprint, and where bags were found in it.

    `frames`: in fractions of the whole picture, cropped or not; the largest first. None before a
    plain background.
    """

    fingerprint: Fingerprint
    frames: tuple[Frame, ...]


def decode(encoded: EncodedPicture) -> Picture:
    """Return the picture, upright and cropped.

    Raises:
        UnreadableImage: it cannot be decoded, or has too many pixels.
    """
    picture = open_picture(encoded.data, encoded.max_pixels)
    crop = encoded.crop
    return picture.cropped(crop.x, crop.y, crop.width, crop.height) if crop else picture


def hash_item(
    encoded: EncodedPicture, kinds: Collection[str] = KINDS.keys()
) -> tuple[Picture, Fingerprint]:
    """Return an item's picture, and its codes of the kinds named.

    Raises:
        UnreadableImage: it cannot be decoded, or has too many pixels.
        LearnedUnusable: the learned kind's network is not right.
    """
    picture = decode(encoded)
    return picture, fingerprint(picture.image, kinds)


def hash_query(encoded: EncodedPicture) -> Fingerprint:
    """Return the fingerprint to search with; raises as `hash_upload` does."""
    return hash_upload(encoded).fingerprint


def hash_upload(encoded: EncodedPicture) -> HashedUpload:
    """Return what to search with: all kinds, with the readings for trying harder.

    Raises:
        UnreadableImage: it cannot be decoded, has too many pixels, or is too plain.
        LearnedUnusable: the learned kind's network is not right.
    """
    features, crop = PictureFeatures(decode(encoded).image), encoded.crop
    fingerprint = _query_fingerprint(features)
    looked_at = Frame(crop.x, crop.y, crop.width, crop.height) if crop else WHOLE
    return HashedUpload(fingerprint, tuple(one.inside(looked_at) for one in features.frames))


def find_attention(
    encoded: EncodedPicture, measure: MeasuresAttention, own: Bits, compared: Bits
) -> Attention:
    """Return which parts of a picture decide its code, by a kind's own measure.

    `own`: its code, of one of its views; `compared`: the code of another picture; both (bits,).

    Raises:
        UnreadableImage: it cannot be decoded, or has too many pixels.
        LearnedUnusable: the learned kind's network is not right.
    """
    return measure(decode(encoded).image, own, compared)


def fingerprint(image: Image.Image, kinds: Collection[str] = KINDS.keys()) -> Fingerprint:
    """Compute an item's codes from an upright RGB picture."""
    features = PictureFeatures(image)
    return {name: pack(KINDS[name].compute(features)) for name in kinds}


def query_fingerprint(image: Image.Image) -> Fingerprint:
    """Compute a query's codes from an upright RGB picture.

    Raises:
        TooPlain: the picture shows nothing that could be told apart.
    """
    return _query_fingerprint(PictureFeatures(image))


def _query_fingerprint(features: PictureFeatures) -> Fingerprint:
    if features.prepared.too_plain:
        raise TooPlain(
            "this picture is one plain colour, or nearly: there is nothing in it to compare"
        )
    codes = {name: query_code(kind, features) for name, kind in KINDS.items()}
    if learned.is_installed():
        codes[bag_sense.NAME] = bag_sense.as_code(
            bag_sense.shipped().log_odds((features.profile, features.bag_profile))
        )
    return codes


def query_code(kind: HashKind, features: PictureFeatures) -> Code:
    """Compute a query's code of one kind, with the readings for trying harder if it has any."""
    tries = kind.tries_harder
    return pack((tries.query_codes if tries else kind.compute)(features))
