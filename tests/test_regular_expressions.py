"""No regular expression takes long for what anybody may send."""

import ast
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from re import _constants, _parser
from typing import Any

import pytest

import webapp

CALLS = frozenset(
    {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
)
# Programs that measure and draw for whoever runs them read no stranger's words.
LEFT_OUT = (
    *("webapp.lab", "webapp.serving", "webapp.cage.serving", "webapp.catalog.migrations"),
    "webapp.__main__",
)
LENGTHS = (30, 500, 8_000)
MOST_SECONDS = 0.2
"""Of processor time; in linear time the longest takes a millisecond."""


SOURCES = {
    info.name: Path(str(importlib.import_module(info.name).__file__)).read_text("utf-8")
    for info in pkgutil.walk_packages(webapp.__path__, "webapp.")
    if not info.name.startswith(LEFT_OUT)
}


def uses() -> Iterator[tuple[str, str, re.Pattern[Any]]]:
    """Find where, how and which: those that modules name, and those that calls are given."""
    for name, source in SOURCES.items():
        for variable, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern) and f"{variable} = re.compile" in source:
                methods = set(re.findall(rf"\b{variable}\.(\w+)\(", source)) & CALLS
                for method in sorted(methods) or ("search", "fullmatch"):
                    yield f"{name}.{variable}", method, value
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).startswith("re.")
                and node.func.attr in CALLS - {"compile"}  # type: ignore[attr-defined]
                and isinstance(node.args[0], ast.Constant)
            ):
                method = ast.unparse(node.func).removeprefix("re.")
                yield f"{name}:{node.lineno}", method, re.compile(node.args[0].value)


USES = {f"{where} {method}": (method, pattern) for where, method, pattern in uses()}


CATEGORIES = {
    _constants.CATEGORY_DIGIT: "7",
    _constants.CATEGORY_SPACE: " ",
    _constants.CATEGORY_WORD: "w",
}


def letters(parsed: Any) -> Iterator[str]:
    """List characters that a pattern speaks of: what it can go on with, and what it stops at."""
    for operator, argument in parsed:
        if operator in {_constants.LITERAL, _constants.NOT_LITERAL} and argument < 256:
            yield chr(argument)
        elif operator is _constants.RANGE:
            yield chr(argument[0])
        elif operator is _constants.CATEGORY:
            yield CATEGORIES.get(argument, "-")
        elif operator is _constants.IN:
            yield from letters(argument)
        else:
            yield from itertools.chain(*map(letters, inside(argument)))


def inside(argument: Any) -> Iterator[Any]:
    """Find the patterns within a repetition, a group or a choice."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, list | tuple):
        yield from itertools.chain(*map(inside, argument))


def hostile(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """Write long texts of what the pattern repeats, that it cannot take in the end."""
    spoken = list(
        dict.fromkeys([*letters(_parser.parse(pattern.pattern, pattern.flags)), "a", " "])
    )
    units = [*spoken[:14], *map("".join, itertools.permutations(spoken[:5], 2))]
    for unit in units:
        for before, after in (("", "\0"), (spoken[0], ""), (spoken[0], "\0" + spoken[-1])):
            text = before + unit * (length // len(unit)) + after
            yield text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text


def test_they_were_found() -> None:
    assert len(USES) > 50


@pytest.mark.parametrize("use", USES)
def test_it_takes_no_long_for_long_texts(use: str) -> None:
    method, pattern = USES[use]
    for length in LENGTHS:
        for text in hostile(pattern, length):
            began = time.thread_time()
            if method == "sub":
                pattern.sub(text[:0], text)
            else:
                getattr(pattern, method)(text)
            assert time.thread_time() - began < MOST_SECONDS, (length, text[:60])
