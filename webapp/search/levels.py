"""How near a hit is, in words: calibrated by photos that were asked of a catalogue.

A *level* is `same picture`, `same look` or `unlike`. Each ranking has three thresholds, distances
up to which a hit is

- the same picture: of photos of what is not in the catalogue, fewer than one in a thousand come so
  near to anything in it;
- close: of photos of other things, clothes, shoes, faces, one in twenty comes so near to a bag;
- of the same look: of photos of other bags, nineteen in twenty come so near to one.

What is close has the same look too. Where the photo seems to show no bag, only what is close does.

The nearest of N unrelated items gets nearer as N grows: it lies about where one in N pairs of
unrelated pictures does. Pairs within a distance d are as many as a power of d, so with tenfold as
many items the nearest is nearer by the same factor each time. A threshold is therefore kept as its
value among 1,000 items, and its factor for each tenfold. Both are fitted to catalogues of 30 to
some thousands, drawn from one; up to a million they are carried on, and beyond, or below 30, they
stay. One thing does not depend on N: shops have one model in several colours, photographed alike.
So what is the same picture also has a limit that stays, beyond which such pairs would be taken
for it; a wider one where the colours are the same, as crops, frames and turns leave them.

`hashbag evaluate --test levels --calibrate FOLDER` measures and writes `levels.toml`.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from webapp.hashing.hash_kind import HashKind
from webapp.search.look import TWO_PART_LEANINGS
from webapp.search.result import Level

FEWEST, MOST = 30, 1_000_000
"""The sizes of catalogues between which thresholds move."""

SAME_COLOUR_BITS = 3
"""By how many bits of `colour` two photos may differ and still have the same colours."""

NAMED_AT = 1000
"""The size of a catalogue for which a threshold's value is written down."""

_FILE = Path(__file__).with_name("levels.toml")


@dataclass(frozen=True, slots=True)
class Threshold:
    """The largest distance, in a ranking's unit, that counts.

    `value`: among `NAMED_AT` items. `factor`: of each tenfold of items, 0 to 1. `most`: what it
    never exceeds.
    """

    value: float
    factor: float
    most: float = math.inf

    def among(self, items: int) -> float:
        """Return the threshold for a catalogue of so many items; below 0, nothing is as near."""
        size = min(MOST, max(FEWEST, items))
        return min(self.most, self.value * math.pow(self.factor, math.log10(size / NAMED_AT)))

    def mixed(self, other: "Threshold", part: float) -> "Threshold":
        """Return what lies between this and another, at `part` of the way, 0 to 1."""
        return Threshold(
            self.value + part * (other.value - self.value),
            self.factor + part * (other.factor - self.factor),
            min(self.most, other.most) if 0 < part < 1 else (other if part else self).most,
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of one ranking.

    `same_in_colour`: the limit of the same picture where the colours are the same; None if a
    ranking does not look at colours.
    """

    same_picture: Threshold
    close: Threshold
    same_look: Threshold
    same_in_colour: float | None = None

    def among(self, items: int) -> "Levels":
        """Return the levels in a catalogue of so many items."""
        same_look = self.same_look.among(items)
        same_picture = self.same_picture.among(items)
        in_colour = -1.0
        if self.same_in_colour is not None:
            in_colour = replace(self.same_picture, most=self.same_in_colour).among(items)
        return Levels(
            same_picture,
            max(same_picture, in_colour),
            min(self.close.among(items), same_look),
            same_look,
        )

    def mixed(self, other: "Thresholds", part: float) -> "Thresholds":
        """Return what lies between these and others, at `part` of the way, 0 to 1."""
        return Thresholds(
            self.same_picture.mixed(other.same_picture, part),
            self.close.mixed(other.close, part),
            self.same_look.mixed(other.same_look, part),
            (self if part < 0.5 else other).same_in_colour,
        )


@dataclass(frozen=True, slots=True)
class Levels:
    """The largest distances of each level, of one ranking in one catalogue."""

    same_picture: float
    same_in_colour: float
    close: float
    same_look: float

    def is_close(self, distance: float) -> bool:
        """Say whether hardly anything but a bag of this look comes so near."""
        return distance <= max(self.close, self.same_picture)

    def level(self, distance: float, *, bag: bool | None, same_colours: bool = False) -> Level:
        """Return the level of a hit; `bag`: whether the photo shows one, None if not known."""
        if distance <= (self.same_in_colour if same_colours else self.same_picture):
            return Level.SAME_PICTURE
        counts = self.is_close(distance) or (bag is not False and distance <= self.same_look)
        return Level.SAME_LOOK if counts else Level.UNLIKE


def name_of(ranking: str, *, harder: bool) -> str:
    """Return the name under which a ranking's thresholds are kept."""
    return f"{ranking} harder" if harder else ranking


def of_kind(kind: HashKind, *, harder: bool) -> Thresholds:
    """Return the thresholds of a kind."""
    return shipped()[name_of(kind.name, harder=harder and kind.tries_harder is not None)]


def of_leaning(name: str, *, harder: bool) -> Thresholds | None:
    """Return the thresholds of the look with the learned kind, by the name of its leaning.

    None where nothing was measured with it.
    """
    return shipped().get(name_of(f"look {name}", harder=harder))


TWO_PART_COLOURS = tuple(sorted(lean.two_part_colour for lean in TWO_PART_LEANINGS))
"""The shares of colour for which the look without the learned kind was measured."""


def of_two_parts(colour: float, *, harder: bool) -> Thresholds:
    """Return the thresholds of the look without the learned kind, by the share of colour, 0 to 1.

    Between the shares that were measured, they are mixed.
    """
    above = next(share for share in TWO_PART_COLOURS if share >= min(colour, 1.0))
    below = max((share for share in TWO_PART_COLOURS if share < above), default=above)
    one, other = (
        shipped()[name_of(two_part_name(share), harder=harder)] for share in (below, above)
    )
    return one.mixed(other, (colour - below) / (above - below) if above > below else 0.0)


def two_part_name(colour: float) -> str:
    """Return the name of the look without the learned kind at one of `TWO_PART_COLOURS`."""
    return f"look of two at {colour:g}"


@cache
def shipped() -> Mapping[str, Thresholds]:
    """Return the thresholds that this version comes with."""
    with _FILE.open("rb") as file:
        return {
            name: Thresholds(
                Threshold(*kept["same_picture"]),
                Threshold(*kept["close"]),
                Threshold(*kept["same_look"]),
                kept.get("same_in_colour"),
            )
            for name, kept in tomllib.load(file).items()
        }
