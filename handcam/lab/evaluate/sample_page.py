"""Contact sheet of an evaluation: the worst, the middling and the best samples, with the hands drawn over them."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.hand.skeleton import BONES, FINGER_OF_JOINT
from handcam.lab.data.sets import Dataset
from handcam.lab.evaluate.metrics import align, joint_errors, procrustes_errors
from handcam.lab.evaluate.pipeline import Record

__all__ = ["page", "save_page"]

_TILE = 240
"""Edge of a picture, px; the two skeletons below it are half as large."""
_INK, _PAPER, _TRUE, _FAINT = (230, 230, 230), (24, 26, 30), (255, 255, 255), (120, 124, 130)
_FINGERS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0))
"""Thumb to little finger; colours that colour-blind people tell apart."""


def page(dataset: Dataset, records: Sequence[Record], title: str, columns: int = 5) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the page, RGB.

    A row each for the worst, the middling and the best samples, by root-relative error or, without true joints, by the
    error in the picture; and one each for hands that were missed and for hands without labels. White is the truth,
    colours the prediction; below each picture the skeletons as the camera sees them and from the side, and the errors,
    root-relative and aligned. A ``side!`` marks a left hand taken for a right one, or the other way round.
    """
    ranked = sorted((r for r in records if _error(r) is not None), key=lambda r: -(_error(r) or 0.0))
    missed = [r for r in records if r.prediction() is None]
    start = max(0, (len(ranked) - columns) // 2)
    rows = {
        "worst": ranked[:columns],
        "median": ranked[start : start + columns],
        "best": ranked[::-1][:columns],
        f"missed ({len(missed)})": missed[:columns],
        "without labels": [r for r in records if r.prediction() is not None and _error(r) is None][:columns],
    }
    parts = [_strip(title, columns * _TILE, 34, 0.6)]
    for name, row in rows.items():
        if not row:
            continue
        parts.append(_strip(name, columns * _TILE, 24, 0.5))
        tiles = [_tile(dataset, r) for r in row]
        tiles += [np.full_like(tiles[0], _PAPER)] * (columns - len(tiles))
        parts.append(np.concatenate(tiles, 1))
    return np.concatenate(parts)


def save_page(picture: UInt8[np.ndarray, "h w 3"], path: Path) -> None:
    """Write an RGB picture to a PNG file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def _error(record: Record) -> float | None:
    """Mean error by which samples are ranked: mm, else px; None for a missed or unlabelled hand."""
    p, true, planar = record.prediction(), record.sample.joints_m, record.sample.picture_joints_px
    if p is None:
        return None
    if true is not None:
        return float(joint_errors(align(p.joints_m, true), true).mean() * 1e3)
    return None if planar is None else float(joint_errors(p.keypoints_px, planar).mean())


def _tile(dataset: Dataset, record: Record) -> np.ndarray:
    """Picture, skeletons and caption of one sample."""
    frame = dataset[record.index].frame
    color = frame.color
    if color is None:
        assert frame.depth is not None
        near = cv2.normalize(frame.depth, None, 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)  # type: ignore[call-overload]
        color = cv2.cvtColor(near, cv2.COLOR_GRAY2RGB)
    p, true = record.prediction(), record.sample.picture_joints_px
    points = [q for q in (true, None if p is None else p.keypoints_px) if q is not None]
    if points:
        low, high = points[0].min(0), points[0].max(0)
        centre, half = (low + high) / 2, float((high - low).max()) * 0.75 + 4
    else:
        centre, half = np.array(color.shape[1::-1]) / 2, max(color.shape) / 2
    zoom = _TILE / (2 * half)
    corner = centre - half
    move = np.array([[zoom, 0.0, -zoom * corner[0]], [0.0, zoom, -zoom * corner[1]]])
    picture = cv2.warpAffine(color, move, (_TILE, _TILE), flags=cv2.INTER_AREA, borderValue=_PAPER)
    if true is not None:
        _draw(picture, (true - corner) * zoom, _TRUE, 1)
    if p is not None:
        _draw(picture, (p.keypoints_px - corner) * zoom, None, 2)
    return np.concatenate([picture, _skeletons(record), _strip(_caption(record), _TILE, 22, 0.36)])


def _caption(record: Record) -> str:
    error, p, sample = _error(record), record.prediction(), record.sample
    name = sample.name if len(sample.name) <= 14 else "~" + sample.name[-13:]
    if p is None:
        return f"{name}  missed"
    if sample.joints_m is None:
        return name if error is None else f"{name}  {error:.1f} px"
    aligned = float(procrustes_errors(p.joints_m, sample.joints_m).mean() * 1e3)
    wrong = "  side!" if sample.side not in (None, p.side) else ""
    return f"{name}  {error:.1f} / {aligned:.1f} mm{wrong}"


def _skeletons(record: Record) -> np.ndarray:
    """Truth and prediction put together at the root, from the front and from the right."""
    half = _TILE // 2
    strip = np.full((half, _TILE, 3), _PAPER, np.uint8)
    p, true = record.prediction(), record.sample.joints_m
    hands: list[tuple[np.ndarray, tuple[int, int, int] | None, int]] = []
    if true is not None:
        hands.append((true, _TRUE, 1))
    if p is not None:
        hands.append((p.joints_m if true is None else align(p.joints_m, true), None, 2))
    if not hands:
        return strip
    centre = hands[0][0].mean(0)
    zoom = 0.44 * half / max(float(np.abs(hands[0][0] - centre).max()), 1e-6)
    for left, axes in ((0, [0, 1]), (half, [2, 1])):
        for joints, colour, width in hands:
            _draw(strip[:, left : left + half], (joints - centre)[:, axes] * zoom + half / 2, colour, width)
    cv2.line(strip, (half, 8), (half, half - 8), _FAINT, 1)
    return strip


def _draw(
    picture: np.ndarray, points: Float[np.ndarray, "21 2"], colour: tuple[int, int, int] | None, width: int
) -> None:
    """Bones of one hand, in one colour or those of the fingers."""
    fixed = np.round(np.clip(points, -4000, 4000) * 16).astype(int)
    canvas = np.ascontiguousarray(picture)
    for a, b in BONES:
        ink = colour or _FINGERS[FINGER_OF_JOINT[b]]
        cv2.line(canvas, fixed[a].tolist(), fixed[b].tolist(), ink, width, cv2.LINE_AA, 4)
    picture[:] = canvas


def _strip(text: str, width: int, height: int, size: float) -> np.ndarray:
    """A line of text."""
    strip = np.full((height, width, 3), _PAPER, np.uint8)
    cv2.putText(strip, text, (6, height - 8), cv2.FONT_HERSHEY_SIMPLEX, size, _INK, 1, cv2.LINE_AA)
    return strip
