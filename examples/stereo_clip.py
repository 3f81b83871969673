"""Measure two webcams on a calibrated stereo clip: each alone, both, and both calibrated by the hand alone.

    python examples/stereo_clip.py CLIP LABELS [RIG]

CLIP holds ``cam0.mp4``, ``cam1.mp4`` and their calibration as ``c0.dat``, ``rot_trans_c0.dat`` (and 1); LABELS is a
folder of ``labels.jsonl`` with triangulated joints of some of the frames. The scale is that of the labels. RIG is a
file of ``handcam calibrate rig``; with it, it is measured too. The calibration is written to ``stereo.json``.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from handcam.api import open_tracker
from handcam.calibration.bundle import align_clouds
from handcam.calibration.lens import Lens
from handcam.calibration.rig import Rig, RigCamera, write_rig
from handcam.hand.skeleton import ROOT, bone_lengths
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls, Intrinsics

SIZE_PX = 720


def numbers(line: str) -> list[float]:
    return [float(word) for word in line.split()]


def read_camera(clip: Path, k: int) -> tuple[Lens, np.ndarray]:
    """Lens, and ``camera_from_world`` in the clip's own unit."""
    lines = (clip / f"c{k}.dat").read_text().splitlines()
    (fx, _, cx), (_, fy, cy) = numbers(lines[1]), numbers(lines[2])
    pose = np.eye(4)
    placed = (clip / f"rot_trans_c{k}.dat").read_text().splitlines()
    pose[:3, :3] = [numbers(line) for line in placed[1:4]]
    pose[:3, 3] = np.concatenate([numbers(line) for line in placed[5:8]])
    return Lens(Intrinsics(fx, fy, cx, cy, SIZE_PX, SIZE_PX), tuple(numbers(lines[5]))), pose


def read_labels(folder: Path) -> dict[str, np.ndarray]:
    """Joints in metres by ``cam0_0018``."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    return {Path(row["image"]).stem: np.array(row["joints_mm"]) / 1000 for row in rows}


def clip_rig(clip: Path, labels: dict[str, np.ndarray]) -> Rig:
    """The clip's own calibration at the labels' scale."""
    (first, one), (second, other) = (read_camera(clip, k) for k in (0, 1))
    pose = other @ np.linalg.inv(one)
    instants = sorted(name[4:] for name in labels if name.startswith("cam0") and f"cam1{name[4:]}" in labels)
    seen = [np.concatenate([labels[f"cam{k}{at}"] for at in instants]) for k in (0, 1)]
    pose[:3, 3] *= np.linalg.norm(align_clouds(*seen)[:3, 3]) / np.linalg.norm(pose[:3, 3])
    return Rig((RigCamera("cam0", first), RigCamera("cam1", second).placed(pose, 0.0, 0.0)), "board")


def measure(name: str, source: str, calibration: Path, camera: int, labels: dict[str, np.ndarray]) -> None:
    """Track a source and print its errors against the labels of the camera whose frame it gives joints in."""
    tracker = open_tracker(None, "openvino:int8")
    opened = open_source(source, SourceSettings(calibration=calibration, realtime=False))
    about_root, in_space, bones, cpu_ms = [], [], [], []
    missing = 0
    while (frame := opened.read()) is not None:
        begun = time.process_time()
        hands = tracker.track(frame, Controls(filters=())).hands
        cpu_ms.append(1e3 * (time.process_time() - begun))
        truth = labels.get(f"cam{camera}_{frame.index:04d}")
        if truth is None:
            continue
        if not hands:
            missing += 1
            continue
        joints = max(hands, key=lambda hand: hand.raw.score).raw.joints_m
        in_space.append(np.linalg.norm(joints - truth, axis=1).mean())
        about_root.append(np.linalg.norm(joints - joints[ROOT] - truth + truth[ROOT], axis=1).mean())
        bones.append(bone_lengths(joints))
    opened.close()
    tracker.close()
    true_bones = np.median([bone_lengths(joints) for joints in labels.values()], 0)
    own = np.median(bones, 0)
    each, together = 100 * np.abs(own / true_bones - 1).mean(), 100 * (own.sum() / true_bones.sum() - 1)
    print(
        f"{name:28s} about the root {1e3 * np.mean(about_root):5.1f} mm, in space {1e3 * np.mean(in_space):5.1f} mm, "
        f"bones {each:4.1f} % each, {together:+.1f} % in all, {missing} of {missing + len(bones)} missed, "
        f"{np.median(cpu_ms):.1f} ms of processor time"
    )


def main(clip: Path, labels_folder: Path, *rigs: Path) -> None:
    labels = read_labels(labels_folder)
    rig = clip_rig(clip, labels)
    out = Path("stereo.json")
    write_rig(out, rig)
    for k in (0, 1):
        alone = Path(f"stereo{k}.json")
        write_rig(alone, Rig((rig.cameras[k],)))
        measure(f"camera {k} alone", f"video:{clip}/cam{k}.mp4", alone, k, labels)
    both = f"video:{clip}/cam0.mp4+video:{clip}/cam1.mp4"
    measure("both, the clip's calibration", both, out, 0, labels)
    for each in rigs:
        measure(f"both, {each.name}", both, each, 0, labels)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
