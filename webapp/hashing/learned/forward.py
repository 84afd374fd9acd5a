"""The network computed in plain numpy: slow, but simple enough to check onnxruntime against.

It is compared when the network's file is made, and in tests.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from webapp.hashing.learned.network import (
    BAG_CLASSES,
    INPUT_MEAN,
    INPUT_SCALE,
    RELU_MAX,
    Block,
    Convolution,
    Floats,
    Head,
)


def last_map(layout: Sequence[Block], pixels: NDArray[np.uint8]) -> Floats:
    """Return the last block's output, (320 channels, H / 32, W / 32), for pixels (H, W, 3)."""
    unit = (pixels.astype(np.float32) - np.float32(INPUT_MEAN)) / np.float32(INPUT_SCALE)
    features: Floats = unit.transpose(2, 0, 1)
    for block in layout:
        block_input = features
        for convolution in block.convolutions:
            features = _convolved(features, convolution)
        if block.residual:
            features = features + block_input
    return features


def profile(features: Floats) -> Floats:
    """Return the mean of each row of the last map, (320 channels, H / 32)."""
    rows: Floats = features.mean(axis=2)
    return rows


def where(features: Floats, head: Head) -> Floats:
    """Return the probability that each place of the last map shows a bag, (H / 32, W / 32)."""
    return _bag_probability(_convolved(features, head.features), head)


def whether(features: Floats, head: Head) -> float:
    """Return the probability that the whole picture shows a bag."""
    mean = _convolved(features, head.features).mean(axis=(1, 2), keepdims=True)
    return float(_bag_probability(mean, head)[0, 0])


def _bag_probability(features: Floats, head: Head) -> Floats:
    logits = _convolved(features, head.classes)
    powers = np.exp(logits - logits.max(axis=0))
    bags: Floats = powers[list(BAG_CLASSES)].sum(axis=0) / powers.sum(axis=0)
    return bags


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
