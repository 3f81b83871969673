"""Training pictures of the hand detector: real ones turned, scaled, mixed, darkened and pasted, with palms."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.lab.data.palms import PalmPicture, palm_square
from handcam.model.nets.palm import POINTS

__all__ = ["PalmScene", "SceneSource", "compose"]

LARGEST_GAIN = 2.5
"""A picture's pixels are not spread over more."""
LEAST_VISIBLE = 0.35
"""A hand of which less is in view is neither hand nor background."""


@dataclass(slots=True)
class PalmScene:
    """A square picture and its palms; places in shares of its edge."""

    color: UInt8[np.ndarray, "s s 3"]
    """RGB."""
    boxes: Float[np.ndarray, "n 4"]
    """Left, top, right and bottom of each hand."""
    points: Float[np.ndarray, "n 7 2"]
    """Points of each palm; NaN where they are not known."""
    ignored: Float[np.ndarray, "m 4"]
    """Boxes that are neither hands nor background."""

    @property
    def squares(self) -> Float[np.ndarray, "n 3"]:
        """Centre and edge of each palm; NaN where its points are not known."""
        out = np.full((len(self.boxes), 3), np.nan)
        known = np.isfinite(self.points).all(2).sum(1) >= 2
        if known.any():
            out[known] = palm_square(self.points[known])
        return out


@dataclass(slots=True)
class SceneSource:
    """Pictures to draw from."""

    hands: Sequence[Sequence[PalmPicture]]
    """Pictures with hands, by collection."""
    shares: Sequence[float]
    """Share of each collection."""
    empty: Sequence[UInt8[np.ndarray, "h w 3"]]
    """Pictures without hands."""


def compose(rng: np.random.Generator, source: SceneSource, edge: int) -> PalmScene:
    """Compose one picture."""
    draw = rng.random()
    if draw < 0.2:
        scene = _background(rng, source, edge)
    elif draw < 0.5:
        scene = _background(rng, source, edge, plain=0.9)
        _place(rng, scene, _hands(rng, source), (0.5 * edge, 0.5 * edge), None, "whole")
    elif draw < 0.72:
        scene = _background(rng, source, edge, plain=0.4)
        _place(rng, scene, _hands(rng, source), (0.5 * edge, 0.5 * edge), _hand_size(rng, 0.07, 0.8) * edge, "whole")
    elif draw < 0.86:
        scene = _mosaic(rng, source, edge)
    else:
        scene = _background(rng, source, edge)
        for _ in range(int(rng.integers(1, 5))):
            where = tuple(rng.uniform(0.1, 0.9, 2) * edge)
            _place(rng, scene, _hands(rng, source), where, _hand_size(rng, 0.06, 0.5) * edge, "cut")
    scene.color = _camera(rng, scene.color)
    if rng.random() < 0.5:
        scene.color = np.ascontiguousarray(scene.color[:, ::-1])
        for corners in (scene.boxes, scene.ignored):
            corners[:, [0, 2]] = edge - 1 - corners[:, [2, 0]]
        scene.points[..., 0] = edge - 1 - scene.points[..., 0]
    for places in (scene.boxes, scene.points, scene.ignored):
        places += 0.5
        places /= edge
    return scene


def _hand_size(rng: np.random.Generator, least: float, most: float) -> float:
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))


def _hands(rng: np.random.Generator, source: SceneSource) -> PalmPicture:
    pictures = source.hands[rng.choice(len(source.hands), p=np.array(source.shares) / sum(source.shares))]
    return pictures[int(rng.integers(len(pictures)))]


def _background(rng: np.random.Generator, source: SceneSource, edge: int, plain: float = 0.0) -> PalmScene:
    """A part of a picture without hands, turned as may be; or one shade."""
    none = np.zeros((0, 4))
    if rng.random() < plain:
        color = np.zeros((edge, edge, 3), np.uint8) + np.uint8(0 if rng.random() < 0.7 else rng.integers(255))
        return PalmScene(color, none, np.zeros((0, POINTS, 2)), none)
    picture = source.empty[int(rng.integers(len(source.empty)))]
    part = int(min(picture.shape[:2]) * rng.uniform(0.35, 1.0))
    y, x = (int(rng.integers(n - part + 1)) for n in picture.shape[:2])
    color = cv2.resize(picture[y : y + part, x : x + part], (edge, edge), interpolation=cv2.INTER_AREA)
    return PalmScene(np.ascontiguousarray(np.rot90(color, int(rng.integers(4)))), none, np.zeros((0, POINTS, 2)), none)


