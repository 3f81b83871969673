"""What is behind the hand: photographs where a folder is given, else walls, gradients, blobs, stripes and clutter."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

__all__ = ["Backgrounds", "noise_picture", "procedural"]

_POOL = 48


@dataclass(frozen=True)
class Backgrounds:
    """A pool of pictures to cut backgrounds from."""

    pictures: tuple[UInt8[np.ndarray, "_h _w 3"], ...]
    """Each at least 256 px on its shorter side."""
    photographs: int
    """How many of them, the first ones, are photographs."""

    @staticmethod
    def load(folder: Path | None = None, seed: int = 0) -> "Backgrounds":
        """Procedural pictures, and every JPEG and PNG of ``folder`` when there is one. Kept for the process."""
        return _load(None if folder is None else Path(folder), seed)

    def cut(self, rng: np.random.Generator, width: int, height: int, photo: float = 0.6) -> UInt8[np.ndarray, "h w 3"]:
        """A random piece: shifted, zoomed, flipped, its colours and sharpness changed.

        Args:
            rng: where the chance comes from.
            width: px.
            height: px.
            photo: share of photographs, where there are any.
        """
        n = self.photographs
        if n and rng.random() < photo:
            picture = self.pictures[rng.integers(n)]
        else:
            picture = self.pictures[rng.integers(n, len(self.pictures))]
        h, w = picture.shape[:2]
        most = min(w / width, h / height)
        zoom = most * np.exp(rng.uniform(np.log(0.25), 0.0))
        cw, ch = max(int(width * zoom), 8), max(int(height * zoom), 8)
        x, y = rng.integers(0, w - cw + 1), rng.integers(0, h - ch + 1)
        piece = picture[y : y + ch, x : x + cw]
        if rng.random() < 0.5:
            piece = piece[:, ::-1]
        way = cv2.INTER_AREA if zoom > 1 else cv2.INTER_LINEAR
        out = cv2.resize(np.ascontiguousarray(piece), (width, height), interpolation=way)
        if rng.random() < 0.5:
            out = cv2.GaussianBlur(out, (0, 0), float(np.exp(rng.uniform(np.log(0.5), np.log(6))) * width / 256))
        gain = np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.06, 3))
        table = np.clip(np.arange(256)[:, None] * gain + rng.normal(0, 8), 0, 255).astype(np.uint8)
        return cv2.LUT(out, np.ascontiguousarray(table[None]))


@cache
def _load(folder: Path | None, seed: int) -> Backgrounds:
    photographs = []
    if folder is not None and folder.is_dir():
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if picture is not None:
                k = 640 / min(picture.shape[:2])
                if k < 1:
                    picture = cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
                if min(picture.shape[:2]) >= 128:
                    photographs.append(np.ascontiguousarray(picture[..., ::-1]))
    rng = np.random.default_rng([seed, 77])
    made = [procedural(rng, 400, 300) for _ in range(_POOL)]
    return Backgrounds((*photographs, *made), len(photographs))


def procedural(rng: np.random.Generator, width: int, height: int) -> UInt8[np.ndarray, "h w 3"]:
    """A made-up scene: a shaded wall, then clutter of boxes, discs and stripes, at random sharpness."""
    base = rng.uniform(20, 235, 3) if rng.random() < 0.4 else np.full(3, rng.uniform(20, 235)) + rng.normal(0, 12, 3)
    shade = noise_picture(rng, width, height, rng.uniform(0.3, 1.2))[..., None]
    out = base * (1 + rng.uniform(0.05, 0.5) * shade)
    grain = noise_picture(rng, width, height, rng.uniform(0.01, 0.06))[..., None]
    out = np.clip(out + rng.uniform(0, 14) * grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:  # boards or bricks
        period, angle = rng.uniform(15, 80), rng.uniform(0, np.pi)
        y, x = np.mgrid[:height, :width]
        along = (x * np.cos(angle) + y * np.sin(angle)) / period
        out = np.clip(
            out * (1 - 0.35 * (along % 1 < 0.05))[..., None] * (0.9 + 0.2 * _hash(np.floor(along)))[..., None], 0, 255
        )
        out = out.astype(np.uint8)
    out = np.ascontiguousarray(out)
    for _ in range(int(rng.integers(0, 22))):
        colour = tuple(int(c) for c in rng.uniform(0, 255, 3))
        centre, size = rng.uniform([0, 0], [width, height]), np.exp(rng.uniform(np.log(8), np.log(0.5 * width), 2))
        kind = rng.integers(3)
        angle = float(rng.normal(0, 25) if rng.random() < 0.7 else rng.uniform(0, 180))
        if kind == 0:
            cv2.ellipse(out, (tuple(centre.tolist()), tuple(size.tolist()), angle), colour, -1, cv2.LINE_AA)
        elif kind == 1:
            box = cv2.boxPoints((tuple(centre.tolist()), tuple(size.tolist()), angle))
            cv2.fillConvexPoly(out, box.astype(np.int32), colour, cv2.LINE_AA)
        else:
            other = rng.uniform([0, 0], [width, height]).astype(int).tolist()
            cv2.line(out, centre.astype(int).tolist(), other, colour, int(rng.integers(1, 12)), cv2.LINE_AA)
    light = 1 + 0.35 * noise_picture(rng, width, height, 0.6)[..., None]
    return np.clip(out * light, 0, 255).astype(np.uint8)


def noise_picture(rng: np.random.Generator, width: int, height: int, feature: float) -> np.ndarray:
    """Smooth noise about -1 to 1 with features of ``feature`` times the width."""
    cells = max(int(1 / feature), 1) + 3
    coarse = rng.standard_normal((max(int(cells * height / width), 3), cells)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.7


def _hash(x: np.ndarray) -> np.ndarray:
    return (np.sin(x * 127.1) * 43758.5453) % 1
