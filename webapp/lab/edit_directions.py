"""How the directions of edits were learned: from edits of drawn bags, which no test asks with.

`python -m webapp.lab.edit_directions` draws and hashes some minutes, and writes the file anew. The
bits of the learned kind change with it: its revision and its tag must grow.
"""

import io

import numpy as np
from numpy.typing import NDArray

from webapp.atomic_files import write_atomically
from webapp.hashing.learned import edit_directions, session
from webapp.hashing.learned.codes import weighted
from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.lab.evaluation.edits import EDITS, IDENTITY, edited
from webapp.processes import available_cores, in_order

BAGS = 240
_SEED = 4242  # the demo's own is another


def learn(bags: int = BAGS, *, jobs: int = 1) -> NDArray[np.float16]:
    """Return the directions, (32, 2240), from all edits of so many drawn bags.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    drawn = list(enumerate(plan(bags, _SEED)))
    of_bags = [movements for _, movements in in_order(_movements, drawn, jobs)]
    return edit_directions.learned(np.concatenate(of_bags))


def _movements(numbered: tuple[int, DrawnBag]) -> NDArray[np.float64]:
    """Return how each edit of a bag's picture moves the network's output, (edits, 2240)."""
    number, bag = numbered
    picture = draw(bag)
    before = weighted(session.profile(session.seen(picture)))
    return np.stack(
        [
            weighted(session.profile(session.seen(edited(picture, edit, _SEED, number)))) - before
            for edit in EDITS
            if edit != IDENTITY
        ]
    )


def main() -> None:
    """Write the file anew."""
    buffer = io.BytesIO()
    np.save(buffer, learn(jobs=available_cores()))
    write_atomically(edit_directions.FILE, buffer.getvalue())


if __name__ == "__main__":
    main()
