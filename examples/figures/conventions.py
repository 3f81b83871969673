"""Measure where other joint conventions put their joints, and draw it.

    python examples/figures/conventions.py pairs PAIRS.npz FOLDER [FOLDER ...]
    python examples/figures/conventions.py measure PAIRS.npz
    python examples/figures/conventions.py mano DEXYCB
    python examples/figures/conventions.py draw docs/images/conventions.png

``measure`` writes ``handcam/hand/conventions.json``. OpenXR's joints are measured on the hand rig, whose file is the
WebXR hand: each of its joints rides on the bone it lies on, in 3,000 sampled hands. MediaPipe's are measured on
pictures under free licences, one folder a data set (``DATA`` names those that were used), of which ``pairs`` keeps its
world landmarks and handcam's joints; what is stated is the error on data sets that were left out.

``mano`` says how far ours are from MANO's joints (DexYCB's labels, for validation alone: nothing is fitted to them):
labelled hands are given our mean bones in the labelled directions, and laid over the label.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handcam.geometry import fit_similarity
from handcam.hand import conventions
from handcam.hand.conventions import convention, from_order
from handcam.hand.matching import match_hands
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import BONES, FINGER_OF_JOINT, INDEX, JOINTS, bone_lengths, hand_length
from handcam.hand.surface import bone_rotations
from handcam.synth.poses import sample_poses
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, Frame, Intrinsics, Side

DATA = "dwivedi_gesture, ragadag_hands (CC BY 4.0), kaust_rps (CDLA-Sharing-1.0), ardamavi_digits, subhi_hands (Apache-2.0), asl_letters_davidlee (public domain)"  # fmt: skip # noqa: E501
PICTURES = 150
"""Taken of each folder, evenly spread."""
LONGEST_PX = 640
SAME_HAND = 0.1
"""Mean distance of the keypoints, in hand sizes, up to which both methods are taken to have found the hand."""
RIDGE = 5e-4
"""Prior of the weights, for each hand: 1 over (their deviation from the joint itself over a joint's noise) squared."""
OUTLIER = 0.1
"""Error, hand lengths, at which a joint has lost half of its weight."""
PALM = tuple(INDEX[name] for name in ("wrist", "thumb_cmc", "index_mcp", "middle_mcp", "ring_mcp", "little_mcp"))
LEAST_SHARE = 0.015
"""Smaller weights are left out."""
MM = 1e3 * NOMINAL_HAND_LENGTH_M


def fit(ours: np.ndarray, theirs: np.ndarray, prior: np.ndarray, trust: np.ndarray, ridge: float) -> np.ndarray:
    """Weights (n 21) of our joints (b 21 3) in theirs (b n 3), near the prior; a joint weighs its finger and palm."""
    out = np.zeros_like(prior)
    for j in range(len(prior)):
        nearest = int(prior[j].argmax())
        finger = [k for k in range(21) if FINGER_OF_JOINT[k] == FINGER_OF_JOINT[nearest]]
        others = [k for k in sorted({*PALM, *finger}) if k != nearest]
        weight = np.repeat(trust[:, j], 3)[:, None]
        a = (ours[:, others] - ours[:, [nearest]]).swapaxes(1, 2).reshape(-1, len(others))
        off = (theirs[:, j] - ours[:, nearest]).reshape(-1)
        shares = np.linalg.solve(
            (weight * a).T @ a + ridge * len(ours) * np.eye(len(others)), (weight * a).T @ off
        )  # fmt: skip
        shares = np.where(np.abs(shares) < LEAST_SHARE, 0.0, shares).round(4)
        out[j, others], out[j, nearest] = shares, 1 - shares.sum()
    return out


def errors_mm(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Distances (b n) of joints in hand lengths after the best similarity, mm of a hand of nominal length."""
    return np.linalg.norm(fit_similarity(ours, theirs) - theirs, axis=-1) * MM


def openxr() -> dict[str, Any]:
    """The map of OpenXR's joints, and its error on hands that it was not fitted to."""
    c, rig = convention("openxr26"), load_rig()
    poses = sample_poses(np.random.default_rng(0), 3000)
    whole = rig.pose(poses.angles, poses.shape).astype(float)
    ours = whole[:, :21]
    _, turns = bone_rotations(ours.astype(np.float32), rig)
    theirs = np.empty((len(ours), 26, 3))
    bones = {j: p for p, j in BONES}
    for name, j in INDEX.items():
        i = c.numbers[j]
        if name.endswith("_mcp") and not name.startswith("thumb"):  # it lies within the palm
            theirs[:, i] = _ride(whole, turns, rig, 20 + FINGER_OF_JOINT[j], j, j)
        elif name == "wrist":
            theirs[:, i] = ours[:, j]
        elif name.endswith("_tip"):
            theirs[:, i] = _ride(whole, turns, rig, bones[j], j, j)
        else:  # it lies on the bone that it begins
            theirs[:, i] = _ride(whole, turns, rig, j, j + 1, j)
    for f, finger in enumerate(("index", "middle", "ring", "little")):
        theirs[:, c.joints.index(f"{finger}_metacarpal")] = whole[:, 21 + f]
    middle = [c.joints.index(f"middle_{part}") for part in ("metacarpal", "proximal")]
    theirs[:, 0] = theirs[:, middle].mean(1)
    size = hand_length(ours)[:, None, None]
    ours, theirs = ours / size, theirs / size
    prior = np.zeros((26, 21))
    prior[list(c.numbers), range(21)] = 1.0
    for i in c.estimated:
        prior[i, INDEX[f"{c.joints[i].split('_')[0] if i else 'middle'}_mcp"]] = 1.0
    half, trust = len(ours) // 2, np.ones(theirs.shape[:2])
    weights = fit(ours[:half], theirs[:half], prior, trust[:half], RIDGE / 100)
    before, after = (np.linalg.norm(w @ ours[half:] - theirs[half:], axis=-1) * MM for w in (prior, weights))
    known = list(c.numbers)
    return {
        "measured_on": f"the joints of assets/hand-rig (MIT) in {half} sampled hands; errors on {half} others",
        "before_mm": round(float(before[:, known].mean()), 2), "after_mm": round(float(after.mean()), 2),
        "weights": _named(c.joints, weights, prior),
    }  # fmt: skip


def _ride(whole: np.ndarray, turns: np.ndarray, rig: Any, bone: int, end: int, joint: int) -> np.ndarray:
    """A joint of the file (b 3), carried by the bone from one of our joints to another."""
    rest = rig.rest_m.astype(float)
    stretch = np.linalg.norm(whole[:, end] - whole[:, bone], axis=1) / np.linalg.norm(rest[end] - rest[bone])
    return whole[:, bone] + turns[:, bone] @ (rig.file_m[joint] - rest[bone]) * stretch[:, None]


def _named(joints: tuple[str, ...], weights: np.ndarray, prior: np.ndarray) -> dict[str, dict[str, float]]:
    """The weights of joints that are moved, by name; rounded, and 1 in all."""
    out: dict[str, dict[str, float]] = {}
    for name, row, start in zip(joints, weights, prior, strict=True):
        if not (row == start).all():
            rounded = row.round(4)
            rounded[start.argmax()] += 1 - rounded.sum()
            out[name] = {JOINTS[k]: round(float(rounded[k]), 4) for k in np.flatnonzero(rounded)}
    return out


def mediapipe(pairs: Path) -> dict[str, Any]:
    """The map of MediaPipe's landmarks, and the aligned error on each data set by a map of the others."""
    with np.load(pairs) as seen:
        ours, theirs, folder = seen["ours"], seen["theirs"], seen["folder"]
    after = np.zeros((len(ours), 21))
    for k in np.unique(folder):
        others = folder != k
        after[~others] = errors_mm(fit_aligned(ours[others], theirs[others]) @ ours[~others], theirs[~others])
    before, joints = errors_mm(ours, theirs), convention("mediapipe").joints
    return {
        "measured_on": f"{len(ours)} hands of {DATA}; errors on the data set that was left out",
        "before_mm": round(float(before.mean()), 2), "after_mm": round(float(after.mean()), 2),
        "weights": _named(joints, fit_aligned(ours, theirs), np.eye(21)),
    }  # fmt: skip


def fit_aligned(ours: np.ndarray, theirs: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Weights (21 21) where neither method knows how the hand is turned, or how large it is: that stays as it is."""
    weights = np.eye(21)
    for _ in range(rounds):
        mapped = weights @ ours
        near = fit_similarity(theirs, mapped)
        middle = near.mean(1, keepdims=True)
        near = middle + (near - middle) * (_size(mapped) / _size(near))  # the best similarity shrinks what is noisy
        trust = 1 / (1 + np.square(np.linalg.norm(near - mapped, axis=-1) / OUTLIER))
        weights = fit(ours, near, np.eye(21), trust, RIDGE)
    palm = np.zeros(21)
    palm[list(PALM)] = 1 / len(PALM)
    return palm + (weights - palm) * float(np.mean(_size(ours) / _size(weights @ ours)))


def _size(joints: np.ndarray) -> np.ndarray:
    """Root of the summed squares about the centroid (b 1 1)."""
    return np.linalg.norm(joints - joints.mean(1, keepdims=True), axis=(1, 2), keepdims=True)


def find_pairs(out: Path, folders: list[Path]) -> None:
    """Keep the joints of both methods in the pictures of some folders."""
    seen = [_both(folder) for folder in folders]
    ours, theirs = (np.concatenate(x) for x in zip(*seen, strict=True))
    np.savez(out, ours=ours, theirs=theirs, folder=np.repeat(np.arange(len(seen)), [len(a) for a, _ in seen]))


def _both(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Right hands (b 21 3) in hand lengths that handcam and MediaPipe both find in a folder's pictures."""
    from handcam.api import open_tracker
    from handcam.detectors import mediapipe as rival

    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    tracker, landmarker = open_tracker(None, "openvino:int8"), rival.open()
    pairs: list[np.ndarray] = []
    for number in np.unique(np.linspace(0, len(files) - 1, PICTURES).round().astype(int)).tolist():
        picture = cv2.imread(str(files[number]), cv2.IMREAD_COLOR_RGB)
        if picture is None:
            continue
        scale = min(1.0, LONGEST_PX / max(picture.shape))
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = Frame(0, 0, Intrinsics.from_fov(picture.shape[1], picture.shape[0], np.pi / 3), picture)
        tracker.reset()
        found, marks = tracker.track(frame, Controls(filters=())).hands, landmarker.landmarks(frame)
        for i, k in match_hands([h.raw.keypoints_px for h in found], [m.keypoints_px for m in marks]).items():
            mark, pose = marks[i], found[k].raw
            off = np.linalg.norm(pose.keypoints_px - mark.keypoints_px, axis=1).mean()
            if off < SAME_HAND * np.ptp(mark.keypoints_px, axis=0).max() and mark.side is pose.side:
                pair = np.stack([pose.joints_m, mark.world_m]) * [1 if pose.side is Side.RIGHT else -1, 1, 1]
                pairs.append(pair / hand_length(pair)[:, None, None])
    tracker.close()
    landmarker.close()
    print(f"{folder.name}: {len(pairs)} hands", flush=True)
    return tuple(np.array(pairs).swapaxes(0, 1))  # type: ignore[return-value]


def mano(folder: Path) -> np.ndarray:
    """Mean distance (21) of our joints from MANO's, mm of a hand of nominal length."""
    from handcam.tracking.bones import MEAN_LENGTHS

    apart: list[np.ndarray] = []
    for side in ("left", "right"):
        data = np.load(folder / f"dexycb_{side}.npz")
        theirs = from_order(data["joints3d_m"][::50].astype(float), "ho3d")
        for subject in np.unique(data["subject"][::50]):
            hands = theirs[data["subject"][::50] == subject]
            hands = hands / hand_length(hands)[:, None, None]
            lengths, ours = bone_lengths(hands), np.zeros_like(hands)
            for k, (parent, joint) in enumerate(BONES):
                bone = (hands[:, joint] - hands[:, parent]) / lengths[:, k, None]
                ours[:, joint] = ours[:, parent] + bone * MEAN_LENGTHS[k]
            apart.append(errors_mm(ours, hands).mean(0))
    return np.mean(apart, 0)


def draw(out: Path) -> None:
    """Draw the joints of every moved convention over ours, on the hand at rest, seen from the back."""
    from matplotlib.figure import Figure

    rest, ink = load_rig().rest_m[:21].astype(float), "#d8dce2"
    figure = Figure(figsize=(9, 4.6), layout="constrained", facecolor="#16181c")
    for axes, name in zip(figure.subplots(1, 2), ("mediapipe", "openxr26"), strict=True):
        c = convention(name)
        theirs, figures = c.of_common(rest) * 1e3, conventions.measured()[name]
        for parent, joint in BONES:
            axes.plot(*rest[[parent, joint], :2].T * 1e3, color="#5a616b", linewidth=1.2)
        axes.scatter(*rest[:, :2].T * 1e3, s=26, facecolors="none", edgecolors=ink, label="common21")
        for joint, parent in enumerate(c.parents):
            if parent >= 0:
                axes.plot(*theirs[[parent, joint], :2].T, color="#e69f00", linewidth=1.0, alpha=0.7)
        axes.scatter(*theirs[:, :2].T, s=12, color="#e69f00", label=name)
        axes.set_title(f"{name}: {figures['before_mm']} mm apart, {figures['after_mm']} mm after the map", color=ink, fontsize=10)  # fmt: skip # noqa: E501
        axes.set_aspect("equal")
        axes.axis("off")
        axes.legend(facecolor="#16181c", edgecolor="#34383f", labelcolor=ink, fontsize=8, loc="lower left")
    figure.savefig(out, dpi=110)


def measure(pairs: Path) -> None:
    """Measure both maps and write them."""
    found = {"openxr26": openxr(), "mediapipe": mediapipe(pairs)}
    for name, figures in found.items():
        print(name, {key: value for key, value in figures.items() if key != "weights"})
    Path(conventions.__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    command, path, *more = sys.argv[1:]
    if command == "mano":
        for joint, value in zip(JOINTS, mano(Path(path)), strict=True):
            print(f"{joint} {value:.1f}")
    elif command == "pairs":
        find_pairs(Path(path), [Path(folder) for folder in more])
    else:
        {"measure": measure, "draw": draw}[command](Path(path))
