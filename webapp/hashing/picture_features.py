"""One picture as all kinds see it: what several of them need is made once."""

from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from webapp.hashing.grey import Grey
from webapp.hashing.learned import session
from webapp.hashing.learned.network import Floats
from webapp.hashing.preparation import Prepared, prepare


@dataclass(frozen=True)
class PictureFeatures:
    """An upright RGB picture, and what was found in it."""

    image: Image.Image

    @cached_property
    def prepared(self) -> Prepared:
        """The small copy and where in it the object is."""
        return prepare(self.image)

    @cached_property
    def profile(self) -> Floats:
        """What the network makes of it, (320 channels, 7 rows); wants the extra `learned`."""
        return session.profile(session.seen(self.image))

    @cached_property
    def grey(self) -> Grey:
        """The picture in grey, and small copies of that."""
        return Grey(self.image)
