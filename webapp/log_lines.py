"""How lines of the log are written: for people or as JSON, each with the id of its request.

No line tells who a visitor is or what is searched for: no address, no query, no file's name.
"""

import json
import logging
import re
import time
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered in this context; empty outside of one."""

ROUTE = "hashbag.route"
"""In the environment of a request (WSGI): the pattern of its address, or `none`."""

ANSWERED = "answered"
"""The attribute of a record that is about an answered request: what is told of it."""

# What gunicorn says of a request that it cannot read, or that it failed at, has parts of it.
_INVALID = re.compile(r"Invalid request from ip=\S+: ([^'\"]*).*", re.DOTALL)
_FAILED = re.compile(r"(Error handling request [^\s?]*)\?\S*")


class Style(StrEnum):
    """The ways to write a line, as the setting HASHBAG_LOG names them."""

    LINES = "lines"
    JSON = "json"


def formatter(style: str) -> logging.Formatter:
    """Return what writes lines in a style."""
    return JsonLines() if style == Style.JSON else ReadableLines()


class ReadableLines(logging.Formatter):
    """Writes a line for people; what is wrong may take several, with its traceback."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(told)s")

    def formatTime(  # noqa: N802 - the name that logging calls
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Write when it was."""
        return _time(record, datefmt or "%Y-%m-%d %H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        answered: dict[str, Any] | None = getattr(record, ANSWERED, None)
        if answered is None:
            told = f"{_text(record)} {_named(request_id.get())}"
        else:
            words = ("method", "path" if answered["path"] else "route", "status", "milliseconds")
            said = " ".join(str(answered[word]) for word in words)
            told = f"{said} ms {_named(answered['request'])}"
        record.__dict__["told"] = told.rstrip()
        return super().format(record)


class JsonLines(logging.Formatter):
    """Writes one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        line: dict[str, Any] = {
            "time": _time(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "worker": record.process,
            "request": request_id.get(),
        }
        answered: dict[str, Any] | None = getattr(record, ANSWERED, None)
        line |= {"message": _text(record)} if answered is None else answered
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _time(record: logging.LogRecord, written: str) -> str:
    return time.strftime(written, time.localtime(record.created))


def _named(request: str) -> str:
    return f"[{request}]" if request else ""


def _text(record: logging.LogRecord) -> str:
    """Return what a record says, without what it may say of a visitor."""
    return _FAILED.sub(r"\1", _INVALID.sub(r"Invalid request: \1", record.getMessage()))
