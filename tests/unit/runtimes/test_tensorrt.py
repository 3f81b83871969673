"""What can be tested of TensorRT without a card: the float16 graph, and that what cannot be is said in one sentence."""

import numpy as np
import onnxruntime as ort
import pytest

from handcam.model.weights import default_weights
from handcam.runtimes import check_file, graph_file, open_named, tensorrt
from handcam.types import HandcamError


def test_the_graph_in_float16_says_the_same(tmp_path):
    graph, check = graph_file(default_weights(), "encode"), check_file(default_weights())
    if not graph.is_file():
        pytest.skip("the graphs are not here")
    half = tensorrt.in_float16(graph, tmp_path / "half.onnx")
    assert half.stat().st_size < 0.6 * graph.stat().st_size
    with np.load(check) as crops:
        planes = {"rgb": crops["rgb"][:4], "half_tan": crops["half_tan"][:4]}
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    exact, rough = (ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]) for path in (graph, half))
    for output in exact.get_outputs():
        a, b = (np.asarray(session.run([output.name], planes)[0]) for session in (exact, rough))
        assert b.dtype == a.dtype
        np.testing.assert_allclose(b, a, atol=0.5 if output.name == "keypoints_px" else 0.03, err_msg=output.name)


@pytest.mark.parametrize("precision", ["int8", "float64"])
def test_a_precision_that_it_does_not_have_is_one_sentence(precision):
    with pytest.raises(HandcamError, match=f"^TensorRT runs here in float16 or float32, not in {precision}.$"):
        open_named(f"tensorrt:{precision}", default_weights())
