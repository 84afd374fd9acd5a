"""The network as an ONNX file: made once, stored in a folder, checked before each use."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from webapp.atomic_files import write_atomically
from webapp.exceptions import NetworkNotKept
from webapp.hashing.learned import weights
from webapp.hashing.learned.network import (
    BAG_CLASSES,
    CHANNELS,
    INPUT_MEAN,
    INPUT_SCALE,
    RELU_MAX,
    SIDE,
    Block,
    Convolution,
    Head,
    blocks,
    head,
)

PICTURES, PROFILE, MAP = "pictures", "profile", "map"
"""Input and outputs of the body: pictures; what codes are made of; the last block's output."""

WHERE, WHETHER = "where", "whether"
"""Outputs of the head, whose input is `MAP`: is each place a bag, is the whole picture?"""

Part = Literal["body", "head"]
"""Two graphs, because most pictures need no head, and the head takes a fifth of the time."""

REVISION = 2
"""Increased when the same weights make another graph."""

_OPSET_VERSION, _IR_VERSION = 13, 8
_FLOAT, _UINT8 = 1, 2  # of onnx's TensorProto
Shape = tuple[str | int, ...]
Shapes = dict[str, Shape]


def stored(folder: Path, part: Part) -> tuple[Path, bool]:
    """Return the file of a part in a folder, and whether it was made by this call.

    The file's name has its checksum, so a damaged file is replaced.

    Raises:
        LearnedUnusable: the weights are missing or wrong.
        NetworkNotKept: the folder cannot be written.
    """
    for path in sorted(folder.glob(f"{_prefix(part)}*.onnx")):
        if path.name == _name_of(part, path.read_bytes()):
            return path, False
    data = made(part)
    path = folder / _name_of(part, data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for other in folder.glob("efficientnet-lite0-*.onnx"):
            if other != path and not _is_of_another_part(other, part):
                other.unlink(missing_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise NetworkNotKept(
            "the network's file cannot be written to the instance folder", private=error
        ) from error
    return path, True


def made(part: Part) -> bytes:
    """Return a part of the installed weights' graph, as the bytes of an ONNX file.

    Raises:
        LearnedUnusable: the weights are missing or wrong.
    """
    tensors = weights.load()
    model = body_model(blocks(tensors)) if part == "body" else head_model(head(tensors))
    data: bytes = model.SerializeToString()
    return data


def _prefix(part: Part) -> str:
    return f"efficientnet-lite0-{REVISION}-{part}-"


def _is_of_another_part(path: Path, part: Part) -> bool:
    return any(path.name.startswith(_prefix(other)) for other in get_args(Part) if other != part)


def _name_of(part: Part, data: bytes) -> str:
    return f"{_prefix(part)}{hashlib.sha256(data).hexdigest()}.onnx"


def body_model(layout: Sequence[Block]) -> Any:
    """Return an ONNX model of pictures (N, H, W, 3), uint8; H and W are multiples of 32.

    Its outputs, float32: `MAP`, the last block's, (N, 320, H / 32, W / 32), and `PROFILE`, the mean
    of each of its rows, (N, 320, H / 32).
    """
    draft = _Draft()
    output, side = draft.normalised(PICTURES), SIDE
    for block in layout:
        block_input = output
        for convolution in block.convolutions:
            output = draft.convolved(output, convolution, side)
            side = -(-side // convolution.stride)
        if block.residual:
            output = draft.node("Add", block_input, output)
    draft.node("Identity", output, named=MAP)
    draft.node("ReduceMean", output, named=PROFILE, axes=[3], keepdims=0)
    return draft.model(
        {PICTURES: ("N", "H", "W", 3)},
        {MAP: ("N", CHANNELS, "rows", "columns"), PROFILE: ("N", CHANNELS, "rows")},
    )


def head_model(top: Head) -> Any:
    """Return an ONNX model of the body's `MAP`, (N, 320, h, w).

    Its outputs, float32, are probabilities from 0 to 1: `WHERE`, that each place shows a bag,
    (N, h, w), and `WHETHER`, that the whole picture does, (N,).
    """
    draft = _Draft()
    features = draft.convolved(MAP, top.features, 1)
    draft.bag_probability(features, top.classes, axes=[1], named=WHERE)
    mean = draft.node("ReduceMean", features, axes=[2, 3], keepdims=1)
    draft.bag_probability(mean, top.classes, axes=[1, 2, 3], named=WHETHER)
    return draft.model(
        {MAP: ("N", CHANNELS, "rows", "columns")},
        {WHERE: ("N", "rows", "columns"), WHETHER: ("N",)},
    )


class _Draft:
    """Nodes and constants of a graph; methods return the name of the output that they add."""

    def __init__(self) -> None:
        # A large library, which only making the file needs.
        from onnx import helper, numpy_helper  # noqa: PLC0415

        self._helper = helper
        self._make_node = helper.make_node
        self._make_constant = numpy_helper.from_array
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._names: dict[int, str] = {}  # of arrays, which live longer than the draft

    def constant(self, value: Any, dtype: type[np.generic] = np.float32) -> str:
        """Add a constant; an array that is used twice is stored once."""
        name = self._names.get(id(value))
        if name is None:
            name = f"c{len(self.constants)}"
            self.constants.append(self._make_constant(np.asarray(value, dtype=dtype), name))
            if isinstance(value, np.ndarray):
                self._names[id(value)] = name
        return name

    def node(self, operator: str, *inputs: str, named: str = "", **options: Any) -> str:
        name = named or f"n{len(self.nodes)}"
        self.nodes.append(self._make_node(operator, inputs, [name], **options))
        return name

    def normalised(self, pictures: str) -> str:
        output = self.node("Cast", pictures, to=_FLOAT)
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

    def bag_probability(
        self, features: str, classes: Convolution, axes: list[int], named: str
    ) -> str:
        """Classify each place, and add up what is a bag over these axes."""
        output = self.node("Softmax", self.convolved(features, classes, 1), axis=1)
        output = self.node("Gather", output, self.constant(BAG_CLASSES, np.int64), axis=1)
        summed = self.constant(axes, np.int64)
        return self.node("ReduceSum", output, summed, named=named, keepdims=0)

    def model(self, inputs: Shapes, outputs: Shapes) -> Any:
        """Return the graph as a model; `inputs` and `outputs` name shapes, pictures are uint8."""
        graph = self._helper.make_graph(
            self.nodes,
            "efficientnet-lite0",
            [self._value(name, shape) for name, shape in inputs.items()],
            [self._value(name, shape) for name, shape in outputs.items()],
            self.constants,
        )
        opset = self._helper.make_opsetid("", _OPSET_VERSION)
        return self._helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)

    def _value(self, name: str, shape: Shape) -> Any:
        number_type = _UINT8 if name == PICTURES else _FLOAT
        return self._helper.make_tensor_value_info(name, number_type, shape)
