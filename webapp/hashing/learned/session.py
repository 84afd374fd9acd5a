"""The network, loaded in each process when it is first needed."""

import logging
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp import heap
from webapp.exceptions import LearnedUnusable, NetworkNotKept
from webapp.hashing.learned import forward, graph, weights
from webapp.hashing.learned.network import CHANNELS, ROWS, SIDE, Floats, blocks, head
from webapp.processes import children_environment

# The environment of a process that another one started says where the network's file is.
_FOLDER = "_HASHBAG_NETWORK"

WHERE_SIDE = 576
"""Width and height in pixels at which bags are looked for; a place is 1/18 of it."""

# The largest difference of an output from a plain computation. Rounding makes some 1e-5.
_TOLERANCE = 1e-3

_one_at_a_time = threading.Lock()

log = logging.getLogger(__name__)


def keep_in(instance: Path) -> None:
    """Keep the network's file in an instance folder, for all that runs in this context.

    Processes that are started from it keep it there too.
    """
    kept = {_FOLDER: str(instance / "network")}
    children_environment.set({**children_environment.get(), **kept})


def prepare() -> None:
    """Load the network, and write its file where there is none yet, if the kind is installed.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    if weights.installed():
        profile(np.zeros((SIDE, SIDE, 3), dtype=np.uint8))


def seen(image: Image.Image, side: int = SIDE) -> NDArray[np.uint8]:
    """Return the pixels that the network is shown: the whole picture, stretched to a square."""
    small = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(small)


def profile(pixels: NDArray[np.uint8]) -> Floats:
    """Return the network's output, (320 channels, 7 rows), for pixels of shape (224, 224, 3).

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    return _output("body", graph.PROFILE, pixels)


def where(image: Image.Image) -> Floats:
    """Return the probability, 0 to 1, that each place of a picture shows a bag, (18, 18).

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    found = _of_head(graph.WHERE, seen(image, WHERE_SIDE))
    heap.give_back()
    return found


def whether(image: Image.Image) -> float:
    """Return the probability, 0 to 1, that a picture shows a bag.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    return float(_of_head(graph.WHETHER, seen(image)))


def _of_head(name: str, pixels: NDArray[np.uint8]) -> Floats:
    return _output("head", name, _output("body", graph.MAP, pixels))


def _output(part: graph.Part, name: str, given: NDArray[Any]) -> Floats:
    """Compute one output of a part of the network for one picture.

    One picture at a time in each process. On one core batches are slower, and so a server needs
    the memory for one picture, however many are sent.
    """
    folder = os.environ.get(_FOLDER) or children_environment.get().get(_FOLDER, "")
    with _one_at_a_time:
        output: Floats = _run(_session(folder, part), name, given)
    return output


def _run(session: Any, name: str, given: NDArray[Any]) -> Floats:
    (only_input,) = session.get_inputs()
    output: Floats = session.run([name], {only_input.name: given[None]})[0][0]
    return output


@cache
def _session(folder: str, part: graph.Part) -> Any:
    """Load a part from its file in a folder; without a folder it is made in memory."""
    model, is_new = _model(folder, part)
    session = _opened(model)
    if is_new:
        _check(session, part)
        if part == "body" and folder:
            _session(folder, "head")  # made by an import, it spares a server much memory
    heap.give_back()
    return session


def _model(folder: str, part: graph.Part) -> tuple[Path | bytes, bool]:
    """Return a part's file, or the part itself, and whether it was just made."""
    if folder:
        try:
            return graph.stored(Path(folder), part)
        except NetworkNotKept as problem:  # on a disk that is full, or may only be read
            log.warning("%s: each process makes one in memory", problem.for_owner)
    return graph.made(part), True


def _opened(model: Path | bytes) -> Any:
    import onnxruntime  # noqa: PLC0415 - takes a fifth of a second, and not all commands need it

    options = onnxruntime.SessionOptions()
    # An import already runs one process on each core.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # These would keep the memory that a large picture takes for a moment; they save no time.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no other base class in common
        raise LearnedUnusable(
            "onnxruntime cannot load the network: install another version of it", private=error
        ) from error


def _check(session: Any, part: graph.Part) -> None:
    """Compare outputs with a plain computation, once for each file that is made.

    Raises:
        LearnedUnusable: this version of onnxruntime computes something else.
    """
    tensors = weights.load()
    random = np.random.default_rng(0)
    given: NDArray[Any]
    if part == "body":
        given = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
        plain = {graph.PROFILE: forward.profile(forward.last_map(blocks(tensors), given))}
    else:
        given = random.normal(size=(CHANNELS, ROWS, ROWS)).astype(np.float32)
        plain = {graph.WHERE: forward.where(given, head(tensors))}
    for name, wanted in plain.items():
        worst = float(np.abs(_run(session, name, given) - wanted).max())
        if not worst < _TOLERANCE:
            raise LearnedUnusable(
                f"onnxruntime differs from a plain computation by {worst:.2g}: "
                "install another version"
            )
