"""The depth graph that ships says what the model says."""

import numpy as np
import pytest

from handcam.crop import box_around, cut
from handcam.model.weights import default_weights
from handcam.runtimes._depth import with_depth
from handcam.runtimes._graphs import ENCODE
from handcam.runtimes.eager import Eager
from handcam.runtimes.onnxruntime import OnnxRuntime
from handcam.sources import SourceSettings, open_source


@pytest.mark.parametrize("seed", [1, 2])
def test_the_depth_graph_agrees_with_the_model(seed):
    weights = default_weights()
    source = open_source("demo", SourceSettings(realtime=False, fps=2, seed=seed))
    frame = source.read()
    hand = frame.truth[0]
    model = Eager(weights)
    crop = cut(frame, box_around(hand.keypoints_px, hand.side), model.card.crop_px)
    planes = {
        "depth": crop.depth_m[None],
        "centre_m": np.float32([hand.joints_m[:, 2].mean()]),
        "half_tan": np.float32([crop.intrinsics.width / 2 / crop.intrinsics.fx]),
    }
    graph = with_depth(OnnxRuntime(weights, model.card, ENCODE), weights)
    expected, found = model.encode(planes), graph.encode(planes)
    np.testing.assert_allclose(found.keypoints_px, expected.keypoints_px, atol=0.01)
    np.testing.assert_allclose(found.means["depth"], expected.means["depth"], atol=1e-3)
    np.testing.assert_allclose(found.log_vars["depth"], expected.log_vars["depth"], atol=1e-3)
    source.close()
    graph.close()
    model.close()
