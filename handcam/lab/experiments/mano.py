"""Hand models in MANO's format: forward kinematics against a plain second one, and joints to parameters.

MANO itself is its authors', so a model of the same format is made of the free rig and written as their files are; a
user's own is measured by ``--weights MANO_RIGHT.pkl``. Joints come from the model itself, at poses and shapes drawn at
random, and from the rig's hands of other people, whose proportions ten shape parameters tell only in part.
"""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.spatial.transform import Rotation

from handcam.hand.conventions import to_order
from handcam.hand.mano import TIPS, Mano, ManoPose, load_mano
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import PARENTS
from handcam.lab.experiments import Setup
from handcam.synth.poses import sample_poses, sample_shape

__all__ = ["TITLE", "measure", "reference", "write_rig_model"]

TITLE = "A user's own MANO"
_PARENTS = (0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)


def write_rig_model(path: Path, vertices: int = 778) -> None:
    """Write a model of MANO's format whose template is the free rig's skin, thinned to so many vertices."""
    rig, rng = load_rig(), np.random.default_rng(0)
    rest = to_order(rig.rest_m[None, :21].astype(float), "mano")[0]
    own = rig.weights[:, :21].astype(float)
    own[:, 0] += rig.weights[:, 21:].sum(1)
    own = to_order(own[..., None], "mano")[..., 0]
    weights, last = own[:, :16], (15, 3, 6, 12, 9)
    weights[:, last] += own[:, 16:]
    keep = np.linspace(0, len(own) - 1, vertices).astype(int)
    template, weights = rig.vertices_m[keep].astype(float), weights[keep] / weights[keep].sum(1, keepdims=True)
    template[list(TIPS)], weights[list(TIPS)] = rest[16:], np.eye(16)[list(last)]
    people = rig_people(rng, 200)[:, keep] - template
    _, spread, directions = np.linalg.svd((people - people.mean(0)).reshape(200, -1), full_matrices=False)
    shapes = (directions[:10] * spread[:10, None] / 200**0.5).reshape(10, vertices, 3)
    one = np.ones((1, vertices))
    regressor = np.linalg.lstsq(np.r_[template.T, one], np.r_[rest[:16].T, one[:, :16]], rcond=None)[0].T
    table = {
        "v_template": template, "shapedirs": np.moveaxis(shapes, 0, -1), "f": np.zeros((1538, 3), np.uint32),
        "posedirs": 2e-4 * rng.standard_normal((vertices, 3, 135)), "J_regressor": sparse.csc_matrix(regressor),
        "weights": weights, "hands_mean": 0.1 * rng.standard_normal(45), "hands_components": np.eye(45),
        "kintree_table": np.stack([np.array(_PARENTS), np.arange(16)]), "bs_style": "lbs", "bs_type": "lrotmin",
    }  # fmt: skip
    path.write_bytes(pickle.dumps(table, protocol=2))


def rig_people(rng: np.random.Generator, n: int) -> Float[np.ndarray, "n v 3"]:
    """The rig's skin at rest for different people."""
    rig, shape = load_rig(), sample_shape(rng, n)
    joints = np.zeros((n, 25, 3), np.float32)
    for j, parent in enumerate(PARENTS[1:], 1):
        joints[:, j] = joints[:, parent] + (rig.rest_m[j] - rig.rest_m[parent]) * shape.lengths[:, j - 1, None]
    joints[:, 21:] = rig.rest_m[21:] * shape.lengths[:, 4::4, None]
    joints *= shape.size[:, None, None]
    joints[:, :, 0] *= shape.breadth[:, None]
    still = np.tile(np.eye(3, dtype=np.float32), (n, 25, 1, 1))
    return rig.skin(joints, still, shape.thickness * shape.size[:, None], shape.breadth * shape.size).astype(float)


def reference(model: Mano, pose: Float[np.ndarray, " 48"], betas: Float[np.ndarray, " 10"]) -> np.ndarray:
    """The 21 joints of one hand in the model's order, by homogeneous matrices, one joint and vertex at a time."""
    turns = Rotation.from_rotvec(pose.reshape(16, 3)).as_matrix()
    joints = model.joints_m + model.joint_shape_m @ betas
    world = [np.eye(4) for _ in range(16)]
    for j, parent in enumerate(_PARENTS):
        step = np.eye(4)
        step[:3, :3], step[:3, 3] = turns[j], joints[j] - (joints[parent] if j else 0)
        world[j] = world[parent] @ step if j else step
    features = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    out = [matrix[:3, 3] for matrix in world]
    for v in TIPS:
        point = model.template_m[v] + model.shape_m[v] @ betas + model.correctives_m[v] @ features
        each = [matrix[:3, :3] @ (point - joint) + matrix[:3, 3] for matrix, joint in zip(world, joints, strict=True)]
        out.append(model.weights[v] @ np.array(each))
    return np.array(out)


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Errors in mm, and the time of a hand in ms."""
    rng, n = np.random.default_rng(setup.seed), 40 if quick else 400
    with TemporaryDirectory() as folder:
        path = setup.weights or Path(folder) / "MANO_RIGHT.pkl"
        if setup.weights is None:
            write_rig_model(path)
        model = load_mano(path)
    pose = np.concatenate([rng.uniform(-2, 2, (n, 3)), model.mean_rad + 0.3 * rng.standard_normal((n, 45))], 1)
    true = ManoPose(pose, np.tile(rng.standard_normal(10), (n, 1)), rng.normal(0, 0.2, (n, 3)))
    joints = model.joints(true)
    plain = np.stack([reference(model, pose[i], true.betas[i]) + true.trans_m[i] for i in range(n)])
    start = thread_time()
    found = model.fit(joints)
    took = thread_time() - start
    others: list[float] = []
    for _ in range(10):  # people of all the rig's proportions
        person = sample_shape(rng, 1)[np.zeros(n // 10, int)]
        posed = load_rig().pose(sample_poses(rng, n // 10).angles, person)[:, :21].astype(float)
        others.append(float(np.linalg.norm(model.joints(model.fit(posed)) - posed, axis=-1).mean()))
    own = np.linalg.norm(model.joints(found) - joints, axis=-1)
    return {
        "n": n, "forward_mm": 1e3 * float(np.abs(to_order(joints, "mano") - plain).max()),
        "fit_mm": 1e3 * float(own.mean()), "fit_worst_mm": 1e3 * float(own.mean(1).max()),
        "fit_vertices_mm": 1e3 * float(np.linalg.norm(model.vertices(found) - model.vertices(true), axis=-1).mean()),
        "fit_other_hands_mm": 1e3 * float(np.mean(others)), "fit_ms": 1e3 * took / n,
    }  # fmt: skip
