"""Live 3D hand pose with an honest error bar, from a webcam or a depth camera.

A capture thread pulls RGB or RealSense depth frames [``sources/``], a hand cropper produces normalised crops
[``detectors/``, ``crop.py``], an accelerated encoder-decoder predicts 3D joints [``model/``, ``runtimes/``], and a Qt
GUI renders the live skeleton in Open3D with latent sliders [``live/``, ``gui/``]. From the top layer to the lowest:

=========================  =======================================================================
``cli/``                   one file a command
``gui/``                   window, panels, camera view, 3D view, Explorer, map
``lab/``                   data sets, training, release, evaluation, the paper's experiments
``live/``                  threads and mailboxes
``batch/``                 many files: jobs in processes or on a Ray cluster
``api/``                   the library: :class:`handcam.api.HandTracker`, whole clips
``tracking/``              one frame: crop, features, fusion, localisation, fit to depth, track
``runtimes/``              how the model is run: openvino, onnxruntime, cuda, tensorrt, eager
``model/``                 the cross-modal VAE, its weights, modalities, nets and latent space
``sources/``               where frames come from: webcam, realsense, video, images, recording, demo
``session/``               the recorded session: format, writer, reader, repair, export
``detectors/``             where the hands are: palm, finder, depth, full_frame, mediapipe
``filters/``               what is done after: one_euro motion ik
``gestures/``              poses and motions taught by a few examples
``streams/``               to other programs: osc, udp, websocket, zmq
``synth/``                 rendered hands: pictures, depth and labels
``crop``                   cut a normalised crop, and the way back
``calibration/``           the board, lenses, rigs of several cameras, the size of a hand
``hand/``                  skeleton, rig, anatomy, rotations
``geometry``               pinhole cameras, rigid fits
``pictures``               picture files, their size before they are decoded
``validation``             values from outside: types, ranges, finiteness, by the annotations of their fields
``types``                  the values that flow, units and frames of reference
``cameras``                a pinhole camera, and one of several
``array_pickle``           pickles of numpy arrays, read without running them
``errors``                 recoverable errors, with the message that is shown
``ranges``                 what values from outside may be
``plugins`` ``mailbox``    a folder is a registry; a mailbox where the newest wins
``paths``                  shipped files, user folders, atomic writes
``signals``                the end that the system asks for
``crash_report``           what ended the program, for an issue
``installation``           the computer, and what to install when something is missing
``version``                the version
=========================  =======================================================================
"""

from typing import TYPE_CHECKING

from handcam.version import __version__

_HOMES = {
    "handcam.api": ("Hand", "HandTracker", "Penetration", "Result", "penetration", "track_file"),
    "handcam.types": ("Controls", "Frame", "HandPose", "HandcamError", "InputError", "Intrinsics", "Side"),
}
"""Where each public name lives: loaded when somebody asks for it."""

__all__ = [
    "Controls", "Frame", "Hand", "HandPose", "HandTracker", "HandcamError", "InputError", "Intrinsics",
    "Penetration", "Result", "Side", "__version__", "penetration", "track_file",
]  # fmt: skip

if TYPE_CHECKING:
    from handcam.api import Hand, HandTracker, Penetration, Result, penetration, track_file
    from handcam.types import Controls, Frame, HandcamError, HandPose, InputError, Intrinsics, Side


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(home), name)
    raise AttributeError(f"module 'handcam' has no attribute {name!r}")
