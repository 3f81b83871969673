"""A table that every program reads: UTF-8, commas, one header line, ``NaN`` where a number is not known.

One row per frame and hand, and one for a frame without a hand; parquet has the same columns.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from handcam.hand.anatomy import ANGLES, angles_deg, grip, pinch, pinch_distance_m
from handcam.hand.rotations import joint_frames, local_rotations, quaternions
from handcam.hand.skeleton import JOINTS
from handcam.session import FrameEntry
from handcam.session.export import ExportSettings, Recording, frame_results
from handcam.types import Array, Side, TrackedHand

__all__ = ["SUFFIX", "export", "table_chunks"]

SUFFIX = ".csv"
_ROWS = 2000
"""Rows worked on at once."""


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the table; numbers have 9 digits, flags are 0 and 1."""
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for i, columns in enumerate(table_chunks(recording, settings)):
            if i == 0:
                writer.writerow(columns)
            writer.writerows(zip(*(_text(column) for column in columns.values()), strict=True))


def _text(column: Array) -> list[str]:
    if column.dtype.kind == "f":
        return ["NaN" if np.isnan(v) else f"{v:.9g}" for v in column.tolist()]
    return [str(int(v)) if column.dtype.kind in "ib" else v for v in column.tolist()]


def table_chunks(recording: Recording, settings: ExportSettings) -> Iterator[dict[str, Array]]:
    """Yield the table in pieces: columns by name, always the same ones in the same order.

    What is not known is NaN (numbers), -1 (``track``) or empty (``side``); ``processed`` says whether the frame was
    processed at all, ``tracked`` whether the row holds a hand. Positions are in the camera frame; quaternions (x, y, z,
    w) turn a bone's frame into its parent's, the wrist's into the camera's (:mod:`handcam.hand.rotations`).
    """
    start_ns = recording.frames[0].time_ns
    rows: list[tuple[FrameEntry, TrackedHand | None]] = []
    for entry, result in frame_results(recording, settings):
        rows += [(entry, hand) for hand in result.hands] if result is not None and result.hands else [(entry, None)]
        if len(rows) >= _ROWS:
            yield _columns(rows, start_ns)
            rows = []
    if rows:
        yield _columns(rows, start_ns)


def _columns(rows: list[tuple[FrameEntry, TrackedHand | None]], start_ns: int) -> dict[str, Array]:
    entries, hands = [entry for entry, _ in rows], [hand for _, hand in rows]
    there = np.array([hand is not None for hand in hands])
    seen = [hand for hand in hands if hand is not None]

    def column(values: list[Any], shape: tuple[int, ...] = ()) -> Array:
        out = np.full((len(rows), *shape), np.nan)
        if values:
            out[there] = np.asarray(values, float)
        return out

    joints = column([hand.pose.joints_m for hand in seen], (21, 3))
    sides = np.array([hand.pose.side.value if hand is not None else "" for hand in hands])
    angles, rotations, closed = column([], (len(ANGLES),)), column([], (21, 4)), column([])
    for side in Side:
        mine = (sides == side.value) & np.isfinite(joints).all((1, 2))
        if mine.any():
            angles[mine] = angles_deg(joints[mine], side)
            rotations[mine] = quaternions(local_rotations(joint_frames(joints[mine], side)))
            closed[mine] = grip(joints[mine], side, angles[mine])
    time_ns = np.array([entry.time_ns for entry in entries], np.int64)
    columns: dict[str, Array] = {
        "frame": np.array([entry.index for entry in entries], np.int64),
        "time_ns": time_ns,
        "time_s": (time_ns - start_ns) / 1e9,
        "processed": np.array([entry.processed for entry in entries]),
        "tracked": there,
        "track": np.array([hand.track if hand is not None else -1 for hand in hands], np.int64),
        "side": sides,
        "score": column([hand.pose.score for hand in seen]),
        "metric": np.array([hand is not None and hand.pose.metric for hand in hands]),
    }

    def add(values: Array, ends: tuple[str, ...], start: str = "") -> None:
        for j, joint in enumerate(JOINTS):
            for k, end in enumerate(ends):
                columns[f"{start}{joint}_{end}"] = values[:, j, k]

    add(joints, ("x_m", "y_m", "z_m"))
    add(column([hand.pose.keypoints_px for hand in seen], (21, 2)), ("u_px", "v_px"))
    add(column([hand.pose.sigma_m for hand in seen], (21,))[..., None], ("sigma_m",))
    add(column([hand.raw.joints_m for hand in seen], (21, 3)), ("x_m", "y_m", "z_m"), "raw_")
    columns |= {f"{name}_deg": angles[:, i] for i, name in enumerate(ANGLES)}
    columns |= {"pinch_m": pinch_distance_m(joints), "pinch": pinch(joints), "grip": closed}
    add(rotations, ("qx", "qy", "qz", "qw"))
    return columns
