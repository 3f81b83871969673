"""A user's own hand model: read without running it, posed exactly, and fitted."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.transform import Rotation

from handcam.hand.conventions import from_order
from handcam.hand.mano import TIPS, ManoPose, load_mano, mirrored_parameters
from handcam.lab.experiments.mano import write_rig_model
from handcam.types import HandcamError

VERTICES, PARENTS = 778, (0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)


def random_model(rng: np.random.Generator) -> dict:
    weights = rng.random((VERTICES, 16)) ** 8
    regressor = sparse.csc_matrix(rng.random((16, VERTICES)) * (rng.random((16, VERTICES)) < 0.02))
    return {
        "v_template": rng.normal(0, 0.05, (VERTICES, 3)), "shapedirs": rng.normal(0, 0.01, (VERTICES, 3, 10)),
        "posedirs": rng.normal(0, 0.001, (VERTICES, 3, 135)), "J_regressor": regressor,
        "weights": weights / weights.sum(1, keepdims=True), "f": np.zeros((1538, 3), np.uint32),
        "hands_mean": rng.normal(0, 0.1, 45), "bs_style": "lbs",
    }  # fmt: skip


def reference(model: dict, pose: np.ndarray, betas: np.ndarray, trans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints (16 3) and vertices as the paper has them: shape, regress, pose correctives, chain, blend."""
    turns = Rotation.from_rotvec(pose.reshape(16, 3)).as_matrix()
    shaped = model["v_template"] + model["shapedirs"] @ betas
    joints = model["J_regressor"].toarray() @ shaped
    posed = shaped + model["posedirs"] @ (turns[1:] - np.eye(3)).ravel()
    world: list[np.ndarray] = []
    for j, parent in enumerate(PARENTS):
        step = np.eye(4)
        step[:3, :3], step[:3, 3] = turns[j], joints[j] - (joints[parent] if j else 0)
        world.append(world[parent] @ step if j else step)
    moved = np.zeros((VERTICES, 3))
    for j in range(16):
        there = (posed - joints[j]) @ world[j][:3, :3].T + world[j][:3, 3]
        moved += model["weights"][:, j, None] * there
    return np.stack([w[:3, 3] for w in world]) + trans, moved + trans


class Ch:
    """An array of chumpy, as pickles of the original files hold it."""

    def __init__(self, x):
        self.x = x


class Select:
    """Entries of another array, as chumpy cuts ten of MANO's shapes out of more."""

    def __init__(self, a, idxs, preferred_shape):
        self.a, self.idxs, self.preferred_shape = a, idxs, preferred_shape


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict]:
    """A model as its authors' file has it: protocol 2, and the shapes selected by chumpy."""
    model = random_model(np.random.default_rng(3))
    more = np.concatenate([model["shapedirs"], np.ones((VERTICES, 3, 5))], -1)
    index = np.arange(more.size).reshape(more.shape)[..., :10].ravel()
    Ch.__module__, Select.__module__ = "chumpy.ch", "chumpy.reordering"
    import sys
    from types import ModuleType

    names = {"chumpy": {}, "chumpy.ch": {"Ch": Ch}, "chumpy.reordering": {"Select": Select}}
    for name, holds in names.items():
        sys.modules[name] = ModuleType(name)
        sys.modules[name].__dict__.update(holds)
    try:
        table = model | {"shapedirs": Select(Ch(more), index, (VERTICES, 3, 10))}
        data = pickle.dumps(table, protocol=2)
    finally:
        for name in names:
            del sys.modules[name]
    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(data)
    return path, model


def test_forward_kinematics_are_the_paper_s(written):
    path, model = written
    found, rng = load_mano(path), np.random.default_rng(0)
    given = ManoPose(rng.normal(0, 0.6, (3, 48)), rng.standard_normal((3, 10)), rng.standard_normal((3, 3)))
    joints, vertices = found.joints(given), found.vertices(given)
    for i in range(3):
        own, surface = reference(model, given.pose[i], given.betas[i], given.trans_m[i])
        assert np.abs(vertices[i] - surface).max() < 1e-6
        expected = from_order(np.concatenate([own, surface[list(TIPS)]]), "mano")
        assert np.abs(joints[i] - expected).max() < 1e-6
    assert np.allclose(found.mean_rad, model["hands_mean"])


def test_joints_give_parameters_that_give_the_joints(tmp_path):
    write_rig_model(tmp_path / "MANO_RIGHT.pkl")
    model, rng, n = load_mano(tmp_path / "MANO_RIGHT.pkl"), np.random.default_rng(5), 8
    pose = np.concatenate([rng.uniform(-2, 2, (n, 3)), 0.35 * rng.standard_normal((n, 45))], 1)
    true = ManoPose(pose, np.tile(rng.standard_normal(10), (n, 1)), rng.normal(0, 0.3, (n, 3)))
    joints = model.joints(true)
    found = model.fit(joints)
    assert np.linalg.norm(model.joints(found) - joints, axis=-1).mean(1).max() < 0.003
    assert np.ptp(found.betas, axis=0).max() == 0, "one person"
    twice = mirrored_parameters(mirrored_parameters(found))
    assert all(np.allclose(a, b) for a, b in zip(twice, found, strict=True))


def test_mirrored_parameters_pose_the_mirror_image(tmp_path):
    """The left model is the right one mirrored; its hand with the mirrored parameters is the right hand mirrored."""
    from dataclasses import replace

    write_rig_model(tmp_path / "MANO_RIGHT.pkl")
    right, rng, flip = load_mano(tmp_path / "MANO_RIGHT.pkl"), np.random.default_rng(6), np.array([-1.0, 1.0, 1.0])
    turned = np.tile((flip[:, None] * flip).ravel(), 15)
    left = replace(
        right, template_m=right.template_m * flip, shape_m=right.shape_m * flip[:, None],
        joints_m=right.joints_m * flip, joint_shape_m=right.joint_shape_m * flip[:, None],
        correctives_m=right.correctives_m * flip[:, None] * turned,
    )  # fmt: skip
    given = ManoPose(rng.normal(0, 0.5, (2, 48)), rng.standard_normal((2, 10)), rng.standard_normal((2, 3)))
    assert np.allclose(left.vertices(mirrored_parameters(given)), right.vertices(given) * flip, atol=1e-12)


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/handcam-was-run",)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"v_template": Evil()}), pickle.dumps({"v_template": np.zeros(3)}), pickle.dumps([1]), b"",
        b"\x80\x02", pickle.dumps({"v_template": print}),
        pickle.dumps(random_model(np.random.default_rng(0)) | {"weights": np.ones((9, 16))}),
        b"cbuiltins\neval\n(S'1'\ntR.", b"ccopyreg\n_reconstructor\n(cnumpy\nndarray\nc__builtin__\nobject\nNtR.",
    ],
)  # fmt: skip
def test_what_is_no_model_is_refused_and_not_run(tmp_path, content):
    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(content)
    with pytest.raises(HandcamError, match=r"no hand model in MANO's format .* give MANO_RIGHT.pkl"):
        load_mano(path)
    assert not Path("/tmp/handcam-was-run").exists()


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(HandcamError, match="nowhere"):
        load_mano(tmp_path / "nowhere.pkl")
