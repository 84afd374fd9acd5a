"""The rival SSCD: its package's models are run as they are, here with one made up."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from tests.pictures import bag
from webapp.lab.evaluation import sscd
from webapp.lab.evaluation.rivals import RIVALS

pytestmark = pytest.mark.thorough


def write_model(path: Path) -> None:
    """Write a model with the package's input and output: mixtures of the mean colour."""
    mixtures = np.random.default_rng(1).normal(size=(3, sscd.FEATURES)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["image"], ["levels"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["levels", "axes"], ["colour"], keepdims=0),
            helper.make_node("MatMul", ["colour", "mixtures"], ["mixed"]),
            helper.make_node("LpNormalization", ["mixed"], ["embedding"], axis=1, p=2),
        ],
        "toy",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", "h", "w", 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", sscd.FEATURES])],
        [
            numpy_helper.from_array(np.array([1, 2]), "axes"),
            numpy_helper.from_array(mixtures, "mixtures"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)


def test_a_model_is_shown_the_whole_picture_and_its_features_and_signs_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "toy.onnx")
    package = SimpleNamespace(MODELS={"toy": tmp_path / "toy.onnx"})
    monkeypatch.setitem(sys.modules, sscd.PACKAGE, package)
    pictures = [Image.new("RGB", (90, 40), colour) for colour in ("red", "lime", "blue")]
    pictures.append(bag(1))
    features = np.stack([sscd.features("toy", picture) for picture in pictures])
    assert np.linalg.norm(features, axis=1) == pytest.approx(1, abs=1e-5)
    signs = np.stack([sscd.signs("toy", picture) for picture in pictures])
    assert (np.unpackbits(signs, axis=1) == (features > 0)).all()
    for at in range(len(pictures)):
        assert RIVALS["sscd"].distances(features, features[at]).argmin() == at
        assert RIVALS["sscd-signs"].distances(signs, signs[at]).argmin() == at