def _mosaic(rng: np.random.Generator, source: SceneSource, edge: int) -> PalmScene:
    """Four pictures around a point."""
    scene = _background(rng, source, edge, plain=1.0)
    cut = (rng.uniform(0.3, 0.7, 2) * edge).astype(int)
    for left, right in ((0, cut[0]), (cut[0], edge)):
        for top, bottom in ((0, cut[1]), (cut[1], edge)):
            size = min(right - left, bottom - top)
            inner = _background(rng, source, edge, plain=0.2)
            where = (left + right) / 2, (top + bottom) / 2
            _place(rng, inner, _hands(rng, source), where, _hand_size(rng, 0.25, 0.9) * size, "whole")
            scene.color[top:bottom, left:right] = inner.color[top:bottom, left:right]
            kept = _visible(inner.boxes, np.array([left, top, right, bottom], float))
            scene.boxes = np.concatenate([scene.boxes, inner.boxes[kept >= LEAST_VISIBLE]])
            scene.points = np.concatenate([scene.points, inner.points[kept >= LEAST_VISIBLE]])
            hidden = inner.boxes[(kept < LEAST_VISIBLE) & (kept > 0)]
            scene.ignored = np.concatenate([scene.ignored, inner.ignored, hidden])
    return scene


def _visible(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Share of each box inside a window."""
    low, high = np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])
    return (high - low).clip(0).prod(1) / np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-6)


def _place(
    rng: np.random.Generator, scene: PalmScene, picture: PalmPicture, where: tuple[float, float],
    size: float | None, how: str,
) -> None:  # fmt: skip
    """Warp a picture into a scene so that one of its hands is ``size`` pixels long near ``where``.

    Args:
        rng: of turn, aspect and place.
        scene: is changed.
        picture: with hands; without, it is placed by its middle.
        where: in the scene.
        size: longer edge of the hand's box; None to fit the picture into the scene as it is.
        how: ``whole`` pictures, or the hand ``cut`` out softly.
    """
    edge, (height, width) = len(scene.color), picture.color.shape[:2]
    k = int(rng.integers(len(picture.boxes))) if len(picture.boxes) else -1
    box = picture.boxes[k] if k >= 0 else np.array([width * 0.3, height * 0.3, width * 0.7, height * 0.7])
    fit = edge / max(height, width) * float(np.exp(rng.normal(0.05, 0.15)))
    gain = fit if size is None else min(size / float((box[2:] - box[:2]).max()), LARGEST_GAIN)
    spread = 0.25 if picture.stretched else 0.08
    stretch = np.exp(rng.normal(0, spread) * np.array([0.5, -0.5]))
    angle = rng.normal(0, 0.2) if rng.random() < (0.75 if size is None else 0.4) else rng.uniform(-np.pi, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag(gain * stretch)
    if size is None:
        middle, near = np.array([width, height]) / 2, np.array(where) + rng.normal(0, 0.06, 2) * edge
    else:
        middle, near = (box[:2] + box[2:]) / 2, np.array(where) + rng.normal(0, 0.16, 2) * max(size, edge / 3)
    to_scene = np.concatenate([turn, (near - turn @ middle)[:, None]], 1)
    small = picture.color
    shrink = 1.0
    if gain < 0.6:  # an area filter against aliasing
        shrink = gain / 0.9
        small = cv2.resize(small, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    from_small = to_scene @ np.array([[1 / shrink, 0, 0], [0, 1 / shrink, 0], [0, 0, 1.0]])
    warped = cv2.warpAffine(small, from_small, (edge, edge), flags=cv2.INTER_LINEAR)
    mask = np.full(small.shape[:2], 255, np.uint8)
    if how == "cut":
        mask[:] = 0
        centre, half = (box[:2] + box[2:]) / 2 * shrink, (box[2:] - box[:2]) * shrink * rng.uniform(0.55, 0.75)
        cv2.ellipse(mask, (centre.astype(int).tolist(), (2 * half).tolist(), 0.0), (255,), -1)
        mask = cv2.GaussianBlur(mask, (0, 0), float(max(half.max() * 0.08, 0.5)))
    alpha = cv2.warpAffine(mask, from_small, (edge, edge), flags=cv2.INTER_LINEAR)[..., None].astype(np.float32) / 255
    scene.color = (scene.color * (1 - alpha) + warped * alpha).astype(np.uint8)
    solid = alpha[..., 0] > 0.5
    covered = [i for i, old in enumerate(scene.boxes) if _share(solid, old) > 0.3]
    kept = [i for i in range(len(scene.boxes)) if i not in covered]
    scene.ignored = np.concatenate([scene.ignored, scene.boxes[covered]])
    scene.boxes, scene.points = scene.boxes[kept], scene.points[kept]
    only = [k] if how == "cut" and k >= 0 else list(range(len(picture.boxes))) if how == "whole" else []
    boxes = _warped_boxes(to_scene, picture.boxes[only])
    points = picture.points[only] @ to_scene[:, :2].T + to_scene[:, 2]
    shown = _visible(boxes, np.array([0.0, 0.0, edge, edge]))
    large = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) > 0.045 * edge
    good = (shown >= LEAST_VISIBLE) & large
    scene.boxes = np.concatenate([scene.boxes, boxes[good]])
    scene.points = np.concatenate([scene.points, points[good]])
    others = picture.ignored if how == "whole" else np.zeros((0, 4))
    scene.ignored = np.concatenate([scene.ignored, boxes[~good], _warped_boxes(to_scene, others)])
    if how == "cut" and len(picture.boxes) > 1:  # part of another may lie in the same cut
        rest = [i for i in range(len(picture.boxes)) if i != k]
        scene.ignored = np.concatenate([scene.ignored, _warped_boxes(to_scene, picture.boxes[rest])])


def _share(mask: np.ndarray, box: np.ndarray) -> float:
    x0, y0, x1, y1 = np.clip(box, 0, len(mask)).astype(int)
    part = mask[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 1.0


def _warped_boxes(to_scene: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Axis-aligned boxes of ellipses in turned boxes: tighter than around their corners."""
    centre, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    centre = centre @ to_scene[:, :2].T + to_scene[:, 2]
    reach = np.sqrt((half**2) @ (to_scene[:, :2] ** 2).T) * 1.08
    return np.concatenate([centre - reach, centre + reach], 1)


def _camera(rng: np.random.Generator, color: np.ndarray) -> np.ndarray:
    """Light, colour, blur and noise of a camera."""
    x = color.astype(np.float32) / 255
    if rng.random() < 0.8:
        x = x ** np.exp(rng.normal(0, 0.3)) * np.exp(rng.normal(0, [0.06, 0.03, 0.06]))
        x = (x - 0.5) * np.exp(rng.normal(0, 0.2)) + 0.5 + rng.normal(0, 0.06)
    if rng.random() < 0.12:  # dark rooms
        x = x * rng.uniform(0.12, 0.5)
    if rng.random() < 0.08:
        x = x.mean(2, keepdims=True).repeat(3, 2)
    if rng.random() < 0.25:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.4, 1.3)))
    if rng.random() < 0.1:
        n, angle = int(rng.integers(3, 9)), rng.uniform(0, np.pi)
        kernel = np.zeros((9, 9), np.float32)
        end = (np.array([np.cos(angle), np.sin(angle)]) * n / 2).round().astype(int)
        cv2.line(kernel, (4 - int(end[0]), 4 - int(end[1])), (4 + int(end[0]), 4 + int(end[1])), (1.0,))
        x = cv2.filter2D(x, -1, kernel / kernel.sum())
    if rng.random() < 0.3:
        x = x + rng.normal(0, rng.uniform(0.005, 0.05), x.shape).astype(np.float32)
    return (np.clip(x, 0, 1) * 255).astype(np.uint8)
