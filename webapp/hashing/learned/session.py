"""The network, loaded in each process when it is first needed."""

import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned import forward, graph, weights
from webapp.hashing.learned.network import SIDE, Floats, blocks
from webapp.processes import children_environment

# The environment of a process that another one started says where the network's file is.
_FOLDER = "_HASHBAG_NETWORK"

# The largest difference of an output from a plain computation. Rounding makes some 1e-5.
_TOLERANCE = 1e-3

_one_at_a_time = threading.Lock()


def keep_in(instance: Path) -> None:
    """Keep the network's file in an instance folder, for all that runs in this context.

    Processes that are started from it keep it there too.
    """
    kept = {_FOLDER: str(instance / "network")}
    children_environment.set({**children_environment.get(), **kept})


def seen(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels that the network is shown: the whole picture, stretched to a square."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(small)


def profile(pixels: NDArray[np.uint8]) -> Floats:
    """Return the network's output, (320 channels, 7 rows), for pixels of shape (224, 224, 3).

    One picture at a time in each process. On one core batches are slower, and so a server needs
    the memory for one picture, however many are sent.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    folder = os.environ.get(_FOLDER) or children_environment.get().get(_FOLDER, "")
    with _one_at_a_time:
        (found,) = _session(folder).run([graph.OUTPUT], {graph.INPUT: pixels[None]})
    seen: Floats = found[0]
    return seen


@cache
def _session(folder: str) -> Any:
    """Load the network from its file in a folder; without a folder it is made in memory."""
    model, is_new = graph.stored(Path(folder)) if folder else (graph.made(), True)
    session = _opened(model)
    if is_new:
        _check(session)
    return session


def _opened(model: Path | bytes) -> Any:
    import onnxruntime  # noqa: PLC0415 - takes a fifth of a second, and not all commands need it

    options = onnxruntime.SessionOptions()
    # An import already runs one process on each core.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no other base class in common
        raise LearnedUnusable(
            "onnxruntime cannot load the network: install another version of it", private=error
        ) from error


def _check(session: Any) -> None:
    """Compare one output with a plain computation, once for each file that is made.

    Raises:
        LearnedUnusable: this version of onnxruntime computes something else.
    """
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    (found,) = session.run([graph.OUTPUT], {graph.INPUT: noise[None]})
    wanted = forward.profile(blocks(weights.load()), noise)
    worst = float(np.abs(found[0] - wanted).max())
    if not worst < _TOLERANCE:
        raise LearnedUnusable(
            f"onnxruntime differs from a plain computation by {worst:.2g}: install another version"
        )
