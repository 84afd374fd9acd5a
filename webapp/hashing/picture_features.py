"""What several hash kinds need of one picture, computed once, when it is first needed."""

from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from webapp.hashing import bag_finder
from webapp.hashing.bag_finder import Frame
from webapp.hashing.grey import Grey
from webapp.hashing.learned import session
from webapp.hashing.learned.network import Floats
from webapp.hashing.preparation import Prepared, prepare, with_bag


@dataclass(frozen=True)
class PictureFeatures:
    """An upright RGB picture and its features."""

    image: Image.Image

    @cached_property
    def prepared(self) -> Prepared:
        """Its small copy, and where in it the object is.

        Raises:
            LearnedUnusable: the weights or the runtime are not right.
        """
        return with_bag(self._prepared, self.frames[0]) if self.frames else self._prepared

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Where the bags are, largest first; none before a plain background, or where nothing is.

        None either without the extra `learned`.

        Raises:
            LearnedUnusable: the weights or the runtime are not right.
        """
        shows_all = self._prepared.plain_background or self._prepared.too_plain
        if shows_all or not bag_finder.is_installed():
            return ()
        return bag_finder.find_bags(self.image)

    @cached_property
    def _prepared(self) -> Prepared:
        return prepare(self.image)

    @cached_property
    def profile(self) -> Floats:
        """The learned network's output, (320 channels, 7 rows); needs the extra `learned`.

        Raises:
            LearnedUnusable: the weights or the runtime are not right.
        """
        return session.profile(session.seen(self.image))

    @cached_property
    def bag_profile(self) -> Floats:
        """The same of the largest bag alone; of the whole picture where none is to be cut out.

        Raises:
            LearnedUnusable: the weights or the runtime are not right.
        """
        if not self.frames:
            return self.profile
        box = self.frames[0].box(*self.image.size)
        return session.profile(session.seen(self.image.crop(box)))

    @cached_property
    def grey(self) -> Grey:
        """The picture in grey, which makes small copies of itself."""
        return Grey(self.image)
