"""Whether a photo shows a bag at all: one weighted sum over what the learned network makes of it.

The network's own classes know backpacks and purses, but no suitcase and no clutch, and take a third
of travel bags for something else. So its last map is weighed anew, by logistic regression on photos
of bags and of other things: `hashbag evaluate --test levels --calibrate` finds the weights. Needs
the extra `learned`.

The verdict travels in a query's fingerprint, beside the codes, as one byte: 128 + 8 times the log
odds that there is a bag. A fingerprint of an earlier version has none, and nothing is said then.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.learned.network import CHANNELS, Floats
from webapp.models import Code, Fingerprint

NAME, TAG = "bag", 200
"""Its name in a fingerprint, and its tag in a fingerprint's link; no hash kind may have them."""

_EVEN_ODDS, _STEPS = 128, 8

_FILE = Path(__file__).with_name("bag_sense.toml")


@dataclass(frozen=True, slots=True)
class BagSense:
    """The weights of the `CHANNELS` values of a summary, and the log odds where all are 0."""

    weights: NDArray[np.float64]
    bias: float

    def log_odds(self, profiles: Iterable[Floats]) -> float:
        """Return the log odds that one of these parts of a photo shows a bag."""
        return max(float(summary(one) @ self.weights) + self.bias for one in profiles)


def summary(profile: Floats) -> NDArray[np.float64]:
    """Return a network's output, (320 channels, 7 rows), without heights, of mean square 1."""
    means = profile.mean(axis=1, dtype=np.float64)
    length = float(np.linalg.norm(means)) or 1.0
    scaled: NDArray[np.float64] = means * (CHANNELS**0.5 / length)
    return scaled


@cache
def shipped() -> BagSense:
    """Return the weights that this version comes with."""
    with _FILE.open("rb") as file:
        kept = tomllib.load(file)
    return BagSense(np.array(kept["weights"], dtype=np.float64), float(kept["bias"]))


def as_code(log_odds: float) -> Code:
    """Write log odds as the byte that a fingerprint carries."""
    return bytes([max(0, min(255, round(_EVEN_ODDS + _STEPS * log_odds)))])


def fits(code: Code) -> bool:
    """Say whether this is what `as_code` writes."""
    return len(code) == 1


def shows_bag(fingerprint: Fingerprint) -> bool | None:
    """Return whether the photo of a fingerprint seems to show a bag; None where it does not say."""
    code = fingerprint.get(NAME)
    return None if code is None else code[0] >= _EVEN_ODDS
