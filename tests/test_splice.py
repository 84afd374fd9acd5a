"""Changed entries among many that did not change: all stand where they belong."""

import numpy as np
import pytest

from webapp.index.overlay import splice
from webapp.index.overlay.splice import Splice


@pytest.mark.parametrize("few", [True, False], ids=["few changes", "many changes"])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_merged_is_what_is_left_and_what_is_new_in_order(
    seed: int, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splice, "_FEW_CHANGES", 10**6 if few else -1)
    chance = np.random.default_rng(seed)
    frozen = np.unique(chance.integers(1, 60, chance.integers(0, 40))).astype(np.int64)
    changed = np.unique(chance.integers(1, 70, chance.integers(0, 9))).astype(np.int64)
    present = changed[chance.random(len(changed)) < chance.choice([0, 0.5, 1])]
    gone = np.flatnonzero(np.isin(frozen, changed))
    made = Splice.at(len(frozen), gone, frozen.searchsorted(present))

    wanted = sorted({*frozen.tolist()} - {*changed.tolist()} | {*present.tolist()})
    assert made.count == len(wanted)
    assert made.merged(frozen, present).tolist() == wanted
    # And what is said of each comes along.
    assert made.merged(-frozen, -present).tolist() == [-one for one in wanted]

    stay = [place for place in range(len(frozen)) if place not in gone]
    places = made.merged_places()
    moved = places if places is not None else np.arange(len(frozen))
    assert [wanted[moved[place]] for place in stay] == frozen[stay].tolist()
