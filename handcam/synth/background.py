"""Backgrounds behind rendered hands: photographs where a folder is given, else interiors and clutter made here."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.synth.light import Lights
from handcam.types import Array

__all__ = [
    "Backgrounds",
    "clutter_picture",
    "indoor_light",
    "indoor_picture",
    "keyboard_picture",
    "noise_picture",
    "random_piece"
]  # fmt: skip

_POOL = 48


@dataclass(frozen=True)
class Backgrounds:
    """A pool of pictures to cut backgrounds from."""

    pictures: tuple[UInt8[Array, "_h _w 3"], ...]
    """Each at least 256 px on its shorter side."""
    photographs: int
    """Number of photographs; they come first."""

    @staticmethod
    def load(folder: Path | None = None, seed: int = 0) -> "Backgrounds":
        """Procedural pictures, and every JPEG and PNG of ``folder`` when there is one. Kept for the process."""
        return _load(None if folder is None else Path(folder), seed)

    def random_crop(
        self, rng: np.random.Generator, width: int, height: int, photo: float = 0.6
    ) -> UInt8[Array, "h w 3"]:
        """Cut a random piece: shifted, zoomed, flipped, its colours and sharpness changed.

        Args:
            rng: source of randomness.
            width: px.
            height: px.
            photo: share of photographs, where there are any.
        """
        n = self.photographs
        if n and rng.random() < photo:
            picture = self.pictures[rng.integers(n)]
        else:
            picture = self.pictures[rng.integers(n, len(self.pictures))]
        return random_piece(rng, picture, width, height)


def random_piece(
    rng: np.random.Generator,
    picture: UInt8[Array, "_h _w 3"],
    width: int,
    height: int,
    least: float = 0.25,
    halves: Sequence[UInt8[Array, "_h _w 3"]] = (),
    blur: float = 0.5,
) -> UInt8[Array, "h w 3"]:
    """Cut a random piece of a picture: shifted, zoomed, flipped, its colours and sharpness changed.

    Args:
        rng: source of randomness.
        picture: at least 8 px large.
        width: px.
        height: px.
        least: smallest piece, as a share of the largest that fits.
        halves: the same picture half as large, and so on: cutting a small piece from these is faster.
        blur: share out of focus.
    """
    h, w = picture.shape[:2]
    most = min(w / width, h / height)
    zoom = most * np.exp(rng.uniform(np.log(least), 0.0))
    cw, ch = max(int(width * zoom), 8), max(int(height * zoom), 8)
    x, y = rng.integers(0, w - cw + 1), rng.integers(0, h - ch + 1)
    while zoom >= 2 and halves:
        picture, halves, zoom = halves[0], halves[1:], zoom / 2
        x, y, cw, ch = x // 2, y // 2, max(cw // 2, 4), max(ch // 2, 4)
    piece = picture[y : y + ch, x : x + cw]
    out = cv2.resize(piece, (width, height), interpolation=cv2.INTER_AREA if zoom > 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        out = cv2.flip(out, 1)
    if rng.random() < blur:
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
    rooms = [np.clip(indoor_picture(rng, 400, 300), 0, 255).astype(np.uint8) for _ in range(_POOL // 4)]
    made = [*rooms, *(clutter_picture(rng, 400, 300) for _ in range(_POOL - len(rooms)))]
    return Backgrounds((*photographs, *made), len(photographs))


def indoor_light(rng: np.random.Generator) -> Lights:
    """Draw daylight from one side and a ceiling lamp, as at a desk."""
    window = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 0.9), rng.uniform(-0.6, -0.2), -0.8])
    ceiling = np.array([rng.normal(0, 0.2), -1.0, rng.uniform(-0.5, -0.1)])
    directions = np.stack([window, ceiling])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    slope = np.zeros((3, 3))
    slope[0], slope[1] = 0.1 * np.sign(window[0]), -0.15
    return Lights(
        directions.astype(np.float32), np.array([[0.75, 0.76, 0.8], [0.42, 0.39, 0.34]], np.float32),
        np.array([0.5, 0.5, 0.52], np.float32), slope.astype(np.float32), softness=0.15, gloss=18.0,
    )  # fmt: skip


def indoor_picture(rng: np.random.Generator, width: int, height: int) -> Float[Array, "h w 3"]:
    """Draw a wall with a framed picture and a row of books, out of focus; display values."""
    wall = np.array([176, 174, 168]) + rng.normal(0, 8, 3) + rng.normal(0, 14)
    room = np.full((height, width, 3), 1.0, np.float32) * wall.astype(np.float32)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    side = 1 if rng.random() < 0.5 else -1
    room *= (0.86 + 0.24 * (x if side > 0 else 1 - x) - 0.12 * y)[..., None].astype(np.float32)

    def box(x0: float, y0: float, x1: float, y1: float, colour: Array) -> None:
        a, b = (round(x0 * width), round(y0 * height)), (round(x1 * width), round(y1 * height))
        cv2.rectangle(room, a, b, tuple(float(c) for c in colour), -1)

    frame = rng.uniform(0.05, 0.15) if side < 0 else rng.uniform(0.62, 0.7)
    box(frame, 0.08, frame + 0.24, 0.5, np.array([92, 78, 64]) + rng.normal(0, 10, 3))
    box(frame + 0.02, 0.11, frame + 0.22, 0.47, np.array([206, 208, 204]) + rng.normal(0, 10, 3))
    middle = (round((frame + 0.12) * width), round(0.3 * height))
    cv2.circle(room, middle, round(0.07 * width), (150.0, 160.0, 178.0), -1)
    box(0.0, 0.8, 1.0, 0.83, np.array([124, 98, 74]) + rng.normal(0, 8, 3))
    at = 0.02
    while at < 0.97:
        wide, tall = rng.uniform(0.015, 0.045), rng.uniform(0.1, 0.2)
        if rng.random() < 0.75:
            box(at, 0.8 - tall, at + wide, 0.8, rng.uniform(55, 170) + rng.normal(0, 18, 3))
        at += wide + 0.002
    box(0.0, 0.83, 1.0, 1.0, np.array([150, 148, 144]) + rng.normal(0, 6, 3))
    room *= 1 + 0.05 * noise_picture(rng, width, height, 0.4)[..., None]
    return cv2.GaussianBlur(room, (0, 0), width / 130)


def clutter_picture(rng: np.random.Generator, width: int, height: int) -> UInt8[Array, "h w 3"]:
    """Draw a shaded wall, then clutter of boxes, discs and stripes, at random sharpness."""
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


def keyboard_picture(
    rng: np.random.Generator, around: UInt8[Array, "h w 3"], key_px: float, at: Float[Array, " 2"]
) -> UInt8[Array, "h w 3"]:
    """Draw a piano's or a computer's keys from above, in some perspective, on a plain case.

    Args:
        rng: source of randomness.
        around: the picture they are put into.
        key_px: width of a key.
        at: what the keys lie under, px.
    """
    case = np.full(3, rng.uniform(8, 70)) if rng.random() < 0.7 else rng.uniform([50, 25, 10], [160, 110, 80])
    flat = np.broadcast_to(case, (260, 1040, 3)).astype(np.uint8).copy()
    if rng.random() < 0.75:
        top, ivory = int(rng.integers(20, 110)), tuple(float(c) for c in np.array([0, -2, -8]) + rng.uniform(205, 250))
        black, gap = tuple([float(rng.uniform(8, 40))] * 3), tuple([float(rng.uniform(60, 150))] * 3)
        cv2.rectangle(flat, (0, top), (1040, top + 128), ivory, -1)
        for i in range(52):
            cv2.line(flat, (20 * i, top), (20 * i, top + 128), gap, 1, cv2.LINE_AA)
            if i % 7 in (0, 1, 3, 4, 5):
                cv2.rectangle(flat, (20 * i + 14, top), (20 * i + 26, top + 80), black, -1)
        middle, size = np.array([rng.uniform(250, 790), top + rng.uniform(50, 120)]), 20.0
    else:
        key = tuple([float(rng.uniform(15, 230))] * 3)
        for row in range(5):
            for i in range(-1, 16):
                x, y = 300 + i * 26 + row * 7, 60 + row * 26
                cv2.rectangle(flat, (x + 1, y + 1), (x + 23, y + 23), key, -1)
        middle, size = np.array([rng.uniform(330, 680), rng.uniform(70, 180)]), 32.0  # smaller than a piano's
    corners = np.array([[0, 0], [1040, 0], [1040, 260], [0, 260]], np.float32)
    away = (corners - middle) * key_px / size
    away[:2] *= rng.uniform(0.75, 1.0)
    angle = rng.normal(0, 0.2) + (np.pi if rng.random() < 0.15 else 0.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    warp = cv2.getPerspectiveTransform(corners, (away @ turn.T + at).astype(np.float32))
    height, width = around.shape[:2]
    out = cv2.warpPerspective(flat, warp, (width, height), around.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    return np.clip(out * (1 + 0.15 * noise_picture(rng, width, height, 0.5)[..., None]), 0, 255).astype(np.uint8)


def noise_picture(rng: np.random.Generator, width: int, height: int, feature: float) -> Array:
    """Smooth noise about -1 to 1 with features of ``feature`` times the width."""
    cells = max(int(1 / feature), 1) + 3
    coarse = rng.standard_normal((max(int(cells * height / width), 3), cells)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.7


def _hash(x: Array) -> Array:
    return (np.sin(x * 127.1) * 43758.5453) % 1
