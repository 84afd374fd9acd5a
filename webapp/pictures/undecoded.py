"""A picture whose header was read, and whose pixels were not."""

from dataclasses import dataclass

from PIL import Image

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded:
    """What a file says of its picture.

    image: decodes its pixels when it is loaded. profile: the ICC profile of its colours, if any.
    canvas, frame: of a first frame that covers a part of its canvas; nothing is drawn around it.
    bits: of deep samples of whole numbers. second_bytes: the low bytes of colours of 16 bits, one
    of which is transparent. inverted: the largest value of deep samples is black; swapped: their
    bytes are in the wrong order. witness: the same picture with another ending, which looks the
    same if nothing is missing. as_is: browsers show the file itself as we show it.
    """

    image: Image.Image
    orientation: int = 1
    profile: bytes | None = None
    canvas: tuple[int, int] | None = None
    frame: Box | None = None
    inverted: bool = False
    bits: int = 16
    second_bytes: Image.Image | None = None
    swapped: bool = False
    witness: Image.Image | None = None
    as_is: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that the header declares, before anything is turned."""
        return self.canvas or self.image.size
