"""Thresholds and weights that were found, as the files that a version ships."""

import math
import textwrap
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from webapp.atomic_files import write_atomically
from webapp.hashing.bag_sense import BagSense
from webapp.search.levels import Threshold, Thresholds

_LEVELS_HEAD = """\
# How near is near: the thresholds of each ranking, in its own unit. See levels.py.
# Of each: the largest distance among 1,000 items, its factor for each tenfold, and, of the same
# picture, what it never exceeds, and what it does not where the colours are the same.
# Written by `hashbag evaluate --test levels --calibrate FOLDER`.
"""
_SENSE_HEAD = """\
# Whether a photo shows a bag: the weight of each channel of the learned network. See bag_sense.py.
# Written by `hashbag evaluate --test levels --calibrate FOLDER`.
"""


def write(folder: Path, thresholds: Mapping[str, Thresholds], sense: BagSense) -> None:
    """Write both files into a folder.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "levels.toml", levels_toml(thresholds).encode())
    write_atomically(folder / "bag_sense.toml", sense_toml(sense).encode())


def levels_toml(thresholds: Mapping[str, Thresholds]) -> str:
    """Write thresholds as TOML."""
    blocks = [_LEVELS_HEAD]
    for name, one in thresholds.items():
        lines = {
            "same_picture": _numbers(one.same_picture),
            "same_in_colour": one.same_in_colour,
            "close": _numbers(one.close),
            "same_look": _numbers(one.same_look),
        }
        told = (f"{part} = {value}\n" for part, value in lines.items() if value is not None)
        blocks.append(f'["{name}"]\n{"".join(told)}')
    return "\n".join(blocks)


def _numbers(threshold: Threshold) -> list[float]:
    return [number for number in astuple(threshold) if number < math.inf]


def sense_toml(sense: BagSense) -> str:
    """Write weights as TOML; a ten-thousandth more or less changes nothing."""
    numbers = ", ".join(f"{weight:.4f}" for weight in sense.weights.tolist())
    wrapped = textwrap.fill(numbers, 96, initial_indent="  ", subsequent_indent="  ")
    return f"{_SENSE_HEAD}bias = {sense.bias:.4f}\nweights = [\n{wrapped},\n]\n"
