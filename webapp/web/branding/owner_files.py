"""Files of the owner's that pages show: a logo and the words of the footer, read at the start."""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from webapp.exceptions import ConfigError

_MOST_LOGO_BYTES = 512 * 1024
_MOST_LOGO_SIDE = 4096
_MOST_FOOTER_BYTES = 16 * 1024
_SVG = "image/svg+xml"
_SVG_BEGINS = re.compile(rb"(?>\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*<svg[\s>]", re.DOTALL)
_RASTER = ("PNG", "WEBP", "JPEG")
# "Imprint: https://bags.example/imprint" is a link of that name.
_NAMED_LINK = re.compile(r"(?P<words>[^:<>]{1,60}):\s+(?P<url>https?://\S+)")


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo: its file, and its size in pixels where it is no drawing."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None

    @property
    def version(self) -> str:
        """Name its content, for its address."""
        return hashlib.sha256(self.data).hexdigest()[:12]

    @property
    def is_drawing(self) -> bool:
        """Whether it is SVG, which has no pixels that icons could be made of."""
        return self.media_type == _SVG


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the footer; with an address it is a link of these words."""

    words: str
    url: str = ""


def read_logo(path: Path) -> Logo:
    """Read a logo: SVG, PNG, WebP or JPEG.

    Raises:
        ConfigError: it cannot be read, is none of these, or is far larger than a logo needs to be.
    """
    data = _read(path, "HASHBAG_LOGO", _MOST_LOGO_BYTES)
    if _SVG_BEGINS.match(data.removeprefix(b"\xef\xbb\xbf")):
        return Logo(data, _SVG)
    try:
        with Image.open(io.BytesIO(data), formats=_RASTER) as picture:
            width, height = picture.size
            if max(width, height) <= _MOST_LOGO_SIDE:
                picture.load()
            media_type = Image.MIME[str(picture.format)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ConfigError(
            f"HASHBAG_LOGO: {path} is no picture that can be read; it may be SVG, PNG, WebP or JPEG"
        ) from error
    if max(width, height) > _MOST_LOGO_SIDE:
        raise ConfigError(
            f"HASHBAG_LOGO: {path} is {width} x {height} pixels; {_MOST_LOGO_SIDE} a side are "
            "the most"
        )
    return Logo(data, media_type, width, height)


def read_footer(path: Path) -> tuple[tuple[Line, ...], ...]:
    """Read the words of the footer as paragraphs of lines; nothing in them is markup.

    Raises:
        ConfigError: the file cannot be read, is no UTF-8 text, or is too long for a footer.
    """
    data = _read(path, "HASHBAG_FOOTER", _MOST_FOOTER_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"HASHBAG_FOOTER: {path} is no text in UTF-8") from error
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return tuple(tuple(map(_line, block.splitlines())) for block in blocks if block.strip())


def _line(text: str) -> Line:
    named = _NAMED_LINK.fullmatch(text.strip())
    return Line(named["words"].strip(), named["url"]) if named else Line(text.strip())


def _read(path: Path, setting: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{setting}: {path} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise ConfigError(f"{setting}: {path} is larger than {most // 1024} kB")
    return data
