"""The atlas comes back as written, and whatever is wrong with it is said in one sentence."""

import numpy as np
import pytest

from handcam.model.embedding import Atlas, atlas_path, read_atlas, write_atlas
from handcam.model.weights import WeightsCard, default_weights, digest, write_card
from handcam.types import WeightsError


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(b"numbers")
    card = WeightsCard("tiny", {}, {}, 4, 224, "common21", "fused", digest(path))
    write_card(path, card)
    return path


@pytest.fixture
def atlas():
    rng = np.random.default_rng(0)
    z = {name: rng.normal(size=(7, 4)).astype(np.float32) for name in ("rgb", "joints3d")}
    variance = {name: np.full(4, 0.5, np.float32) for name in z}
    return Atlas(z, variance, rng.normal(size=(7, 21, 3)), rng.normal(size=(7, 2)), ("open [deg]", "spread [deg]"))


def test_comes_back_as_written(weights, atlas):
    assert write_atlas(weights, atlas) == atlas_path(weights)
    again = read_atlas(weights)
    assert again.names == atlas.names
    assert list(again.z) == list(atlas.z)
    np.testing.assert_allclose(again.z["rgb"], atlas.z["rgb"], atol=2e-3)
    np.testing.assert_allclose(again.variance["rgb"], 0.5)
    np.testing.assert_allclose(again.joints, atlas.joints, atol=2e-3)
    np.testing.assert_allclose(again.parameters, atlas.parameters, atol=2e-3)
    assert not list(weights.parent.glob("*.tmp*"))


def test_missing(weights):
    with pytest.raises(WeightsError, match="missing"):
        read_atlas(weights)


def test_of_other_weights(weights, atlas):
    write_atlas(weights, atlas)
    weights.write_bytes(b"other numbers")
    write_card(weights, WeightsCard("tiny", {}, {}, 4, 224, "common21", "fused", digest(weights)))
    with pytest.raises(WeightsError, match="other weights"):
        read_atlas(weights)


@pytest.mark.parametrize("damage", [b"", b"not a zip at all", None])
def test_damaged(weights, atlas, damage):
    path = write_atlas(weights, atlas)
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    with pytest.raises(WeightsError, match="damaged"):
        read_atlas(weights)


def test_arrays_that_do_not_fit(weights, atlas):
    path = write_atlas(weights, atlas)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"joints": arrays["joints"][:5]})
    with pytest.raises(WeightsError, match="do not fit"):
        read_atlas(weights)


def test_the_one_that_ships():
    atlas = read_atlas(default_weights())
    n = len(atlas.joints)
    assert n > 1000
    assert {"joints3d", "rgb", "keypoints2d"} <= set(atlas.z)
    assert {a.shape for a in atlas.z.values()} == {(n, 30)}
    assert atlas_path(default_weights()).stat().st_size < 4e6
