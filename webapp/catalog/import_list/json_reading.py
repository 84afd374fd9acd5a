"""JSON read as a stream: an object on each line, or an array of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from webapp.catalog.import_list.readable_names import readable
from webapp.catalog.import_list.text_encoding import Encoding, opened
from webapp.exceptions import ImportListError

_CHUNK_CHARACTERS = 1 << 16
_BETWEEN = re.compile(r"[\s,]*")


def line_values(source: Path, encoding: Encoding) -> Iterator[tuple[int, object]]:
    """Yield line numbers and values; a line that is not JSON yields the error that tells why."""
    with opened(source, encoding, "\n") as file:  # other ends are legal inside a text
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, _parsed(line)


def array_values(source: Path, encoding: Encoding) -> Iterator[tuple[int, object]]:
    """Yield the values of an array with the lines they begin on, one at a time in memory.

    Raises:
        ImportListError: it is not JSON from some line on.
    """
    with opened(source, encoding) as file:
        window = _Window(file, readable(source))
        while value := window.next_value():
            yield value


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        return error
    except RecursionError:
        return ValueError("nested too deeply")


class _Window:
    """The part of a JSON array that is in memory; `line` is where its unread part begins."""

    def __init__(self, file: TextIO, name: str) -> None:
        self._file = file
        self._name = name
        self._text = file.read(_CHUNK_CHARACTERS)
        self._line = 1
        self._at = 0
        self._go_to(self._text.index("[") + 1)

    def next_value(self) -> tuple[int, object] | None:
        """Return the next value and the line it begins on; None after the last."""
        self._go_to_value()
        if self._text.startswith("]", self._at):
            self._expect_the_end()
            return None
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self._not_json("nested too deeply") from error
            except ValueError as error:
                if not self._grows():
                    raise self._not_json(getattr(error, "msg", str(error))) from error
                continue
            if end < len(self._text) or not self._grows():  # else a number may go on
                line = self._line
                self._go_to(end)
                return line, value

    def _go_to_value(self) -> None:
        while True:
            between = _BETWEEN.match(self._text, self._at)
            self._go_to(between.end() if between else self._at)
            if self._at < len(self._text) or not self._grows():
                return

    def _expect_the_end(self) -> None:
        self._go_to(self._at + 1)
        self._go_to_value()
        if self._at < len(self._text):
            raise self._not_json("something follows the end of the array")

    def _go_to(self, end: int) -> None:
        self._line += self._text.count("\n", self._at, end)
        self._at = end

    def _grows(self) -> bool:
        """Read on, twice as much each time that a value is not whole; False at the end."""
        more = self._file.read(max(_CHUNK_CHARACTERS, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)

    def _not_json(self, reason: str) -> ImportListError:
        return ImportListError(f"{self._name}: line {self._line} is not JSON: {reason}")
