"""The network, ready to be asked: one for each process, loaded when it is first needed."""

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

# Processes that are started later, to import or to evaluate, find it by this.
_FOLDER = "_HASHBAG_NETWORK"

# Largest difference of a feature from the plain computation; rounding makes some 1e-5.
_ALIKE = 1e-3

_one_at_a_time = threading.Lock()


def keep_in(folder: Path) -> None:
    """Say where this process, and those that it starts, keep the network's file.

    Once said, it stays: all instances keep the same file.
    """
    os.environ.setdefault(_FOLDER, str(folder))


def seen(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels that the network is shown: the whole picture, stretched to a square."""
    small = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(small)


def profile(pixels: NDArray[np.uint8]) -> Floats:
    """Return what the network sees in a picture (224, 224, 3): (320 channels, 7 rows).

    One picture at a time in each process: on one core, batches are slower, and a server's memory
    stays what one picture needs, however many are sent.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    with _one_at_a_time:
        (found,) = _session().run([graph.OUTPUT], {graph.INPUT: pixels[None]})
    seen: Floats = found[0]
    return seen


@cache
def _session() -> Any:
    kept = os.environ.get(_FOLDER)
    model, is_new = graph.stored(Path(kept)) if kept else (graph.made(), True)
    session = _opened(model)
    if is_new:
        _check(session)
    return session


def _opened(model: Path | bytes) -> Any:
    import onnxruntime  # noqa: PLC0415 - takes a fifth of a second, and not all commands need it

    options = onnxruntime.SessionOptions()
    # An import runs a process on each core already.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common root but this
        raise LearnedUnusable(f"onnxruntime refuses the network: {error}") from error


def _check(session: Any) -> None:
    """Compare with the plain computation, once for each file that is made.

    Raises:
        LearnedUnusable: this onnxruntime computes something else.
    """
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    (found,) = session.run([graph.OUTPUT], {graph.INPUT: noise[None]})
    wanted = forward.profile(blocks(weights.load()), noise)
    worst = float(np.abs(found[0] - wanted).max())
    if not worst < _ALIKE:
        raise LearnedUnusable(
            f"onnxruntime differs from a plain computation by {worst:.2g}: install another version"
        )
