"""Inverse kinematics: the filters ``ik`` and ``ik_closed_form`` on real poses with the estimator's errors.

A track is frames of one person of DexYCB (validation only), each with an error that the shipped estimator made on a
rendered hand, at its full size and at parts of it. Figures are over the frames after those from which the skeleton is
learnt, relative to the root; ``held`` is the tracker's own rule, which scales bones to their mean
lengths. With ``--data folder:PATH`` also labelled pictures, through the tracker.
"""

from collections import defaultdict
from pathlib import Path
from time import thread_time

import numpy as np
from jaxtyping import Float

from handcam.api import open_tracker
from handcam.filters import Filter, ik_closed_form
from handcam.filters import ik as solver
from handcam.hand.rotations import joint_frames, matrices
from handcam.hand.skeleton import MIRROR, bone_lengths, hand_length
from handcam.lab.data.dexycb import open_poses
from handcam.lab.data.estimator_errors import EstimatorErrors, estimator_errors
from handcam.lab.data.sets import open_dataset
from handcam.lab.evaluate.metrics import align, joint_errors, procrustes_errors
from handcam.lab.experiments import Setup
from handcam.lab.train.ik import sample_hands
from handcam.model.weights import default_weights
from handcam.tracking.bones import with_bones
from handcam.types import Controls, HandPose, Side

__all__ = ["TITLE", "measure"]

TITLE = "Inverse kinematics by a network"
LEVELS = {"": 1.0, "_half": 0.5, "_quarter": 0.25, "_exact": 0.0, "_steady": 1.0}
"""Size of the errors by the ending of a figure's name; ``steady``: one error for all frames of a track, the worst case
for a skeleton that is learnt from them."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Figures in mm, degrees, ms and percent; see the module."""
    place = next((Path(name[7:]) for name in setup.data if name.startswith("dexycb:")), None)
    people, errors = open_poses(place), estimator_errors(default_weights(), 1)
    rng = np.random.default_rng(setup.seed)
    tracks, frames = (24, 10) if quick else (240, 20)
    figures: dict[str, float] = {}
    for ending, level in LEVELS.items():
        found = defaultdict[str, list[float]](list)
        for number in range(tracks):
            poses = people[number % 2]
            person = np.flatnonzero(poses.subject == number // 2 % 10)
            truth = poses.joints_m[rng.choice(person, solver.FRAMES + frames)]
            _track(rng, truth, poses.side, (errors, level, ending == "_steady"), found)
        figures |= {f"{name}{ending}": float(np.mean(values)) for name, values in found.items() if name != "bones"}
        figures[f"bones_percent{ending}"] = max(found["bones"])
    figures["gain_percent"] = 100 * (1 - figures["ik_mm"] / figures["raw_mm"])
    figures |= _rotations(rng, errors, tracks)
    for data in setup.data:
        figures |= {} if data.startswith("dexycb:") else _pictures(data)
    return {"n": float(tracks * frames), **figures, "ms": _time_ms(people[0].joints_m)}


def _pictures(data: str) -> dict[str, float]:
    """Errors on labelled pictures, each alone through the tracker, at the true hand length."""
    tracker, found = open_tracker(), defaultdict[str, list[float]](list)
    samples = open_dataset(data)
    for sample in (samples[i] for i in range(len(samples))):
        if sample.joints_m is None:
            continue
        tracker.reset()
        controls = Controls(filters=(), max_hands=1, hand_length_m=float(hand_length(sample.joints_m)))
        tracker.track(sample.frame, controls)
        hands = tracker.track(sample.frame, controls).hands
        if not hands or hands[0].raw.side is not sample.side:
            continue
        raw = hands[0].raw
        for name, pose in {
            "raw": raw, "closed_form": ik_closed_form.open().apply(raw, 0), "ik": solver.open().apply(raw, 0),
        }.items():  # fmt: skip
            off = joint_errors(align(pose.joints_m, sample.joints_m), sample.joints_m)
            found[f"pictures_{name}_mm"].append(1e3 * float(off.mean()))
    tracker.close()
    return {"pictures": float(len(found["pictures_raw_mm"])), **{k: float(np.mean(v)) for k, v in found.items() if v}}


def _track(
    rng: np.random.Generator, truth: Float[np.ndarray, "t 21 3"], side: Side,
    noise: tuple[EstimatorErrors, float, bool], found: dict[str, list[float]],
) -> None:  # fmt: skip
    """Filter one track, and append its figures."""
    mirror = MIRROR if side is Side.LEFT else np.ones(3)
    errors, level, steady = noise
    noisy, sigma = errors.drawn(rng, truth * mirror, level, steady)
    poses = [_pose(joints, sigma[i], side) for i, joints in enumerate(noisy * mirror)]
    lengths = bone_lengths(noisy[: solver.FRAMES]).mean(0)
    held = [with_bones(pose, lengths / float(lengths[8:12].sum())) for pose in poses]
    late = slice(solver.FRAMES, None)
    for name, result in {
        "raw": poses, "held": held, "closed_form": _filtered(ik_closed_form.open(), poses),
        "ik": _filtered(solver.open(), poses),
    }.items():  # fmt: skip
        joints = np.stack([pose.joints_m for pose in result])
        off = 1e3 * joint_errors(align(joints, truth, scale=False), truth).mean(1)
        found[f"{name}_mm"].append(float(off[late].mean()))
        found[f"{name}_first_mm"].append(float(off[0]))
        found[f"{name}_pa_mm"].append(float(1e3 * procrustes_errors(joints[late], truth[late]).mean()))
        if name == "ik":
            bones = bone_lengths(joints[late])
            found["bones"].append(float(100 * (np.ptp(bones, axis=0) / bones.mean(0)).max()))


def _filtered(filter: Filter, poses: list[HandPose]) -> list[HandPose]:
    return [filter.apply(pose, i) for i, pose in enumerate(poses)]


def _pose(joints_m: Float[np.ndarray, "21 3"], sigma_m: Float[np.ndarray, " 21"], side: Side) -> HandPose:
    return HandPose(side, 1.0, joints_m, True, np.zeros((21, 2)), sigma_m)


def _rotations(rng: np.random.Generator, errors: EstimatorErrors, n: int) -> dict[str, float]:
    """Mean angle between solved and true bone frames of the rig's own hands, whose turns about the bones are known."""
    hands = sample_hands(rng, n, errors)
    found = defaultdict[str, list[float]](list)
    for ending, joints, sigma in (("", hands.noisy_m, hands.sigma_m), ("_exact", hands.joints_m, 0 * hands.sigma_m)):
        for i in range(n):
            pose = _pose(joints[i], sigma[i], Side.RIGHT)
            solved = [joint_frames(joints[i], Side.RIGHT)]
            for opened in (ik_closed_form.open(), solver.open()):
                rotations = opened.apply(pose, 0).rotations
                assert rotations is not None
                solved.append(matrices(rotations))
            for name, frames in zip(("convention", "closed_form", "ik"), solved, strict=True):
                trace = np.einsum("jab,jab->j", frames, hands.frames[i])
                angle = np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))
                found[f"{name}_rotation_deg{ending}"].append(float(angle.mean()))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _time_ms(joints_m: Float[np.ndarray, "n 21 3"]) -> float:
    """Median time of this thread for a frame of a track whose skeleton is known."""
    filter, times = solver.open(), list[float]()
    for i in range(solver.FRAMES + 200):
        pose = _pose(joints_m[i], np.full(21, 0.006), Side.LEFT)
        start = thread_time()
        filter.apply(pose, i)
        times.append(thread_time() - start)
    return 1e3 * float(np.median(times[solver.FRAMES :]))
