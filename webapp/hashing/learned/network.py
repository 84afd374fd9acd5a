"""EfficientNet-Lite0 as a list of convolutions, without saying what computes them.

The kind's code is made of the last block's output. The head after it classifies into the thousand
classes of ImageNet; some of them are bags, and it can be applied to every place of a picture.
Batch norms are folded into the convolution before them. Padding is TensorFlow's "SAME": the output
has a side of ceil(input / stride), and an odd pixel of padding is at the end.

Source: Tan and Le, EfficientNet, 2019; the Lite models of Google's TPU repository.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned.weights import Tensors

Floats = NDArray[np.float32]

SIDE = 224
"""Width and height of the input in pixels, RGB in 0..255."""

INPUT_MEAN, INPUT_SCALE = 127.0, 128.0
"""The first convolution is given (level - mean) / scale."""

RELU_MAX = 6.0
"""A clipped layer's outputs are from 0 to this: ReLU6."""

CHANNELS, ROWS = 320, 7
"""Channels of the last block's output, and rows, of as many columns."""

REDUCTION = 32
"""How many pixels across a place of the last block's output stands for."""

BAG_CLASSES = (414, 636, 728, 748, 797, 893)
"""Backpack, mailbag, plastic bag, purse, sleeping bag and wallet, as ImageNet numbers classes.

These classes are what the network takes a bag for; no other class of its thousand is a bag.
"""

_HEAD_CHANNELS, _CLASSES = 1280, 1000

# A group of blocks: kernel, first stride, expansion, output channels, repeats.
_GROUPS = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, CHANNELS, 1),
)
_STEM_CHANNELS = 32
_BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Convolution:
    """One convolution: `weight` (out, in, k, k), `bias` (out,).

    Each output has one input channel where it is `depthwise`. `clipped`: whether ReLU6 follows.
    """

    weight: Floats
    bias: Floats
    stride: int
    depthwise: bool
    clipped: bool

    @property
    def kernel(self) -> int:
        """Width and height of the kernel, in pixels."""
        return int(self.weight.shape[2])

    def padding(self, side: int) -> tuple[int, int]:
        """Return how many zeros go before and after a row of `side` pixels."""
        total = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return total // 2, total - total // 2


@dataclass(frozen=True)
class Block:
    """Convolutions one after another; `residual`: the block's input is added to its output."""

    convolutions: tuple[Convolution, ...]
    residual: bool = False


def blocks(tensors: Tensors) -> tuple[Block, ...]:
    """Return the blocks of the network, the stem first.

    Raises:
        LearnedUnusable: a tensor is missing or has another shape.
    """
    make = _BatchNormFolder(tensors).convolution
    made = [Block((make("_conv_stem", "_bn0", (_STEM_CHANNELS, 3, 3), stride=2),))]
    channels = _STEM_CHANNELS
    for kernel, first_stride, expansion, out, repeats in _GROUPS:
        for number in range(repeats):
            prefix = f"_blocks.{len(made) - 1}."
            stride = first_stride if number == 0 else 1
            inner = channels * expansion
            layers = []
            if expansion > 1:
                layers.append(make(f"{prefix}_expand_conv", f"{prefix}_bn0", (inner, channels, 1)))
            depthwise = f"{prefix}_depthwise_conv"
            layers.append(make(depthwise, f"{prefix}_bn1", (inner, 1, kernel), stride=stride))
            project = f"{prefix}_project_conv"
            layers.append(make(project, f"{prefix}_bn2", (out, inner, 1), clipped=False))
            made.append(Block(tuple(layers), residual=stride == 1 and channels == out))
            channels = out
    return tuple(made)


@dataclass(frozen=True)
class Head:
    """What follows the last block: more channels, then a number for each of the classes.

    `features` and `classes` are convolutions of one pixel, so they can be applied to every place.
    """

    features: Convolution
    classes: Convolution


def head(tensors: Tensors) -> Head:
    """Return the network's head.

    Raises:
        LearnedUnusable: a tensor is missing or has another shape.
    """
    folder = _BatchNormFolder(tensors)
    features = folder.convolution("_conv_head", "_bn1", (_HEAD_CHANNELS, CHANNELS, 1))
    return Head(features, folder.linear("_fc", (_CLASSES, _HEAD_CHANNELS)))


@dataclass(frozen=True)
class _BatchNormFolder:
    """Makes convolutions into which their batch norms are folded."""

    tensors: Tensors

    def convolution(
        self,
        name: str,
        norm: str,
        shape: tuple[int, int, int],
        *,
        stride: int = 1,
        clipped: bool = True,
    ) -> Convolution:
        out, into, kernel = shape
        weight = self._tensor(f"{name}.weight", (out, into, kernel, kernel))
        scale, shift, mean, variance = (
            self._tensor(f"{norm}.{part}", (out,))
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + _BATCH_NORM_EPSILON)
        return Convolution(
            (weight * factor[:, None, None, None]).astype(np.float32),
            (shift - mean * factor).astype(np.float32),
            stride,
            depthwise=into == 1,
            clipped=clipped,
        )

    def linear(self, name: str, shape: tuple[int, int]) -> Convolution:
        """Return a fully connected layer as a convolution of one pixel."""
        weight = self._tensor(f"{name}.weight", shape).astype(np.float32)
        bias = self._tensor(f"{name}.bias", shape[:1]).astype(np.float32)
        return Convolution(weight[:, :, None, None], bias, 1, depthwise=False, clipped=False)

    def _tensor(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.shape != shape:
            raise LearnedUnusable(f"the weights have no {name} of shape {shape}")
        return tensor.astype(np.float64)
