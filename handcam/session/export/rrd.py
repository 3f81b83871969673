"""Rerun recordings: ``rerun take.rrd`` shows the moving hands, their picture and the curves of their angles.

Entities: ``camera`` (pinhole, pictures when they are asked for), ``camera/SIDE`` (keypoints), ``hands/SIDE/joints``
(radius: sigma), ``hands/SIDE/bones``, ``hands/SIDE/raw``, ``angles/SIDE/NAME`` in degrees. A hand that was not seen is
cleared. Timelines: ``frame``, and ``time`` from the first frame on.
"""

from pathlib import Path

import numpy as np
import rerun as rr

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.skeleton import BONES, JOINTS
from handcam.session.export import ExportSettings, Recording, encode_jpeg, frame_results
from handcam.types import Intrinsics, Side, TrackedHand

__all__ = ["SUFFIX", "export"]

SUFFIX = ".rrd"
_COLOURS = {Side.RIGHT: (230, 159, 0), Side.LEFT: (86, 180, 233)}


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the file."""
    stream = rr.RecordingStream("handcam", make_default=False, make_thread_default=False)
    stream.save(str(out))
    try:
        _fill(stream, recording, settings)
    finally:
        stream.flush(blocking=True)
        stream.disconnect()


def _fill(stream: rr.RecordingStream, recording: Recording, settings: ExportSettings) -> None:
    stream.log("/", rr.ViewCoordinates.RDF, static=True)
    camera, start_ns = None, recording.frames[0].time_ns
    seen: set[Side] = set()
    for entry, result in frame_results(recording, settings):
        stream.set_time("frame", sequence=entry.index)
        stream.set_time("time", duration=np.timedelta64(entry.time_ns - start_ns, "ns"))
        if entry.intrinsics != camera:
            camera = entry.intrinsics
            stream.log("camera", _pinhole(camera))
        if settings.pictures:
            color, _ = recording.pictures(entry.n)
            if color is not None:
                stream.log("camera", rr.EncodedImage(contents=encode_jpeg(color), media_type="image/jpeg"))
        hands = {hand.pose.side: hand for hand in result.hands} if result is not None else {}
        for side in seen - hands.keys():
            for path in (f"hands/{side.value}", f"camera/{side.value}", f"angles/{side.value}"):
                stream.log(path, rr.Clear(recursive=True))
        for side, hand in hands.items():
            _log(stream, side, hand)
        seen = set(hands)


def _log(stream: rr.RecordingStream, side: Side, hand: TrackedHand) -> None:
    pose, colour, name = hand.pose, _COLOURS[side], side.value
    joints = pose.joints_m
    stream.log(f"hands/{name}/joints", rr.Points3D(joints, radii=pose.sigma_m, colors=colour))
    stream.log(f"hands/{name}/bones", rr.LineStrips3D(joints[np.array(BONES)], colors=colour))
    stream.log(f"hands/{name}/raw", rr.Points3D(hand.raw.joints_m, radii=0.001))
    stream.log(f"hands/{name}", rr.AnyValues(score=pose.score, track=hand.track, metric=pose.metric))
    stream.log(f"camera/{name}", rr.Points2D(pose.keypoints_px + 0.5, colors=colour, labels=JOINTS, show_labels=False))
    for angle, value in zip(ANGLES, angles_deg(joints, side).tolist(), strict=True):
        stream.log(f"angles/{name}/{angle}", rr.Scalars(value))


def _pinhole(camera: Intrinsics) -> rr.Pinhole:
    """Rerun counts pixels from the first one's corner, we from its centre."""
    k = camera.matrix
    k[:2, 2] += 0.5
    return rr.Pinhole(image_from_camera=k, width=camera.width, height=camera.height, camera_xyz=rr.ViewCoordinates.RDF)
