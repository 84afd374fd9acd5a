"""What several hash kinds need of one picture, computed once, when it is first needed."""

from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from webapp.hashing.grey import Grey
from webapp.hashing.learned import session
from webapp.hashing.learned.network import Floats
from webapp.hashing.preparation import Prepared, prepare


@dataclass(frozen=True)
class PictureFeatures:
    """An upright RGB picture and its features."""

    image: Image.Image

    @cached_property
    def prepared(self) -> Prepared:
        """Its small copy, and where in it the object is."""
        return prepare(self.image)

    @cached_property
    def profile(self) -> Floats:
        """The learned network's output, (320 channels, 7 rows); needs the extra `learned`.

        Raises:
            LearnedUnusable: the weights or the runtime are not right.
        """
        return session.profile(session.seen(self.image))

    @cached_property
    def grey(self) -> Grey:
        """The picture in grey, which makes small copies of itself."""
        return Grey(self.image)
