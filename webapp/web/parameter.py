"""Parameters of requests: each reads itself, and says of itself in OpenAPI what it takes.

What is absent or blank has a default, because a form sends the fields too that nobody filled in.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from werkzeug.datastructures import MultiDict

from webapp.exceptions import BadParameter

T = TypeVar("T")

Args = MultiDict[str, str]
Json = dict[str, object]

# float() would take underscores, words and other scripts' digits too; programs write exponents.
_DECIMAL = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """A parameter by its name, what values it takes as a schema, and how these are read.

    `read` raises `BadParameter`, with the parameter's name, where a value cannot be used. `place`
    is where a request has it: query, which means a form's fields too where there is a form, or
    header. `explode`: several values are repeated, not parted by commas.
    """

    name: str
    schema: Json
    read: Callable[[Args], T]
    told: str = ""
    place: str = "query"
    required: bool = False
    explode: bool = True

    def described(self) -> Json:
        """Describe it in OpenAPI."""
        told = {"description": self.told} if self.told else {}
        required = {"required": True} if self.required else {}
        explode = {} if self.explode else {"explode": False}
        named: Json = {"name": self.name, "in": self.place}
        return {**named, **told, **required, **explode, "schema": self.schema}


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds."""

    name: str
    least: int
    most: int
    default: int | None = None
    told: str = ""

    def read(self, args: Args, default: int | None = None) -> int:
        """Read it; `default` is what it means here when it is left out."""
        fallback = self.default if default is None else default
        return integer(args, self.name, fallback or 0, self.least, self.most)

    def optional(self, args: Args) -> int | None:
        """Read it; None where it is left out."""
        return self.read(args) if args.get(self.name, "").strip() else None

    @property
    def schema(self) -> Json:
        """What values it takes."""
        bounds: Json = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return bounds if self.default is None else bounds | {"default": self.default}

    def described(self) -> Json:
        """Describe it in OpenAPI."""
        return Parameter(self.name, self.schema, self.read, self.told).described()


def integer(args: Args, name: str, default: int, least: int, most: int) -> int:
    """Read a whole number within bounds; absent or blank is the default."""
    text = args.get(name, "").strip()
    if not text:
        return default
    # int() would take signs, underscores and other scripts' digits too; `-5` gets the bounds.
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise BadParameter(name, f"'{text[:40]}' is not a whole number")
    if not least <= int(text) <= most:
        raise BadParameter(name, f"must be from {least} to {most}, not {text}")
    return int(text)


def one_of(args: Args, name: str, choices: Sequence[str]) -> str:
    """Read a choice; absent is the first."""
    value = args.get(name) or choices[0]
    if value not in choices:
        raise BadParameter(name, f"'{value[:40]}' is none of {', '.join(choices)}")
    return value


def number(args: Args, name: str, default: float, least: float, most: float) -> float:
    """Read a number within bounds; absent or blank is the default."""
    text = args.get(name, "").strip()
    if not text:
        return default
    found = decimal(text)
    if not least <= found <= most:
        raise BadParameter(name, f"must be a number from {least:g} to {most:g}, not {text[:40]}")
    return found


def decimal(text: str) -> float:
    """Read a number written with a decimal point; NaN where it is none."""
    return float(text) if _DECIMAL.fullmatch(text) else math.nan
