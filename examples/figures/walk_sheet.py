"""The picture of docs/latent.md, a walk from an open hand to a fist.

python examples/figures/walk_sheet.py assets/walk.png
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from handcam.api import open_runtime
from handcam.gui.explorer.animation import draw_film_frame
from handcam.gui.explorer.modality_views import MODALITY_VIEWS
from handcam.gui.scene3d.orbit import Orbit
from handcam.hand.rig import load_rig
from handcam.hand.skeleton import normalise
from handcam.model.latent.interpolation import spherical
from handcam.model.vae import load
from handcam.model.weights import default_weights
from handcam.synth.gestures import GESTURES, gesture_angles

EDGE = 160


def main(out: Path) -> None:
    poses = gesture_angles()[[GESTURES.index("open"), GESTURES.index("fist")]]
    joints = load_rig().pose(poses)[:, :21] * np.array([-1, -1, 1], np.float32)  # fingers up, palm to the camera
    model = load(default_weights())[0].eval()
    with torch.inference_mode():
        ends = model.encode("joints3d", torch.from_numpy(normalise(joints)).float())[0].numpy()
    z = spherical(ends[0], ends[1], np.linspace(0, 1, 4)).astype(np.float32)
    runtime = open_runtime(default_weights())
    decoded = {modality: runtime.decode(modality, z) for modality, _ in MODALITY_VIEWS.values()}
    rows = [
        draw_film_frame(list(MODALITY_VIEWS), {m: a[i] for m, a in decoded.items()}, Orbit(), EDGE)
        for i in range(len(z))
    ]
    cv2.imwrite(str(out), np.concatenate(rows)[..., :3])
    runtime.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
