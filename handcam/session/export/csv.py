"""A table that every program reads: UTF-8, commas, one header line, ``NaN`` where a number is not known.

One row per frame and hand, and one for a frame without a hand; parquet has the same columns, and null where this has
``NaN``, -1 or nothing.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from handcam.hand.anatomy import ANGLES, angles_deg, grip, pinch, pinch_distance_m
from handcam.hand.conventions import Convention, convention
from handcam.hand.rotations import bone_frames, quaternions
from handcam.session import FrameEntry
from handcam.session.export import ExportSettings, Recording, encode_jpeg, encode_png, frame_results
from handcam.types import Array, GestureEvent, Side, TrackedHand

__all__ = ["SUFFIX", "export", "table_chunks"]

SUFFIX = ".csv"
ANY_JOINTS = True
_Row = tuple[FrameEntry, TrackedHand | None, GestureEvent | None]
_ROWS, _PICTURES = 2000, 64
"""Rows worked on at once, without and with pictures."""
_NOT_SOLVED = np.full((21, 4), np.nan)


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the table; numbers have 9 digits, flags are 0 and 1."""
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for i, columns in enumerate(table_chunks(recording, settings)):
            if i == 0:
                writer.writerow(columns)
            writer.writerows(zip(*(_text(column) for column in columns.values()), strict=True))


def _text(column: Any) -> list[str]:
    column = column.filled() if hasattr(column, "filled") else column
    if column.dtype.kind == "f":
        return ["NaN" if np.isnan(v) else f"{v:.9g}" for v in column.tolist()]
    return [str(int(v)) if column.dtype.kind in "ib" else v for v in column.tolist()]


def table_chunks(recording: Recording, settings: ExportSettings, pictures: bool = False) -> Iterator[dict[str, Array]]:
    """Yield the table in pieces: columns by name, always the same ones in the same order.

    What is not known is NaN, or masked in columns that are no floats; ``processed`` says whether the frame was
    processed at all, ``tracked`` whether the row holds a hand, ``edited`` whether the user has set its pose (then
    nothing measured it, and score and sigma are not known). ``time_ns`` is the host's clock, ``device_time_ns`` the
    device's, ``time_s`` the capture time since the first frame (``FrameEntry.capture_ns``). Positions are in the camera
    frame; quaternions (x, y, z, w) turn a bone's frame into its parent's, the wrist's into the camera's
    (:mod:`handcam.hand.rotations`). Joints are those of ``settings.joints``, whose name stands in the column ``joints``
    where it is another one than ours. With ``pictures`` the first row of each frame holds them, compressed.
    """
    start_ns, theirs = recording.frames[0].capture_ns, convention(settings.joints)
    rows: list[_Row] = []
    for entry, result in frame_results(recording, settings):
        said = {event.track: event for event in result.gestures} if result is not None else {}
        hands = result.hands if result is not None else ()
        rows += [(entry, hand, said.get(hand.track)) for hand in hands] or [(entry, None, None)]
        if len(rows) >= (_PICTURES if pictures else _ROWS):
            yield _columns(rows, start_ns, theirs) | (_pictures(rows, recording) if pictures else {})
            rows = []
    if rows:
        yield _columns(rows, start_ns, theirs) | (_pictures(rows, recording) if pictures else {})


def _pictures(rows: list[_Row], recording: Recording) -> dict[str, Array]:
    columns = {name: np.full(len(rows), None, object) for name in ("color_jpeg", "depth_png")}
    for i, (entry, _, _) in enumerate(rows):
        if i == 0 or entry.n != rows[i - 1][0].n:
            color, depth = recording.pictures(entry.n)
            columns["color_jpeg"][i] = None if color is None else encode_jpeg(color)
            columns["depth_png"][i] = None if depth is None else encode_png(depth)
    return columns | {"depth_unit_m": np.array([entry.depth_unit_m for entry, _, _ in rows])}


def _known(values: Any, known: Any, instead: Any) -> Array:
    """A masked array of the values that are known, and what stands for the others where nothing can be masked."""
    masked: Any = np.ma  # its types are incomplete
    return masked.array(values, mask=~np.asarray(known, bool), fill_value=instead)


