"""Animations and pages by the thousand."""

from collections.abc import Iterator

from PIL import Image

from tests.browser_corpus import gif
from tests.hostile.png_chunks import chunk
from tests.pictures import bag, encoded


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files of very many frames, most of them of a few pixels."""
    tiny = [Image.new("P", (8, 8), n % 200) for n in range(3000)]
    yield "gif of 3,000 frames", encoded(tiny[0], "GIF", save_all=True, append_images=tiny[1:])
    one = encoded(bag(1), "GIF")
    frame = one[one.index(b"\x2c") : -1]
    yield "gif of 20,000 equal frames", one[:-1] + frame * (2_000_000 // len(frame)) + b"\x3b"
    yield (
        "gif of 200,000 notes before its frame",
        (gif.start(4) + b"\x21\xfe\x01a\0" * 200_000 + one[13 + 3 * 16 :]),
    )
    yield "gif of frames without a picture", gif.start(4) + gif.control() * 100_000 + b"\x3b"
    few = [bag(n, (40, 30)) for n in range(300)]
    for format_ in ("WEBP", "TIFF", "PNG"):
        data = encoded(few[0], format_, save_all=True, append_images=few[1:])
        yield f"{format_} of 300 frames", data
    pages = encoded(few[0], "TIFF")
    yield "tiff whose next page is itself", pages[:-4] + pages[4:8]
    moving = encoded(few[0], "PNG", save_all=True, append_images=few[1:3])
    counted = chunk(b"acTL", b"\x7f\xff\xff\xff" * 2)
    at = moving.index(b"acTL") - 4
    yield "png that says it has two billion frames", moving[:at] + counted + moving[at + 20 :]
