"""The network computed plainly in numpy: slow, and easy to trust.

What onnxruntime computes is compared with it when the network's file is made, and in tests.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from webapp.hashing.learned.network import MIDDLE, SPREAD, TOP, Block, Convolution, Floats


def profile(layout: Sequence[Block], pixels: NDArray[np.uint8]) -> Floats:
    """Return what the network sees in a picture (224, 224, 3): (320 channels, 7 rows)."""
    unit = (pixels.astype(np.float32) - np.float32(MIDDLE)) / np.float32(SPREAD)
    at: Floats = unit.transpose(2, 0, 1)
    for block in layout:
        start = at
        for convolution in block.convolutions:
            at = _convolved(at, convolution)
        if block.residual:
            at = at + start
    rows: Floats = at.mean(axis=2)
    return rows


def _convolved(at: Floats, convolution: Convolution) -> Floats:
    """Apply one convolution to a map (channels, side, side)."""
    side, kernel, step = at.shape[1], convolution.kernel, convolution.stride
    weight = convolution.weight
    if convolution.depthwise:
        around = np.pad(at, ((0, 0), *[convolution.padding(side)] * 2))
        windows = sliding_window_view(around, (kernel, kernel), axis=(1, 2))[:, ::step, ::step]
        out = np.einsum("cyxij,cij->cyx", windows, weight[:, 0], optimize=False)
    elif kernel == 1:
        out = np.tensordot(weight[:, :, 0, 0], at, axes=1)
    else:
        around = np.pad(at, ((0, 0), *[convolution.padding(side)] * 2))
        windows = sliding_window_view(around, (kernel, kernel), axis=(1, 2))[:, ::step, ::step]
        out = np.tensordot(weight, windows, axes=((1, 2, 3), (0, 3, 4)))
    out = out + convolution.bias[:, None, None]
    found: Floats = np.clip(out, 0, TOP) if convolution.clipped else out
    return found
