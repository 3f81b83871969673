"""What is behind the hand: photographs where a folder is given, else walls, rooms and clutter."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from handcam.synth.background_room import room_picture
from handcam.synth.procedural import procedural

__all__ = ["Backgrounds"]

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
            sigma = float(np.exp(rng.uniform(np.log(0.5), np.log(6))) * width / 256)
            k = 2 * int(1.4 * sigma + 0.5) + 1  # a stack blur of this width, many times faster than a Gaussian
            out = cv2.stackBlur(out, (k, k))
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
    rooms = [np.clip(room_picture(rng, 400, 300), 0, 255).astype(np.uint8) for _ in range(_POOL // 4)]
    made = [*rooms, *(procedural(rng, 400, 300) for _ in range(_POOL - len(rooms)))]
    return Backgrounds((*photographs, *made), len(photographs))
