"""A session as a flat table, for csv and parquet: one row per frame and hand, and one for a frame without a hand."""

from collections.abc import Iterator

import numpy as np

from handcam.hand.anatomy import ANGLES, angles_deg, grip, pinch, pinch_distance_m
from handcam.hand.rotations import joint_frames, local_rotations, quaternions
from handcam.hand.skeleton import JOINTS
from handcam.session import FrameEntry, Session
from handcam.session.export import ExportSettings
from handcam.types import Side, TrackedHand

__all__ = ["chunks"]

_ROWS = 2000
"""Rows worked on at once."""


def chunks(session: Session, settings: ExportSettings) -> Iterator[dict[str, np.ndarray]]:
    """The table in pieces: columns by name, always the same ones in the same order.

    What is not known is NaN (numbers), -1 (``track``) or empty (``side``); ``processed`` says whether the frame was
    looked at at all, ``tracked`` whether the row holds a hand. Positions are in the camera frame; quaternions (x, y, z,
    w) turn a bone's frame into its parent's, the wrist's into the camera's (:mod:`handcam.hand.rotations`).
    """
    start_ns = session.frames[0].time_ns
    rows: list[tuple[FrameEntry, TrackedHand | None]] = []
    for entry, result in session.results():
        rows += [(entry, hand) for hand in result.hands] if result is not None and result.hands else [(entry, None)]
        if len(rows) >= _ROWS:
            yield _columns(rows, start_ns)
            rows = []
        settings.progress(entry.n + 1, len(session))
    if rows:
        yield _columns(rows, start_ns)


def _columns(rows: list[tuple[FrameEntry, TrackedHand | None]], start_ns: int) -> dict[str, np.ndarray]:
    entries, hands = [entry for entry, _ in rows], [hand for _, hand in rows]
    there = np.array([hand is not None for hand in hands])
    seen = [hand for hand in hands if hand is not None]

    def spread(values: list, shape: tuple[int, ...] = ()) -> np.ndarray:
        out = np.full((len(rows), *shape), np.nan)
        if values:
            out[there] = np.asarray(values, float)
        return out

    joints = spread([hand.pose.joints_m for hand in seen], (21, 3))
    sides = np.array([hand.pose.side.value if hand is not None else "" for hand in hands])
    angles, turns, closed = spread([], (len(ANGLES),)), spread([], (21, 4)), spread([])
    for side in Side:
        mine = (sides == side.value) & np.isfinite(joints).all((1, 2))
        if mine.any():
            angles[mine] = angles_deg(joints[mine], side)
            turns[mine] = quaternions(local_rotations(joint_frames(joints[mine], side)))
            closed[mine] = grip(joints[mine], side, angles[mine])
    time_ns = np.array([entry.time_ns for entry in entries], np.int64)
    columns: dict[str, np.ndarray] = {
        "frame": np.array([entry.index for entry in entries], np.int64),
        "time_ns": time_ns,
        "time_s": (time_ns - start_ns) / 1e9,
        "processed": np.array([entry.processed for entry in entries]),
        "tracked": there,
        "track": np.array([hand.track if hand is not None else -1 for hand in hands], np.int64),
        "side": sides,
        "score": spread([hand.pose.score for hand in seen]),
        "metric": np.array([hand is not None and hand.pose.metric for hand in hands]),
    }

    def put(values: np.ndarray, ends: tuple[str, ...], start: str = "") -> None:
        for j, joint in enumerate(JOINTS):
            for k, end in enumerate(ends):
                columns[f"{start}{joint}_{end}"] = values[:, j, k]

    put(joints, ("x_m", "y_m", "z_m"))
    put(spread([hand.pose.keypoints_px for hand in seen], (21, 2)), ("u_px", "v_px"))
    put(spread([hand.pose.sigma_m for hand in seen], (21,))[..., None], ("sigma_m",))
    put(spread([hand.raw.joints_m for hand in seen], (21, 3)), ("x_m", "y_m", "z_m"), "raw_")
    columns |= {f"{name}_deg": angles[:, i] for i, name in enumerate(ANGLES)}
    columns |= {"pinch_m": pinch_distance_m(joints), "pinch": pinch(joints), "grip": closed}
    put(turns, ("qx", "qy", "qz", "qw"))
    return columns
