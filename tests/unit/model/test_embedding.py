"""The reference set comes back as written, and whatever is wrong with it is said in one sentence."""

import numpy as np
import pytest

from handcam.model.embedding import ReferenceSet, read_reference_set, reference_set_path, write_reference_set
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
def embedding():
    rng = np.random.default_rng(0)
    z = {name: rng.normal(size=(7, 4)).astype(np.float32) for name in ("rgb", "joints3d")}
    variance = {name: np.full(4, 0.5, np.float32) for name in z}
    return ReferenceSet(
        z, variance, rng.normal(size=(7, 21, 3)), rng.normal(size=(7, 2)), ("open [deg]", "spread [deg]")
    )


def test_comes_back_as_written(weights, embedding):
    assert write_reference_set(weights, embedding) == reference_set_path(weights)
    again = read_reference_set(weights)
    assert again.names == embedding.names
    assert list(again.z) == list(embedding.z)
    np.testing.assert_allclose(again.z["rgb"], embedding.z["rgb"], atol=2e-3)
    np.testing.assert_allclose(again.variance["rgb"], 0.5)
    np.testing.assert_allclose(again.joints, embedding.joints, atol=2e-3)
    np.testing.assert_allclose(again.parameters, embedding.parameters, atol=2e-3)
    assert not list(weights.parent.glob("*.tmp*"))


def test_missing(weights):
    with pytest.raises(WeightsError, match="missing"):
        read_reference_set(weights)


def test_of_other_weights(weights, embedding):
    write_reference_set(weights, embedding)
    weights.write_bytes(b"other numbers")
    write_card(weights, WeightsCard("tiny", {}, {}, 4, 224, "common21", "fused", digest(weights)))
    with pytest.raises(WeightsError, match="other weights"):
        read_reference_set(weights)


@pytest.mark.parametrize("damage", [b"", b"not a zip at all", None])
def test_damaged(weights, embedding, damage):
    path = write_reference_set(weights, embedding)
    path.write_bytes(path.read_bytes()[:-200] if damage is None else damage)
    with pytest.raises(WeightsError, match="damaged"):
        read_reference_set(weights)


def test_arrays_that_do_not_fit(weights, embedding):
    path = write_reference_set(weights, embedding)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"joints": arrays["joints"][:5]})
    with pytest.raises(WeightsError, match="do not fit"):
        read_reference_set(weights)


def test_the_one_that_ships():
    embedding = read_reference_set(default_weights())
    n = len(embedding.joints)
    assert n > 1000
    assert {"joints3d", "rgb", "keypoints2d"} <= set(embedding.z)
    assert {a.shape for a in embedding.z.values()} == {(n, 30)}
    assert reference_set_path(default_weights()).stat().st_size < 4e6
