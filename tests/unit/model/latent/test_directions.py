"""Directions are found in a latent space that is known by construction: three dimensions in use of five."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from typed import present

from handcam.hand.rig import load_rig
from handcam.hand.skeleton import INDEX, normalise
from handcam.model.embedding import ReferenceSet
from handcam.model.latent.directions import (
    EFFECTS,
    PARAMETERS,
    SEEN_MM,
    effects_of,
    named_directions,
    parameters_of,
    principal_directions,
    raw_directions,
)
from handcam.synth.poses import sample_poses
from handcam.types import NOMINAL_HAND_LENGTH_M

SCALE = np.array([1.0, 0.7, 0.0, 0.4, 0.0])
TURN = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 5)))[0]


def decode(z):
    """Joints that move along x, y and z with the first, second and fourth of the turned latent."""
    assert z.dtype == np.float32
    told = z @ TURN
    out = np.zeros((len(z), 21, 3), np.float32)
    out[:, 1:, 0], out[:, 1:, 1], out[:, 1:, 2] = 0.10 * told[:, :1], 0.05 * told[:, 1:2], 0.02 * told[:, 3:4]
    return out + np.linspace(0, 1, 63, dtype=np.float32).reshape(21, 3)


@pytest.fixture(scope="module")
def atlas():
    rng = np.random.default_rng(0)
    told = rng.normal(size=(1500, 5)) * SCALE
    z = (told @ TURN.T).astype(np.float32)
    parameters = np.stack([3.0 * told[:, 0] + told[:, 1], rng.normal(size=1500)], 1).astype(np.float32)
    variance = np.full(5, 0.01, np.float32)
    return ReferenceSet({"joints3d": z}, {"joints3d": variance}, decode(z), parameters, ("open [°]", "noise"))


def test_principal_directions_come_by_how_far_they_move_the_hand(atlas):
    found = principal_directions(atlas, decode)
    assert [d.name.split()[0] for d in found] == ["1", "2", "3", "4", "5"]
    assert [d.mm for d in found] == sorted((d.mm for d in found), reverse=True)
    for direction, axis, step in zip(found, (0, 1, 3), (0.10, 0.05, 0.02), strict=False):
        went = direction.step(np.zeros(5))
        along = went / np.linalg.norm(went)
        assert abs(along @ TURN[:, axis]) > 0.99
        sigma = np.hypot(SCALE[axis], 0.1)
        assert np.linalg.norm(went) == pytest.approx(sigma, rel=0.06)
        assert direction.mm == pytest.approx(sigma * step * 20 / 21 * 1000 * NOMINAL_HAND_LENGTH_M, rel=0.1)
    assert sum(d.mm > SEEN_MM for d in found) == 3


def test_a_principal_direction_is_named_by_what_it_does():
    """Latents that curl the index finger, less with more of it, and turn the hand in the picture."""
    rng, rig = np.random.default_rng(0), load_rig()
    z = rng.normal(size=(300, 3)).astype(np.float32) * np.array([1.0, 0.5, 0.01], np.float32)

    def decoded(z):
        angles = np.zeros((len(z), 24), np.float32)
        angles[:, [6, 8]] = 0.6 - 0.3 * z[:, :1]
        turn = Rotation.from_rotvec(z[:, 1:2] * [0.0, 0.0, 0.5]).as_matrix()
        hands = normalise(rig.pose(angles)[:, :21].astype(float)) * [1.0, -1.0, -1.0]
        return np.einsum("nij,nkj->nki", turn, hands).astype(np.float32)

    atlas = ReferenceSet({"joints3d": z}, {"joints3d": np.full(3, 1e-4, np.float32)}, decoded(z), z, ("a", "b", "c"))
    found = principal_directions(atlas, decoded)
    assert {d.name[2:] for d in found[:2]} == {"index curls", "turns clockwise"}
    assert found[2].name == "3"
    for name in ("index curls", "turns clockwise"):
        direction = next(d for d in found if d.name.endswith(name))
        more, less = (decoded(direction.moved(np.zeros(3), by)[None].astype(np.float32)) for by in (1.0, -1.0))
        assert effects_of(more, less)[0, list(EFFECTS).index(name)] > 20


def test_a_direction_reads_and_moves(atlas):
    z = np.random.default_rng(1).normal(size=5)
    found = [
        *principal_directions(atlas, decode),
        *raw_directions(atlas.z["joints3d"], decode),
        *named_directions(atlas, decode),
    ]
    for direction in found:
        if direction.r2 is None or direction.r2 > 0.5:
            assert direction.at(direction.moved(z, 1.7)) == pytest.approx(1.7, abs=0.02)
            there = direction.moved(direction.moved(z, 1.7), direction.at(z))
            np.testing.assert_allclose(there, z, atol=0.05)  # the way back
        assert direction.slope(z) @ direction.step(z) == pytest.approx(1.0)
    first, second = found[:2]
    assert second.at(first.moved(z, 2.0)) == pytest.approx(second.at(z))  # at right angles
    raw = raw_directions(atlas.z["joints3d"], decode)
    assert [d.name for d in raw] == ["z1", "z2", "z3", "z4", "z5"]
    assert raw[2].at(z) == pytest.approx(z[2])


def test_named_directions_say_how_well_they_fit(atlas):
    there, noise = named_directions(atlas, decode)
    assert (there.name, there.unit) == ("open", "°")
    assert present(there.r2) > 0.98
    assert present(noise.r2) < 0.05
    assert noise.unit == ""
    told = there.step(np.zeros(5)) @ TURN
    assert told[0] / told[1] == pytest.approx(3.0, rel=0.1)


def test_a_bent_direction_is_found_and_followed():
    rng = np.random.default_rng(4)
    told = rng.normal(size=(3000, 5)) * SCALE
    z = (told @ TURN.T).astype(np.float32)
    product = (told[:, 0] * told[:, 1])[:, None].astype(np.float32)  # which way is on depends on where one is
    atlas = ReferenceSet({"joints3d": z}, {"joints3d": np.full(5, 0.01, np.float32)}, decode(z), product, ("product",))
    (direction,) = named_directions(atlas, decode)
    assert present(direction.r2) > 0.95
    assert present(named_directions(atlas, decode, products=False)[0].r2) < 0.05
    for here in ([1.0, 0.5, 0, 0, 0], [-1.0, 0.5, 0, 0, 0], [0.3, -0.6, 0, 0.2, 0]):
        start = TURN @ np.array(here)
        more = TURN.T @ direction.moved(start, direction.at(start) + 1.0)
        assert more[0] * more[1] - here[0] * here[1] == pytest.approx(product.std(), rel=0.15)
    flat = np.zeros(5)  # a saddle: there is no way on, and none is made up
    assert np.linalg.norm(direction.moved(flat, 3.0)) < 6.5


def test_parameters_are_what_they_are_called():
    rng = np.random.default_rng(0)
    poses = sample_poses(rng, 200)
    told = dict(zip(PARAMETERS, parameters_of(normalise(poses.joints_m)).T, strict=True))
    curl = np.stack([told[f"{f} curl [°]"] for f in ("index", "middle", "ring", "little")])
    np.testing.assert_allclose(told["open [°]"], -curl.mean(0), atol=1e-3)
    angles = np.degrees(poses.angles)
    assert np.corrcoef(told["index curl [°]"], angles[:, [6, 8, 9]].sum(1))[0, 1] > 0.97
    tips = np.linalg.norm(poses.joints_m[:, INDEX["thumb_tip"]] - poses.joints_m[:, INDEX["index_tip"]], axis=1)
    assert np.corrcoef(told["pinch [hand lengths]"], -tips)[0, 1] > 0.9
    dorsal = poses.rotation[:, :, 2]
    forward = poses.rotation[:, :, 1]
    assert np.corrcoef(told["palm ahead"], dorsal[:, 2])[0, 1] > 0.9
    assert np.corrcoef(told["tips ahead"], -forward[:, 2])[0, 1] > 0.9
    assert np.corrcoef(told["tips right"], forward[:, 0])[0, 1] > 0.9
