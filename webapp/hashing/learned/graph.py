"""The network as an ONNX file: made once, stored in a folder, checked before each use."""

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
    INPUT_MEAN,
    INPUT_SCALE,
    RELU_MAX,
    ROWS,
    SIDE,
    Block,
    Convolution,
    blocks,
)

INPUT, OUTPUT = "pictures", "profile"

REVISION = 1
"""Increased when the same weights make another graph."""

_OPSET_VERSION, _IR_VERSION = 13, 8
_FLOAT = 1  # TensorProto.FLOAT
Shape = tuple[str | int, ...]
_PREFIX = f"efficientnet-lite0-{REVISION}-"


def stored(folder: Path) -> tuple[Path, bool]:
    """Return the graph's file in a folder, and whether it was made by this call.

    The file's name has its checksum, so a damaged file is replaced.

    Raises:
        LearnedUnusable: the weights are missing or wrong, or the folder cannot be written.
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
            "the network's file cannot be written to the instance folder", private=error
        ) from error
    return path, True


def made() -> bytes:
    """Return the graph of the installed weights, as the bytes of an ONNX file.

    Raises:
        LearnedUnusable: the weights are missing or wrong.
    """
    data: bytes = model(blocks(weights.load())).SerializeToString()
    return data


def _name_of(data: bytes) -> str:
    return f"{_PREFIX}{hashlib.sha256(data).hexdigest()}.onnx"


def model(layout: Sequence[Block]) -> Any:
    """Return an ONNX model from pictures (N, 224, 224, 3), uint8, to (N, 320, 7), float32.

    Its output is the mean of each row of the last block's output.
    """
    # A large library, which only making the file needs.
    from onnx import TensorProto, helper  # noqa: PLC0415

    draft = _Draft()
    output, side = draft.normalised(), SIDE
    for block in layout:
        block_input = output
        for convolution in block.convolutions:
            output = draft.convolved(output, convolution, side)
            side = -(-side // convolution.stride)
        if block.residual:
            output = draft.node("Add", block_input, output)
    draft.node("ReduceMean", output, named=OUTPUT, axes=[3], keepdims=0)
    pictures: Shape = ("N", SIDE, SIDE, 3)
    profile: Shape = ("N", CHANNELS, ROWS)
    graph = helper.make_graph(
        draft.nodes,
        "efficientnet-lite0",
        [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, pictures)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, profile)],
        draft.constants,
    )
    opset = helper.make_opsetid("", _OPSET_VERSION)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)


class _Draft:
    """Nodes and constants of a graph; each method returns the name of the output that it adds."""

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

    def normalised(self) -> str:
        output = self.node("Cast", INPUT, to=_FLOAT)
        output = self.node("Sub", output, self.constant(INPUT_MEAN))
        output = self.node("Div", output, self.constant(INPUT_SCALE))
        return self.node("Transpose", output, perm=[0, 3, 1, 2])

    def convolved(self, features: str, convolution: Convolution, side: int) -> str:
        before, after = convolution.padding(side)
        output = self.node(
            "Conv",
            features,
            self.constant(convolution.weight),
            self.constant(convolution.bias),
            kernel_shape=[convolution.kernel] * 2,
            strides=[convolution.stride] * 2,
            pads=[before, before, after, after],
            group=len(convolution.bias) if convolution.depthwise else 1,
        )
        if not convolution.clipped:
            return output
        return self.node("Clip", output, self.constant(0), self.constant(RELU_MAX))
