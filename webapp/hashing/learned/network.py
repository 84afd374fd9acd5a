"""EfficientNet-Lite0 as a list of convolutions: what to compute, whoever computes it.

It ends with the last block: what follows in the original serves the naming of a thousand things.

Batch norms are folded into the convolution before them. A convolution is padded so that its
output has a side of ceil(input / stride), the odd pixel at the end, as in the network's original.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import LearnedUnusable
from webapp.hashing.learned.weights import Tensors

Floats = NDArray[np.float32]

SIDE = 224
"""Pixels: the network sees a square picture, RGB in 0..255."""

MIDDLE, SPREAD = 127.0, 128.0
"""Taken from each channel, and divided by, before the first convolution."""

TOP = 6.0
"""Where a clipped layer ends its outputs; they begin at 0."""

CHANNELS, ROWS = 320, 7
"""What the last block sees, in a map of 7 rows and 7 columns."""

# A group of blocks: kernel, first stride, growth inside, channels out, repeats.
_GROUPS = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, CHANNELS, 1),
)
_STEM = 32
_EPSILON = 1e-3


@dataclass(frozen=True)
class Convolution:
    """Weights (out, in, k, k), one input each where it is depthwise, and bias (out,)."""

    weight: Floats
    bias: Floats
    stride: int
    depthwise: bool
    clipped: bool

    @property
    def kernel(self) -> int:
        """Its side in pixels."""
        return int(self.weight.shape[2])

    def padding(self, side: int) -> tuple[int, int]:
        """Say how many pixels of zero go before and after a side of the input."""
        total = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return total // 2, total - total // 2


@dataclass(frozen=True)
class Block:
    """Convolutions in a row; the input is added to the output where it is residual."""

    convolutions: tuple[Convolution, ...]
    residual: bool = False


def blocks(tensors: Tensors) -> tuple[Block, ...]:
    """Lay the network out, the stem first.

    Raises:
        LearnedUnusable: a tensor is missing, or of another shape.
    """
    make = _Folder(tensors).convolution
    found = [Block((make("_conv_stem", "_bn0", (_STEM, 3, 3), stride=2),))]
    channels = _STEM
    for kernel, first_stride, growth, out, repeats in _GROUPS:
        for number in range(repeats):
            at = f"_blocks.{len(found) - 1}."
            stride = first_stride if number == 0 else 1
            inner = channels * growth
            row = []
            if growth > 1:
                row.append(make(f"{at}_expand_conv", f"{at}_bn0", (inner, channels, 1)))
            row.append(make(f"{at}_depthwise_conv", f"{at}_bn1", (inner, 1, kernel), stride=stride))
            last = make(f"{at}_project_conv", f"{at}_bn2", (out, inner, 1), clipped=False)
            row.append(last)
            found.append(Block(tuple(row), residual=stride == 1 and channels == out))
            channels = out
    return tuple(found)


@dataclass(frozen=True)
class _Folder:
    """Folds batch norms into convolutions."""

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
        factor = scale / np.sqrt(variance + _EPSILON)
        return Convolution(
            (weight * factor[:, None, None, None]).astype(np.float32),
            (shift - mean * factor).astype(np.float32),
            stride,
            depthwise=into == 1,
            clipped=clipped,
        )

    def _tensor(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        tensor = self.tensors.get(name)
        if tensor is None or tensor.shape != shape:
            raise LearnedUnusable(f"the weights have no {name} of shape {shape}")
        return tensor.astype(np.float64)
