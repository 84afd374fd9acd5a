"""Pictures of every sort that browsers read, made by code, each with a name.

All are small; most are right, and some are as odd as files that people have.
"""

from collections.abc import Callable, Iterator, Mapping

from tests.browser_corpus import avif, bmp, gif, jpeg, png, webp

CORPUS: Mapping[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "png": png.samples,
    "jpeg": jpeg.samples,
    "webp": webp.samples,
    "gif": gif.samples,
    "bmp": bmp.samples,
    "avif": avif.samples,
}
"""For each format what makes its files: pairs of a name and the file."""