def _columns(rows: list[_Row], start_ns: int, theirs: Convention) -> dict[str, Array]:
    entries, hands, events = (list(column) for column in zip(*rows, strict=True))
    there = np.array([hand is not None for hand in hands])
    seen = [hand for hand in hands if hand is not None]

    def column(values: list[Any], shape: tuple[int, ...] = ()) -> Array:
        out = np.full((len(rows), *shape), np.nan)
        if values:
            out[there] = np.asarray(values, float)
        return out

    joints = column([hand.pose.joints_m for hand in seen], (21, 3))
    sides = np.array([hand.pose.side.value if hand is not None else "" for hand in hands])
    angles, rotations = column([], (len(ANGLES),)), column([], (len(theirs.joints), 4))
    closed = column([])
    solved = column([_NOT_SOLVED if hand.pose.rotations is None else hand.pose.rotations for hand in seen], (21, 4))
    for side in Side:
        mine = (sides == side.value) & np.isfinite(joints).all((1, 2))
        if mine.any():
            angles[mine] = angles_deg(joints[mine], side)
            frames = bone_frames(joints[mine], side, solved[mine])
            rotations[mine] = quaternions(theirs.local(theirs.frames(joints[mine], frames)))
            closed[mine] = grip(joints[mine], side, angles[mine])
    device = [entry.device_time_ns for entry in entries]
    pictures = [entry.picture for entry in entries]
    columns: dict[str, Array] = {
        "frame": np.array([entry.index for entry in entries], np.int64),
        "time_ns": np.array([entry.time_ns for entry in entries], np.int64),
        "time_s": np.array([entry.capture_ns - start_ns for entry in entries]) / 1e9,
        "device_time_ns": _known([-1 if t is None else t for t in device], [t is not None for t in device], -1),
        "picture": _known(pictures, [picture != "" for picture in pictures], ""),
        "processed": np.array([entry.processed for entry in entries]),
        "tracked": there,
        "track": _known([hand.track if hand is not None else -1 for hand in hands], there, -1),
        "side": _known(sides, there, ""),
        "score": column([np.nan if hand.edited else hand.pose.score for hand in seen]),
        "filled": _known([hand is not None and hand.filled for hand in hands], there, False),
        "metric": _known([hand is not None and hand.pose.metric for hand in hands], there, False),
    }

    def add(values: Array, ends: tuple[str, ...], start: str = "") -> None:
        for j, joint in enumerate(theirs.joints):
            for k, end in enumerate(ends):
                columns[f"{start}{joint}_{end}"] = values[:, j, k]

    if theirs.name != "common21":
        columns["joints"] = np.full(len(rows), theirs.name)
    add(theirs.of_common(joints), ("x_m", "y_m", "z_m"))
    add(theirs.of_common(column([hand.pose.keypoints_px for hand in seen], (21, 2))), ("u_px", "v_px"))
    sigma = column([hand.pose.sigma_m * (np.nan if hand.edited else 1) for hand in seen], (21,))
    add(theirs.sigma(sigma)[..., None], ("sigma_m",))
    add(theirs.of_common(column([hand.raw.joints_m for hand in seen], (21, 3))), ("x_m", "y_m", "z_m"), "raw_")
    columns |= {f"{name}_deg": angles[:, i] for i, name in enumerate(ANGLES)}
    columns |= {"pinch_m": pinch_distance_m(joints), "pinch": pinch(joints), "grip": closed}
    add(rotations, ("qx", "qy", "qz", "qw"))
    known = [event is not None for event in events]
    columns["gesture"] = _known([event.name if event else "" for event in events], known, "")
    columns["gesture_phase"] = _known([event.phase if event else "" for event in events], known, "")
    columns["gesture_probability"] = np.array([event.probability if event else np.nan for event in events])
    for name in ("fx", "fy", "cx", "cy", "width", "height"):
        columns[f"camera_{name}"] = np.array([float(getattr(entry.intrinsics, name)) for entry in entries])
    columns["edited"] = _known([hand is not None and hand.edited for hand in hands], there, False)
    return columns
