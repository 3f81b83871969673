"""What the tracker says of fixed frames: ``python tests/golden_tracking.py frames|answers`` writes, ``test_golden.py``
compares.

The frames (two rendered hands and one with depth, each a short sequence) lie in ``golden/tracking``; real clips are
read from the shared data where they are. An answer is everything that a result says of each hand, for every runtime
that runs on any processor and every modality that can drive.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handcam.api import open_tracker
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls, Frame, Intrinsics

FOLDER = Path(__file__).parent / "golden" / "tracking"
CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
CAMERA = Intrinsics.from_fov(480, 360, np.radians(60))
PERIOD_NS = 33_333_333
RUNS = [
    *((runtime, "auto") for runtime in ("onnxruntime:float32", "onnxruntime:int8", "openvino:float32",
    "openvino:int8")), *(("eager", drive) for drive in ("auto", "fused", "rgb", "keypoints2d", "landmarks3d", "depth")),
    ("onnxruntime:float32", "depth"), ("onnxruntime:float32", "edited"),
]  # fmt: skip
"""Runtime, and what drives; ``edited`` is an offset in the latent, with samples and all that can be decoded."""
STORED = {"one": 14, "two": 8, "depth": 12}
CLIP_FRAMES = {"asl_hand/asl_hand.25fps.mp4": 30, "retargeting/human_hand_video.mp4": 20, "stereo/cam0.mp4": 20}


def write_frames() -> None:
    """Render and keep the stored sequences."""
    for name, count in STORED.items():
        rest = "two" if name == "two" else ""
        settings = SourceSettings(480, 360, 10.0, realtime=False, seed={"one": 3, "two": 4, "depth": 5}[name])
        source = open_source(f"demo:{rest}", settings)
        folder = FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            frame = source.read()
            assert frame is not None
            assert frame.color is not None
            cv2.imwrite(str(folder / f"{i:02d}.jpg"), frame.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
            if name == "depth":
                assert frame.depth is not None
                depth = np.round(frame.depth * (frame.depth_unit_m * 1000)).astype(np.uint16)
                depth[: 40 + i, 200:240] = 0  # a few holes
                cv2.imwrite(str(folder / f"{i:02d}.png"), depth)
        source.close()


def sequences() -> Iterator[tuple[str, list[Frame]]]:
    """Every sequence of frames that there is here, by name."""
    for name in STORED:
        frames = []
        for i, path in enumerate(sorted((FOLDER / name).glob("*.jpg"))):
            color = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            depth = cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_UNCHANGED) if name == "depth" else None
            time_ns = i * 3 * PERIOD_NS
            frames.append(Frame(i, time_ns, CAMERA, color, depth, 0.001, time_ns))
        yield name, frames
    for path, count in CLIP_FRAMES.items():
        if (CLIPS / path).is_file():
            source = open_source(f"video:{CLIPS / path}", SourceSettings(realtime=False))
            frames = [frame for _, frame in zip(range(count), iter(source.read, None), strict=False)]
            source.close()
            yield path.partition("/")[0], frames


def answers(runtime: str, drive: str, only: set[str] | None = None, count: int | None = None) -> dict[str, np.ndarray]:
    """What a runtime says of every sequence, by ``SEQUENCE.FIELD``; one row a hand.

    Args:
        runtime: ``NAME`` or ``NAME:PRECISION``.
        drive: a modality, ``auto``, ``fused`` or ``edited``.
        only: sequences to go through; all by default.
        count: frames of each, from the first; all by default.
    """
    tracker = open_tracker(None, runtime)
    controls = Controls(drive=drive, max_hands=2)
    if drive == "edited":
        offset = np.linspace(-0.5, 0.5, tracker.latent).astype(np.float32)
        controls = Controls(offset=offset, samples=3, decode=("keypoints2d", "joints3d", "rgb", "depth"))
    out: dict[str, np.ndarray] = {}
    for name, frames in sequences():
        if only is not None and name not in only:
            continue
        tracker.reset()
        rows: dict[str, list] = {}
        for frame in frames[:count]:
            result = tracker.track(frame, controls)
            sections = sorted(result.times_ms)
            for hand in result.hands:
                assert hand.crop is not None
                box = hand.crop.box
                row = {
                    "frame": frame.index, "side": hand.pose.side.value == "right", "score": hand.pose.score,
                    "metric": hand.pose.metric, "joints_m": hand.pose.joints_m, "raw_m": hand.raw.joints_m,
                    "keypoints_px": hand.pose.keypoints_px, "sigma_m": hand.pose.sigma_m,
                    "box": [*box.centre_px, box.size_px, box.angle_rad], "z": hand.z,
                }  # fmt: skip
                if drive == "edited":
                    row |= {"samples_m": hand.samples_m, "decoded.keypoints2d": hand.decoded["keypoints2d"]}
                    row |= {f"decoded.{k}": _mean(hand.decoded[k]) for k in ("rgb", "depth")}
                for key, value in row.items():
                    rows.setdefault(key, []).append(value)
            rows.setdefault("sections", [",".join(sections)])
        out |= {f"{name}.{key}": np.array(value) for key, value in rows.items()}
        for key in out:
            if out[key].dtype == np.float64:
                out[key] = out[key].astype(np.float32)
    tracker.close()
    return out


def _mean(picture: np.ndarray) -> float:
    return float(np.nanmean(picture))


def file_of(runtime: str, drive: str) -> Path:
    return FOLDER / f"{runtime.replace(':', '-')}.{drive}.npz"


if __name__ == "__main__":
    if "frames" in sys.argv:
        write_frames()
    if "answers" in sys.argv:
        for runtime, drive in RUNS:
            found: dict[str, Any] = {**answers(runtime, drive)}
            np.savez_compressed(file_of(runtime, drive), opencv=cv2.__version__[0], **found)
            print(runtime, drive, {k[: -len(".frame")]: len(v) for k, v in found.items() if k.endswith(".frame")})
