"""Rerun recordings: ``rerun take.rrd`` shows the moving hands, their picture and the curves of their angles.

Entities: ``camera`` (pinhole, pictures when they are asked for), ``camera/depth``, ``camera/SIDE`` (keypoints),
``hands/SIDE/joints`` (radius: sigma), ``hands/SIDE/bones``, ``hands/SIDE/raw``, ``angles/SIDE/NAME`` in degrees. A hand
that was looked for and not seen is cleared. Timelines: ``frame``, and ``time`` from the first frame on.
"""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import numpy as np
import rerun as rr

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.skeleton import BONES, JOINTS
from handcam.session import FrameEntry
from handcam.session.export import ExportSettings, Recording, encode_jpeg, frame_results
from handcam.types import Array, Intrinsics, Side, TrackedHand

__all__ = ["SUFFIX", "export"]

SUFFIX = ".rrd"
_COLOURS = {Side.RIGHT: (230, 159, 0), Side.LEFT: (86, 180, 233)}


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the file."""
    stream = rr.RecordingStream("handcam", make_default=False, make_thread_default=False)
    with _piped(out) as path:
        stream.save(str(path))
        try:
            _fill(stream, recording, settings)
        finally:
            stream.flush()
            stream.disconnect()


@contextmanager
def _piped(out: Path) -> Generator[Path, None, None]:
    """Write what Rerun writes to a pipe: its own writer waits for ever, at the process's end as well, for a full disk.

    Windows has no such pipes; there Rerun writes the file itself.

    Raises:
        OSError: the file cannot be written.
    """
    if not hasattr(os, "mkfifo"):
        yield out
        return
    failed: list[OSError] = []

    def copy(pipe: Path) -> None:
        with pipe.open("rb") as made:
            try:
                with out.open("wb") as file:
                    shutil.copyfileobj(made, file)
            except OSError as error:
                failed.append(error)
                while made.read(1 << 20):  # Rerun goes on, and ends
                    pass

    with TemporaryDirectory() as folder:
        pipe = Path(folder) / out.name
        os.mkfifo(pipe)
        copying = Thread(target=copy, args=(pipe,), name="rrd", daemon=True)
        copying.start()
        yield pipe
        copying.join()
    if failed:
        raise failed[0]


def _fill(stream: rr.RecordingStream, recording: Recording, settings: ExportSettings) -> None:
    stream.log("/", rr.ViewCoordinates.RDF, static=True)
    camera, start_ns = None, recording.frames[0].capture_ns
    seen: dict[Side, list[tuple[FrameEntry, TrackedHand | None]]] = {side: [] for side in Side}
    for entry, result in frame_results(recording, settings):
        stream.set_time("frame", sequence=entry.index)
        stream.set_time("time", duration=np.timedelta64(entry.capture_ns - start_ns, "ns"))
        if entry.intrinsics != camera:
            camera = entry.intrinsics
            stream.log("camera", _pinhole(camera))
        color, depth = recording.pictures(entry.n) if settings.pictures else (None, None)
        if color is not None:
            stream.log("camera", rr.EncodedImage(contents=encode_jpeg(color), media_type="image/jpeg"))
        if depth is not None:
            stream.log("camera/depth", rr.DepthImage(depth, meter=1 / entry.depth_unit_m))
        hands = {hand.pose.side: hand for hand in result.hands} if result is not None else {}
        for side in Side if result is not None else ():
            seen[side].append((entry, hands.get(side)))
    for side, rows in seen.items():
        if any(hand is not None for _, hand in rows):
            _send(stream, side, rows, start_ns)


def _send(
    stream: rr.RecordingStream, side: Side, rows: list[tuple[FrameEntry, TrackedHand | None]], start_ns: int
) -> None:
    """All frames of one side at once, column by column; a frame without the hand has an empty row, which clears it."""
    hands = [hand for _, hand in rows if hand is not None]
    there = np.array([hand is not None for _, hand in rows])
    joints = np.array([hand.pose.joints_m for hand in hands], np.float32)
    colour, name, each, count = _COLOURS[side], side.value, there * len(JOINTS), len(hands)
    number = np.array([entry.index for entry, _ in rows])
    since = np.array([entry.capture_ns - start_ns for entry, _ in rows], "timedelta64[ns]")

    def send(path: str, columns: Any, of: Array | slice = slice(None)) -> None:
        times = [rr.TimeColumn("frame", sequence=number[of]), rr.TimeColumn("time", duration=since[of])]
        rr.send_columns(path, times, columns, recording=stream)

    sigma = np.array([hand.pose.sigma_m for hand in hands], np.float32).ravel()
    spots = rr.Points3D.columns(positions=joints.reshape(-1, 3), radii=sigma)
    send(f"hands/{name}/joints", spots.partition(each))
    bones = joints[:, np.array(BONES)].reshape(-1, 2, 3)
    send(f"hands/{name}/bones", rr.LineStrips3D.columns(strips=bones).partition(there * len(BONES)))
    raw = np.array([hand.raw.joints_m for hand in hands], np.float32).reshape(-1, 3)
    send(f"hands/{name}/raw", rr.Points3D.columns(positions=raw).partition(each))
    pixels = np.array([hand.pose.keypoints_px for hand in hands], np.float32).reshape(-1, 2) + 0.5
    send(f"camera/{name}", rr.Points2D.columns(positions=pixels).partition(each))
    stream.log(f"hands/{name}/joints", rr.Points3D.from_fields(colors=[colour]), static=True)
    stream.log(f"hands/{name}/bones", rr.LineStrips3D.from_fields(colors=[colour]), static=True)
    stream.log(f"hands/{name}/raw", rr.Points3D.from_fields(radii=[0.001]), static=True)
    labels: dict[str, Any] = {"labels": JOINTS, "show_labels": False}
    stream.log(f"camera/{name}", rr.Points2D.from_fields(colors=[colour], **labels), static=True)
    about: dict[str, Any] = {"score": [h.pose.score for h in hands], "track": [h.track for h in hands]}
    about |= {"metric": [h.pose.metric for h in hands], "edited": [h.edited for h in hands]}
    send(f"hands/{name}", rr.AnyValues.columns(**about), there)  # pyright: ignore[reportUnknownMemberType]
    for angle, values in zip(ANGLES, angles_deg(joints.astype(float), side).T, strict=True):
        send(f"angles/{name}/{angle}", rr.Scalars.columns(scalars=values), there)
    assert count == there.sum()


def _pinhole(camera: Intrinsics) -> rr.Pinhole:
    """Rerun counts pixels from the first one's corner, we from its centre."""
    k = camera.matrix
    k[:2, 2] += 0.5
    return rr.Pinhole(image_from_camera=k, width=camera.width, height=camera.height, camera_xyz=rr.ViewCoordinates.RDF)
