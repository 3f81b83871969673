"""Every runtime says what the reference says: on drawn, rendered and real crops, for one hand and for two."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from handcam.lab.release.check_crops import drawn_crops, rendered_crops
from handcam.model.weights import default_weights, read_card
from handcam.plugins import constants, load, names
from handcam.runtimes import CheckCrops, CropBatch, Encoding, Runtime, deviation
from handcam.types import HandcamError

CLIP = Path(__file__).parents[2] / ".." / "shared" / "data" / "clips" / "asl_hand" / "asl_hand.25fps.mp4"
FOLDER = "handcam.runtimes"
PRECISIONS = [(name, p) for name in names(FOLDER) for p in constants(FOLDER, name)["PRECISIONS"]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = default_weights()
    if not path.is_file():
        pytest.skip("the weights are not here")
    if not read_card(path).exports:  # weights in the making: their graphs are made for the test
        from handcam.lab.release.export import release_graphs

        copy = tmp_path_factory.mktemp("weights") / path.name
        for suffix in (".safetensors", ".json"):
            copy.with_suffix(suffix).write_bytes(path.with_suffix(suffix).read_bytes())
        path = copy
        release_graphs(path)
    return path


@pytest.fixture(scope="module")
def eager(weights):
    return load("handcam.runtimes", "eager").open(weights)


@pytest.fixture(scope="module")
def rendered() -> CheckCrops:
    return rendered_crops(8, 224, 11, depth=12)


@pytest.fixture(scope="module")
def real(eager) -> CheckCrops:
    if not CLIP.is_file():
        pytest.skip("the clip is not here")
    from handcam.detectors import palm
    from handcam.sources import SourceSettings, open_source
    from handcam.tracking.tracker import Tracker

    source = open_source(f"video:{CLIP}", SourceSettings(realtime=False))
    tracker = Tracker(eager, [palm.open()])
    crops = []
    for start in (10, 120, 230):
        source.seek(start)
        tracker.reset()
        crops += [hand.crop for _ in range(3) for hand in tracker.track(source.read()).hands]
    source.close()
    assert len(crops) >= 6
    half_tan = np.array([crop.intrinsics.half_tan for crop in crops], np.float32)
    return CheckCrops(np.stack([crop.color for crop in crops]), half_tan)


def opened(name: str, precision: str, weights: Path) -> Runtime:
    try:
        return load("handcam.runtimes", name).open(weights, precision)
    except ImportError as error:
        pytest.skip(f"no {error.name}")
    except HandcamError as error:
        if constants(FOLDER, name).get("NEEDS_CARD") or precision != "float32":
            pytest.skip(str(error))  # no card, no such arithmetic, or no such graph beside these weights
        raise


@pytest.mark.parametrize(("name", "precision"), PRECISIONS)
def test_agrees_with_the_reference(name, precision, weights, eager, rendered, real, request):
    runtime = opened(name, precision, weights)
    request.addfinalizer(runtime.close)
    exact = precision == "float32" and name != "tensorrt"
    sets = {"rendered": rendered, "real": real}
    if exact:
        sets["drawn"] = drawn_crops(6, 224, int(np.random.default_rng().integers(1 << 31)))
    for what, crops in sets.items():
        away = deviation(eager, runtime, crops)
        if exact:
            assert away["joints_mm"].max() < 0.1, what
            assert away["keypoints_px"].max() < 0.05, what
            assert away["presence"].max() < 1e-3, what
            if crops.depth is not None:
                assert away["depth_mm"].max() < 0.1, what
                assert away["depth_joints_mm"].max() < 0.1, what
        else:
            assert away["joints_mm"].mean() < 1.0, what
            assert away["keypoints_px"].mean() < 1.0, what
            if crops.depth is not None:
                assert away["depth_mm"].mean() < 1.0, what
                assert away["depth_joints_mm"].mean() < 1.0, what


@pytest.mark.parametrize(("name", "precision"), PRECISIONS)
def test_decodes_what_the_reference_decodes(name, precision, weights, eager, request):
    runtime = opened(name, precision, weights)
    request.addfinalizer(runtime.close)
    z = np.random.default_rng(5).standard_normal((9, runtime.card.latent)).astype(np.float32)
    for modality in runtime.card.decoders:
        expected, got = eager.decode(modality, z), runtime.decode(modality, z)
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype), modality
        away = np.abs(got.astype(float) - expected)
        if modality == "rgb":
            assert away.max() <= 3
            assert away.mean() < 0.1
        elif modality == "depth":
            assert (np.isnan(got) == np.isnan(expected)).mean() > 0.999
            assert np.nanmax(away) < 0.01
        else:
            limit = 5e-3 if precision == "int8" else 1e-3  # in 8-bit runtimes the decoder's weights have 8 bits
            assert away.max() < limit, modality


@pytest.mark.parametrize(("name", "precision"), PRECISIONS)
def test_two_hands_are_two_single_ones(name, precision, weights, rendered, request):
    runtime = opened(name, precision, weights)
    request.addfinalizer(runtime.close)
    both = runtime.encode(rendered.color_batch(0, 2))
    for i in range(2):
        one = runtime.encode(rendered.color_batch(i))
        assert np.abs(both.keypoints_px[i] - one.keypoints_px[0]).max() < (0.01 if precision == "float32" else 1.0)
        for modality in both.means:
            assert np.abs(both.means[modality][i] - one.means[modality][0]).max() < (
                0.001 if precision == "float32" else 0.2
            )


@pytest.mark.parametrize(("name", "precision"), PRECISIONS)
def test_color_and_depth_of_the_same_crops_are_joined(name, precision, weights, rendered, request):
    runtime = opened(name, precision, weights)
    request.addfinalizer(runtime.close)
    color, depth = rendered.color_batch(0, 2), rendered.depth_batch(0, 2)
    apart = runtime.encode(color), runtime.encode(depth)
    both = runtime.encode(CropBatch(color.half_tan, color.color, depth.depth_m, depth.centre_m))
    assert set(both.means) == set(apart[0].means) | set(apart[1].means)
    np.testing.assert_array_equal(both.keypoints_px, apart[0].keypoints_px)
    for name, mean in apart[0].means.items():
        np.testing.assert_array_equal(both.means[name], mean)


@pytest.mark.parametrize("name", names("handcam.runtimes"))
def test_keeps_the_protocol(name, weights, rendered, request):
    runtime = load("handcam.runtimes", "eager").open(weights) if name == "eager" else opened(name, "float32", weights)
    request.addfinalizer(runtime.close)
    assert isinstance(runtime, Runtime)
    card = runtime.card
    seen = runtime.encode(rendered.color_batch(0, 2))
    assert isinstance(seen, Encoding)
    assert seen.keypoints_px.shape == (2, 21, 2)
    assert seen.presence.shape == seen.right.shape == (2,)
    assert ((seen.presence >= 0) & (seen.presence <= 1)).all()
    assert set(seen.means) == set(seen.log_vars) >= set(card.fusion) - {"depth"}
    first = {modality: mean.copy() for modality, mean in seen.means.items()}
    runtime.encode(rendered.color_batch(2, 2))
    for modality, mean in seen.means.items():  # what was returned is not the runtime's own memory
        assert mean.shape == (2, card.latent)
        assert np.array_equal(mean, first[modality])
    for n in (1, 17, 65):
        z = np.random.default_rng(n).standard_normal((n, card.latent))
        assert runtime.decode("joints3d", z).shape == (n, 21, 3)
        assert runtime.decode("joints3d", z).dtype == np.float32
        if "keypoints2d" in card.decoders:
            assert runtime.decode("keypoints2d", z.astype(np.float32)).shape == (n, 21, 2)


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_says_what_is_wrong(name, weights, tmp_path):
    plugin = pytest.importorskip("openvino") and load("handcam.runtimes", name)
    with pytest.raises(HandcamError, match="cannot run in float8"):
        plugin.open(weights, "float8")
    bare = tmp_path / "handcam.safetensors"
    bare.write_bytes(weights.read_bytes())
    bare.with_suffix(".json").write_bytes(weights.with_suffix(".json").read_bytes())
    for part in read_card(weights).parts:
        (tmp_path / part).write_bytes(weights.with_name(part).read_bytes())
    with pytest.raises(HandcamError, match=r"handcam\.encode\.onnx is missing"):
        plugin.open(bare, "float32")
    for path in weights.parent.glob("handcam.*.onnx"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    graph = tmp_path / "handcam.encode.onnx"
    graph.write_bytes(graph.read_bytes()[:-1000])
    with pytest.raises(HandcamError, match="truncated or altered"):
        plugin.open(bare, "float32")


def test_a_card_that_is_not_there_is_one_sentence(weights):
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(HandcamError, match="PyTorch sees no NVIDIA card here"):
            load("handcam.runtimes", "cuda").open(weights)
    if find_spec("onnxruntime_ep_nv_tensorrt_rtx") is None:
        with pytest.raises(HandcamError, match="TensorRT needs an NVIDIA RTX card and the package"):
            load("handcam.runtimes", "tensorrt").open(weights)
