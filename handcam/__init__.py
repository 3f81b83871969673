"""handcam: a hand in front of a camera becomes a 3D skeleton with an honest error bar.

A capture thread pulls RGB or RealSense depth frames [``sources/``], a hand cropper produces normalised crops
[``detectors/``, ``crop.py``], an accelerated encoder-decoder predicts 3D joints [``modalities/``, ``nets/``,
``vae.py``, ``runtimes/``], and a Qt GUI renders the live skeleton in Open3D with latent sliders [``live.py``,
``gui/``].

======================  ==========================================================================
``types``               the values that flow, units and frames of reference
``plugins`` ``latest``  a folder is a registry; a mailbox where the newest wins
``geometry`` ``hand/``  pinhole cameras, rigid fits; joints, limits, rigged surface
``crop``                cut a normalised crop, and the way back
``recording/``          the session format: writer and reader side by side
``synth/``              hands that never were: pictures, depth and labels
``sources/``            where frames come from: webcam, realsense, video, images, recording, demo
``detectors/``          where the hands are: mediapipe, depth, whole
``modalities/``         what can be coded: rgb, depth, keypoints2d, landmarks3d, joints3d
``nets/``               architectures of encoders and decoders
``filters/``           what is done after: one_euro
``vae``                 the cross-modal VAE, all of it
``runtimes/``           how it is run: eager, onnxruntime, openvino, cuda, tensorrt
``tracking``            follow hands from frame to frame
``live``                threads and mailboxes
``gui/``                window, views, panels, and the Open3D scene
``learn/``              train, losses, metrics, evaluate, export, data sets
``app``                 the only place where parts are chosen and joined
======================  ==========================================================================
"""

import os
from typing import TYPE_CHECKING

from handcam.version import __version__

# Before numpy is loaded: its helper threads spin between the small products of each frame, a whole core for nothing.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

__all__ = ["HandTracker", "__version__"]

if TYPE_CHECKING:
    from handcam.api import HandTracker


def __getattr__(name: str) -> object:
    if name == "HandTracker":  # joined in app, which is only worth loading when somebody asks for it
        from handcam.api import HandTracker

        return HandTracker
    raise AttributeError(f"module 'handcam' has no attribute {name!r}")
