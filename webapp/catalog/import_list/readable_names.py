"""Names of files as text that can always be printed, stored and written to a report."""

import re

# Half characters: Python puts bytes that are not UTF-8 at U+DC80 to U+DCFF. Control characters
# would break a line of a report, or change the terminal.
_UNPRINTABLE = re.compile("[\ud800-\udfff\x00-\x1f\x7f-\x9f]")


def readable(name: object) -> str:
    r"""Write a name so that it can be read, each byte that is not UTF-8 as `\xff`."""
    return _UNPRINTABLE.sub(_escaped, str(name))


def is_unicode(text: str) -> bool:
    """Say whether every database can store a text: half characters cannot be, nor zero bytes."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
