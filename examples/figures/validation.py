"""Make ``folder:`` trees from the labelled real pictures beside the checkout.

    python examples/figures/validation.py [OUT]

OUT (default ``runs/validation``) gets ``freihand10`` (3D) and ``handposex5`` (2D only). The data are for validation
alone: they are never trained on and never committed.

The ten FreiHAND pictures come with u, v and absolute depth but without their cameras. FreiHAND's axis goes through the
picture's centre, so one focal length is missing; it is found for each picture by asking which one gives a hand of
likely size and proportions, by the mean bone lengths of another set labelled with the same hand model (DexYCB). Between
the plausible focal lengths MediaPipe's aligned error changes by 1 to 3 mm, so these figures are for comparing methods.
"""

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.optimize import minimize_scalar

from handcam.geometry import unproject
from handcam.hand.conventions import from_order
from handcam.hand.skeleton import bone_lengths, hand_length
from handcam.types import Intrinsics

DATA = Path(__file__).parents[3] / "shared" / "data" / "validation"


def usual_bones() -> np.ndarray:
    """Mean log bone lengths (m) of the other set's people."""
    logs = []
    for side in ("left", "right"):
        data = np.load(DATA / "dexycb_poses" / f"dexycb_{side}.npz")
        lengths = np.log(bone_lengths(from_order(data["joints3d_m"].astype(float), "ho3d")))
        logs += [lengths[data["subject"] == s].mean(0) for s in np.unique(data["subject"])]
    return np.array(logs).mean(0)


def lift(uvz: np.ndarray, f: float, size: tuple[int, int]) -> np.ndarray:
    """Labels to joints, metres, for a focal length."""
    camera = Intrinsics(f, f, size[0] / 2, size[1] / 2, *size)
    return unproject(uvz[:, :2], uvz[:, 2], camera)


def focal_length(uvz: np.ndarray, size: tuple[int, int], usual: np.ndarray) -> float:
    """The focal length, px, that makes the bones most likely: 6 % spread of size, 8 % of each bone."""

    def cost(log_f: float) -> float:
        d = np.log(bone_lengths(lift(uvz, float(np.exp(log_f)), size))) - usual
        shape = np.abs(d - np.median(d)) / 0.08
        return float((np.median(d) / 0.06) ** 2 / 2 + np.where(shape < 1, shape**2 / 2, shape - 0.5).sum())

    found: Any = minimize_scalar(cost, bounds=(np.log(200), np.log(1500)), method="bounded")
    return float(np.exp(found.x))


def freihand(out: Path) -> None:
    source = DATA / "freihand_labelled10" / "data" / "freihand_test"
    usual = usual_bones()
    lines = []
    for name, entry in sorted(json.loads((source / "annotations.json").read_text()).items()):
        picture = cv2.imread(str(source / "images" / name))
        if picture is None:
            continue
        size = picture.shape[1], picture.shape[0]
        uvz = np.array(entry["landmarks"], float)
        f = focal_length(uvz, size, usual)
        joints = lift(uvz, f, size)
        bones = 100 * (np.exp(np.log(bone_lengths(joints)) - usual) - 1)
        print(f"{name}: f {f:.0f} px, {joints[:, 2].mean():.2f} m, hand {hand_length(joints) * 1000:.0f} mm, "
              f"bones {bones.mean():+.0f} +- {bones.std():.0f} %")  # fmt: skip
        (out / "images").mkdir(parents=True, exist_ok=True)
        (out / "images" / name).write_bytes((source / "images" / name).read_bytes())
        lines.append(json.dumps({
            "image": f"images/{name}", "side": "right", "intrinsics": [f, f, size[0] / 2, size[1] / 2],
            "joints_mm": (joints * 1000).tolist(), "keypoints_px": uvz[:, :2].tolist(),
        }))  # fmt: skip
    (out / "labels.jsonl").write_text("\n".join(lines) + "\n")


def handpose_x(out: Path) -> None:
    source = DATA / "handpose_x" / "handpose_datasets"
    lines = []
    (out / "images").mkdir(parents=True, exist_ok=True)
    for label in sorted(source.glob("*.json")):
        points = json.loads(label.read_text())["info"][0]["pts"]
        picture = label.with_suffix(".jpg")
        (out / "images" / picture.name).write_bytes(picture.read_bytes())
        keypoints = [[points[str(i)]["x"], points[str(i)]["y"]] for i in range(21)]
        lines.append(json.dumps({"image": f"images/{picture.name}", "keypoints_px": keypoints}))
    (out / "labels.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/validation")
    freihand(root / "freihand10")
    handpose_x(root / "handposex5")
