"""A sheet of the real SR305 frames with the hands found in depth alone.

    python examples/figures/sr305.py [OUT.jpg]

The frames (MIT, not part of the project) lie beside the checkout. Each tile is the surface around the hand, lit from
the camera, with the joints as placed in metres, and the distance of the middle knuckle.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from handcam.api import open_tracker
from handcam.geometry import project
from handcam.hand.skeleton import BONES, FINGER_OF_JOINT, ROOT
from handcam.types import Controls, Frame, Intrinsics

FRAMES = Path(__file__).parents[3] / "shared" / "data" / "validation" / "lada_sr305_depth" / "datasets" / "custom"
CAMERA = Intrinsics(476.007, 476.007, 313.683, 242.755, 640, 480)
TILE, COLUMNS = 240, 5
INK = ((86, 180, 233), (230, 159, 0), (0, 200, 140), (240, 228, 66), (235, 110, 60), (210, 120, 200))


def lit(depth_m: np.ndarray) -> np.ndarray:
    """The surface as under a lamp at the camera, RGB; no reading is dark."""
    there = (depth_m > 0).astype(np.float32)
    share = cv2.GaussianBlur(there, (0, 0), 1.5)
    smooth = cv2.GaussianBlur(depth_m * there, (0, 0), 1.5) / np.maximum(share, 1e-3)
    dy, dx = np.gradient(smooth)
    pixel = smooth / CAMERA.fx
    facing = pixel / np.sqrt(dx**2 + dy**2 + pixel**2 + 1e-12)
    value = np.where(there > 0, 40 + 150 * facing, 22)
    return np.repeat(value[..., None], 3, -1).astype(np.uint8)


def tile(path: Path, frame: Frame, joints_m: np.ndarray | None) -> np.ndarray:
    """One frame around its hand."""
    assert frame.depth is not None
    picture = lit(frame.depth * np.float32(frame.depth_unit_m))
    at, centre, half = np.zeros((21, 2)), np.array([320.0, 240.0]), 240.0
    if joints_m is not None:
        at = project(joints_m, CAMERA)
        centre, half = (at.min(0) + at.max(0)) / 2, float(np.ptp(at, axis=0).max()) * 0.7
    zoom = TILE / (2 * half)
    corner = centre - half
    picture = cv2.warpAffine(
        picture, np.array([[zoom, 0, -zoom * corner[0]], [0, zoom, -zoom * corner[1]]]), (TILE, TILE),
        flags=cv2.INTER_CUBIC, borderValue=(22, 22, 22),
    )  # fmt: skip
    said = "no hand"
    if joints_m is not None:
        points = np.round((at - corner) * zoom * 16).astype(int)
        for a, b in BONES:
            cv2.line(picture, points[a].tolist(), points[b].tolist(), INK[FINGER_OF_JOINT[b]], 2, cv2.LINE_AA, 4)
        for p in points:
            cv2.circle(picture, p.tolist(), 40, (255, 255, 255), -1, cv2.LINE_AA, 4)
        said = f"{joints_m[ROOT, 2] * 1000:.0f} mm"
    text = f"{path.parent.name[-6:]}/{path.stem}  {said}"
    cv2.putText(picture, text, (8, TILE - 9), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (225, 225, 225), 1, cv2.LINE_AA)
    return cv2.copyMakeBorder(picture, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(12, 12, 14))


def main(out: Path) -> None:
    """Write the sheet."""
    paths = sorted(FRAMES.glob("*/*.png"), key=lambda p: (p.parent.name, int(p.stem)))
    tracker = open_tracker(detector="depth")
    tiles = []
    for path in paths:
        depth = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        frame = Frame(0, 0, CAMERA, None, depth, 0.000125)
        tracker.reset()
        hands = tracker.track(frame, Controls(drive="depth", max_hands=1)).hands
        tiles.append(tile(path, frame, hands[0].pose.joints_m if hands else None))
    tracker.close()
    tiles += [np.full_like(tiles[0], 12)] * (-len(tiles) % COLUMNS)
    rows = [np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(out), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets/sr305.jpg"))
