"""Make a ``folder:`` tree of demo hands as a stereo depth camera sees them.

python examples/figures/rgbd_demo.py OUT
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

from handcam.sources import SourceSettings, open_source
from handcam.synth.sensor import STEREO, degrade


def main(out: Path) -> None:
    """Write 48 frames of three people with their true joints."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    labels = []
    for seed in (21, 22, 23):
        source = open_source("demo", SourceSettings(realtime=False, fps=2, seed=seed))
        for i in range(16):
            frame = source.read()
            assert frame is not None
            assert frame.color is not None
            assert frame.depth is not None
            k, hand, name = frame.intrinsics, frame.truth[0], f"{seed}-{i:02d}"
            seen = degrade(frame.depth * np.float32(frame.depth_unit_m), k.fx, rng, STEREO)
            cv2.imwrite(str(out / f"{name}.jpg"), frame.color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            cv2.imwrite(str(out / f"{name}.depth.png"), np.round(seen * 1000).astype(np.uint16))
            labels.append(
                json.dumps(
                    {
                        "image": f"{name}.jpg",
                        "depth": f"{name}.depth.png",
                        "depth_unit_m": 0.001,
                        "side": hand.side.value,
                        "intrinsics": [k.fx, k.fy, k.cx, k.cy],
                        "joints_mm": (hand.joints_m * 1000).tolist(),
                    }
                )
            )
        source.close()
    (out / "labels.jsonl").write_text("\n".join(labels) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
