"""Records sessions of one rendered person whose hand is unlike others': what fine-tuning has to learn.

    python examples/figures/unusual_hand.py FOLDER [--frames 240] [--seeds 1 2] [--usual] [--depth]

Each seed is another motion, light, room and skin; the bones are the same. ``FOLDER/seed-N`` are sessions with colour
(and perfect depth, if asked) and the truth in every frame, tracked with the weights that ship (or ``--weights``).
"""

import argparse
from pathlib import Path

import numpy as np

from handcam.api import open_tracker
from handcam.hand.rig import Shape
from handcam.hand.skeleton import BONES, JOINTS
from handcam.session.writer import SessionWriter, header
from handcam.sources import SourceSettings
from handcam.sources.demo import DemoSource
from handcam.types import Controls, Frame, Side


def person() -> Shape:
    """Thumb and little finger a fifth longer, the palm a tenth narrower."""
    shape = Shape.neutral()
    names = [JOINTS[child] for _, child in BONES]
    for i, name in enumerate(names):
        if name.startswith(("thumb", "little")) and name not in ("thumb_cmc", "little_mcp"):
            shape.lengths[0, i] = 1.2
    shape.breadth[:] = 0.9
    return shape


def record(out: Path, shape: Shape, seed: int, frames: int, weights: Path | None, depth: bool = False) -> None:
    """Render and track ``frames`` frames spread over the loop of the motion."""
    source = DemoSource((Side.RIGHT,), SourceSettings(fps=frames / 24.0, realtime=False, seed=seed), shape)
    tracker = open_tracker(weights, "auto")
    writer = SessionWriter(out, header(f"demo:unusual-{seed}", tracker.card, Controls(), {"seed": seed}, 0))
    for n in range(frames):
        frame = source.read()
        assert frame is not None
        assert frame.device_time_ns is not None
        # the rendered clock, so that the smoothing sees the pace of the motion
        frame = Frame(
            n, frame.device_time_ns, frame.intrinsics, frame.color, frame.depth if depth else None,
            frame.depth_unit_m, frame.device_time_ns, frame.truth,
        )  # fmt: skip
        writer.write_frame(frame)
        writer.write_result(tracker.track(frame, Controls()))
    writer.close(dropped=0)
    tracker.close()
    source.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--depth", action="store_true", help="record depth too")
    parser.add_argument("--usual", action="store_true", help="a hand of ordinary proportions instead")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    np.seterr(all="raise", under="ignore")
    for seed in options.seeds:
        shape = Shape.neutral() if options.usual else person()
        record(options.folder / f"seed-{seed}", shape, seed, options.frames, options.weights, options.depth)
        print(options.folder / f"seed-{seed}")
