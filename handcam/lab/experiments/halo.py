"""HALO against the rig's skinned surface, on hands that were not trained on, from their true joints.

Intersection over union of random points in the box around a hand, as for occupancy networks; Chamfer distance (L1: the
mean of accuracy and completeness) and normal consistency between points on both surfaces, those of the rig that lie
inside the hand, where fingers run into each other, left out. ``known``: the fingers' thickness is given; else joints
are all that there is. ``skin`` is linear blend skinning over the same joints, ``posed`` the rig at its own true pose
with the thickness of the mean hand: no surface can be nearer that knows the joints alone.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from time import thread_time

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from handcam.hand.canonical import bone_poses
from handcam.hand.halo import CELL, implicit_hand
from handcam.hand.rig import load_rig
from handcam.hand.surface import surface_for_joints
from handcam.lab.experiments import Setup
from handcam.synth.occupancy import SampledHands, outer_points, relative_thickness, sample_hands
from handcam.synth.ray_casting import Mesh, RayCaster

__all__ = ["TITLE", "measure"]

TITLE = "HALO: an implicit surface from joints"
_VOLUME, _SURFACE = 50_000, 10_000
"""Points in the box around a hand, and on its surface."""
_Inside = Callable[[np.ndarray], np.ndarray]


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Figures as in the module, distances in mm, and the time of a surface in ms."""
    rng, n = np.random.default_rng((setup.seed, 83)), 10 if quick else 100
    hands = sample_hands(rng, n)
    faces, thickness = load_rig().faces, relative_thickness(hands)
    found, times = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    posed = _mean_thickness(hands)
    for k, (joints, vertices) in enumerate(zip(hands.joints_m, hands.vertices_m, strict=True)):
        truth = RayCaster(vertices, faces)
        low, high = vertices.min(0) - 0.005, vertices.max(0) + 0.005
        points = rng.uniform(low, high, (_VOLUME, 3))
        inside = truth.winding(points) > 0
        ways: dict[str, tuple[_Inside, Mesh]] = {}
        for name, own in {"": None, "_known": thickness[k]}.items():
            start = thread_time()
            hand = implicit_hand(joints, thickness=own, weights=setup.weights)
            mesh = hand.surface(CELL)
            times["ms"].append(1e3 * (thread_time() - start))
            ways[name] = (lambda at, hand=hand: hand.distance(at) < 0), mesh
        for name, rigged in {"_skin": surface_for_joints(joints), "_posed": posed[k]}.items():
            ways[name] = (lambda at, v=rigged: RayCaster(v, faces).winding(at) > 0), (rigged, faces)
        for name, (occupied, mesh) in ways.items():
            own = occupied(points)
            found[f"iou{name}"].append(float((own & inside).sum() / (own | inside).sum()))
            accuracy, completeness, normals = _compare(rng, mesh, (vertices, faces))
            found[f"chamfer{name}_mm"].append(1e3 * (accuracy + completeness) / 2)
            found[f"normals{name}"].append(normals)
    figures = {"n": float(n), **{name: float(np.mean(values)) for name, values in found.items()}}
    for name in ("iou", "iou_known"):
        figures[f"{name}_worst"] = float(np.min(found[name]))
    return figures | {"ms": float(np.median(times["ms"])), "a_second": 1e3 / float(np.median(times["ms"]))}


def _mean_thickness(hands: SampledHands) -> Float[np.ndarray, "n v 3"]:
    """Surfaces of the same hands with the thickness that a hand of these joints has on average."""
    size = bone_poses(hands.joints_m).size
    mean = (size / hands.shape.size)[:, None].repeat(5, 1).astype(np.float32)
    return load_rig().surface(hands.angles, replace(hands.shape, thickness=mean))[1].astype(float)


def _compare(rng: np.random.Generator, own: Mesh, true: Mesh) -> tuple[float, float, float]:
    """Accuracy and completeness (metres, points to triangles), and the mean cosine of normals at the nearest points."""
    (at, normals), (true_at, true_normals) = (outer_points(rng, mesh, _SURFACE) for mesh in (own, true))
    there, back = KDTree(true_at).query(at)[1], KDTree(at).query(true_at)[1]
    cosines = [(normals * true_normals[there]).sum(-1), (true_normals * normals[back]).sum(-1)]
    accuracy, completeness = RayCaster(*true).distance(at), RayCaster(*own).distance(true_at)
    return float(accuracy.mean()), float(completeness.mean()), float(np.mean(np.abs(np.concatenate(cosines))))
