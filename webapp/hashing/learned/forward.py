"""The network computed in plain numpy: slow, but simple enough to check onnxruntime against.

It is compared when the network's file is made, and in tests.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from webapp.hashing.learned.network import (
    INPUT_MEAN,
    INPUT_SCALE,
    RELU_MAX,
    Block,
    Convolution,
    Floats,
)


def profile(layout: Sequence[Block], pixels: NDArray[np.uint8]) -> Floats:
    """Return the network's output, (320 channels, 7 rows), for pixels (224, 224, 3)."""
    unit = (pixels.astype(np.float32) - np.float32(INPUT_MEAN)) / np.float32(INPUT_SCALE)
    features: Floats = unit.transpose(2, 0, 1)
    for block in layout:
        block_input = features
        for convolution in block.convolutions:
            features = _convolved(features, convolution)
        if block.residual:
            features = features + block_input
    rows: Floats = features.mean(axis=2)
    return rows


def _convolved(features: Floats, convolution: Convolution) -> Floats:
    """Apply one convolution to features (channels, side, side)."""
    side, kernel, step = features.shape[1], convolution.kernel, convolution.stride
    weight = convolution.weight
    if convolution.depthwise:
        padded = np.pad(features, ((0, 0), *[convolution.padding(side)] * 2))
        windows = sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::step, ::step]
        out = np.einsum("cyxij,cij->cyx", windows, weight[:, 0], optimize=False)
    elif kernel == 1:
        out = np.tensordot(weight[:, :, 0, 0], features, axes=1)
    else:
        padded = np.pad(features, ((0, 0), *[convolution.padding(side)] * 2))
        windows = sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::step, ::step]
        out = np.tensordot(weight, windows, axes=((1, 2, 3), (0, 3, 4)))
    out = out + convolution.bias[:, None, None]
    activated: Floats = np.clip(out, 0, RELU_MAX) if convolution.clipped else out
    return activated
