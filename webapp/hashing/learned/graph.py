"""The network as an ONNX file: made once, kept in a folder, checked before each use."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from webapp.atomic_files import write_atomically
from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned import weights
from webapp.hashing.learned.network import (
    CHANNELS,
    MIDDLE,
    ROWS,
    SIDE,
    SPREAD,
    TOP,
    Block,
    Convolution,
    blocks,
)

INPUT, OUTPUT = "pictures", "profile"

REVISION = 1
"""Grows when another graph is made of the same weights."""

_OPSET, _IR = 13, 8
_FLOAT = 1  # TensorProto.FLOAT
Shape = tuple[str | int, ...]
_PREFIX = f"efficientnet-lite0-{REVISION}-"


def stored(folder: Path) -> tuple[Path, bool]:
    """Return the file of the graph that a folder keeps, and whether it was made just now.

    Its checksum is part of its name, so a file that was cut or changed is made anew.

    Raises:
        LearnedUnusable: the weights are not there, or the folder cannot be written.
    """
    for path in sorted(folder.glob(f"{_PREFIX}*.onnx")):
        if path.name == _name_of(path.read_bytes()):
            return path, False
    data = made()
    path = folder / _name_of(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for other in set(folder.glob("efficientnet-lite0-*.onnx")) - {path}:
            other.unlink(missing_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise LearnedUnusable(
            f"the network cannot be kept in {folder}: {error.strerror or error}"
        ) from error
    return path, True


def made() -> bytes:
    """Make the graph of the installed weights."""
    data: bytes = model(blocks(weights.load())).SerializeToString()
    return data


def _name_of(data: bytes) -> str:
    return f"{_PREFIX}{hashlib.sha256(data).hexdigest()}.onnx"


def model(layout: Sequence[Block]) -> Any:
    """Write the network down: pictures (N, 224, 224, 3), uint8, to (N, 320, 7), float32.

    The output is the mean of the last block's map along each of its rows.
    """
    # The library is large, and needed only when the file is made.
    from onnx import TensorProto, helper  # noqa: PLC0415

    draft = _Draft()
    at, side = draft.prepared(), SIDE
    for block in layout:
        start = at
        for convolution in block.convolutions:
            at = draft.convolved(at, convolution, side)
            side = -(-side // convolution.stride)
        if block.residual:
            at = draft.node("Add", start, at)
    draft.node("ReduceMean", at, named=OUTPUT, axes=[3], keepdims=0)
    pictures: Shape = ("N", SIDE, SIDE, 3)
    profile: Shape = ("N", CHANNELS, ROWS)
    graph = helper.make_graph(
        draft.nodes,
        "efficientnet-lite0",
        [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, pictures)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, profile)],
        draft.constants,
    )
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR)


class _Draft:
    """Nodes and constants as they are written; each node's output is named by its number."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper  # noqa: PLC0415

        self._make_node = helper.make_node
        self._make_constant = numpy_helper.from_array
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(self._make_constant(np.asarray(value, dtype=np.float32), name))
        return name

    def node(self, operator: str, *inputs: str, named: str = "", **options: Any) -> str:
        name = named or f"n{len(self.nodes)}"
        self.nodes.append(self._make_node(operator, inputs, [name], **options))
        return name

    def prepared(self) -> str:
        at = self.node("Cast", INPUT, to=_FLOAT)
        at = self.node("Sub", at, self.constant(MIDDLE))
        at = self.node("Div", at, self.constant(SPREAD))
        return self.node("Transpose", at, perm=[0, 3, 1, 2])

    def convolved(self, at: str, convolution: Convolution, side: int) -> str:
        before, after = convolution.padding(side)
        at = self.node(
            "Conv",
            at,
            self.constant(convolution.weight),
            self.constant(convolution.bias),
            kernel_shape=[convolution.kernel] * 2,
            strides=[convolution.stride] * 2,
            pads=[before, before, after, after],
            group=len(convolution.bias) if convolution.depthwise else 1,
        )
        if not convolution.clipped:
            return at
        return self.node("Clip", at, self.constant(0), self.constant(TOP))
