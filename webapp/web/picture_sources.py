"""Photos and fingerprints as templates show them."""

from webapp.explain import code_drawing
from webapp.hashing.kinds import KINDS
from webapp.models import Fingerprint, Pictured
from webapp.pictures.thumbnails import DISPLAY_SIZE, original_fits_page, scaled, sizes_of
from webapp.web.links import media


class PictureSources:
    """The addresses of a photo for an `img` element; of an item, of its first photo."""

    def __init__(self, item: Pictured) -> None:
        self._item = item
        self._sizes = sizes_of(item.width, item.height, item.media_type)
        self._thumbs = media("media.thumb", item)

    @property
    def src(self) -> str:
        """The smallest copy that is fit for a card on most screens."""
        return self._thumb(self._sizes[min(1, len(self._sizes) - 1)])

    @property
    def card_srcset(self) -> str:
        """The copies that a card may need."""
        return ", ".join(self._candidates(below=DISPLAY_SIZE))

    @property
    def large_srcset(self) -> str:
        """All copies, and the original where it is fit for a page."""
        item = self._item
        candidates = self._candidates(below=DISPLAY_SIZE + 1)
        if original_fits_page(item.width, item.height, item.media_type):
            candidates.append(f"{self.original} {item.width}w")
        return ", ".join(dict.fromkeys(candidates))

    @property
    def original(self) -> str:
        """The photo as it was imported."""
        return media("media.image", self._item)

    def _candidates(self, below: int) -> list[str]:
        item = self._item
        return [
            f"{self._thumb(size)} {scaled(item.width, item.height, size)[0]}w"
            for size in self._sizes
            if size < below
        ]

    def _thumb(self, size: int) -> str:
        return f"{self._thumbs}&w={size}"


def code_drawing_of(fingerprint: Fingerprint, kind: str) -> code_drawing.CodeDrawing | None:
    """Draw one code of a fingerprint, if it has it."""
    return code_drawing.draw_code(KINDS[kind], fingerprint[kind]) if kind in fingerprint else None
