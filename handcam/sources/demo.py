"""A rendered hand in smooth motion before a room: a camera for everybody, with the truth in every frame.

``demo`` shows one right hand, ``demo:left`` a left one, ``demo:two`` both. The seed chooses the person, the light, the
room and the motion; the same seed gives the same frames. The loop lasts 24 s and closes without a jump.
"""

import time
from dataclasses import replace
from functools import cache
from threading import Event

import cv2
import numpy as np

from handcam.geometry import project
from handcam.hand.rig import Shape
from handcam.sources import SourceSettings
from handcam.synth.background import noise_picture
from handcam.synth.body import bodies
from handcam.synth.light import Lights
from handcam.synth.motion import MotionSettings, move
from handcam.synth.picture import mirrored
from handcam.synth.poses import Poses
from handcam.synth.render import shade_hands
from handcam.synth.skin import sample_skin
from handcam.synth.things import Thing, sleeve
from handcam.types import Frame, HandPose, Intrinsics, Side, SourceError

__all__ = ["DemoSource", "open"]

_LOOP_S = 24.0
_SCALE = 0.7
"""The hand is rendered this much smaller than the picture, which looks as soft as a webcam and costs a third."""
_SHOWN = (
    "open", "spread", "relaxed", "point", "victory", "three", "four", "thumbs_up", "ok", "pinch", "horns", "open",
    "two_together", "point_thumb_out", "spread", "fist", "together",
)  # fmt: skip
"""What the hand does: gestures whose fingers can be told apart."""
_HANDS = {"": (Side.RIGHT,), "right": (Side.RIGHT,), "left": (Side.LEFT,), "two": (Side.RIGHT, Side.LEFT)}


class DemoSource:
    """Renders each frame when it is asked for, at the pace of a camera when ``settings.realtime``."""

    live = False

    def __init__(self, sides: tuple[Side, ...], settings: SourceSettings) -> None:
        self.name = "demo"
        self.fps = float(settings.fps)
        self._camera = settings.camera(settings.width, settings.height)
        self._realtime = settings.realtime
        self._closed = Event()
        self._index = 0
        self._start_ns = 0
        rng = np.random.default_rng([settings.seed, 2024])
        frames = max(2, round(_LOOP_S * self.fps))
        self._sides = sides
        self._poses = [_path(rng, frames, self.fps, side, len(sides)) for side in sides]
        self._wrists = [_bend(rng, frames) for _ in sides]
        self._look = next(look for look in iter(lambda: sample_skin(rng), None) if not look.polish)
        self._sleeved = rng.random() < 0.7
        self._lights = _room_light(rng)
        light = float(self._lights.ambient.mean() + 0.5 * self._lights.colours.mean(1).sum())
        self._exposure = (0.3 / float(self._look.back.mean())) ** 0.4 / light  # metered on the hand, as cameras do
        self._room = _room(rng, self._camera.width, self._camera.height)
        self._wall_m = 1.6
        self._seed = settings.seed

    def read(self) -> Frame | None:
        """The next frame, when its time has come; None once closed."""
        if self._closed.is_set():
            return None
        if self._realtime:
            now = time.perf_counter_ns()
            period = 1e9 / self.fps
            due = self._start_ns + self._index * period
            if self._start_ns == 0 or now - due > 2 * period:  # first frame, or nobody read for a while
                self._start_ns = int(now - self._index * period)
            elif due > now and self._closed.wait((due - now) / 1e9):
                return None
        frame = self._render(self._index)
        self._index += 1
        return frame

    def close(self) -> None:
        """End; a waiting ``read`` returns None."""
        self._closed.set()

    def _render(self, index: int) -> Frame:
        camera = self._camera
        at = index % len(self._poses[0].angles)
        people, truth = [], []
        for side, poses, wrist in zip(self._sides, self._poses, self._wrists, strict=True):
            one = _frame_of(poses, at)
            body = bodies(one, wrist[at : at + 1])[0]
            joints = one.joints_m[0].astype(float)
            cloth = [sleeve(np.random.default_rng(self._seed), body)] if self._sleeved else []
            if side is Side.LEFT:
                body, cloth = mirrored(body), [_mirrored(thing) for thing in cloth]
                joints = joints * _FLIP
            people.append((body, self._look, cloth))
            truth.append(_truth(side, joints, camera))
        small = camera.scaled(round(camera.width * _SCALE), round(camera.height * _SCALE))
        rng = np.random.default_rng([self._seed, at])
        layer = shade_hands(rng, people, small, self._lights, self._exposure)
        size = (camera.width, camera.height)
        color = cv2.resize(layer.color, size, interpolation=cv2.INTER_LINEAR)
        alpha = cv2.resize(layer.alpha, size, interpolation=cv2.INTER_LINEAR)[..., None]
        picture = self._room + alpha * (color - self._room)
        picture += _grain(index, picture.shape)
        depth = cv2.resize(layer.depth_m, size, interpolation=cv2.INTER_NEAREST)
        depth_mm = np.where(depth > 0, depth * 1000 + 0.5, self._wall_m * 1000).astype(np.uint16)
        return Frame(
            index, time.perf_counter_ns(), camera, np.clip(picture, 0, 255).astype(np.uint8), depth_mm, 0.001,
            round(index * 1e9 / self.fps), tuple(truth),
        )  # fmt: skip


def open(rest: str, settings: SourceSettings) -> DemoSource:
    """Open the demo; ``rest`` is empty, ``left``, ``right`` or ``two``.

    Raises:
        SourceError: ``rest`` is something else.
    """
    if rest not in _HANDS:
        raise SourceError(f"Unknown demo {rest!r}; use demo, demo:left, demo:right or demo:two.")
    return DemoSource(_HANDS[rest], settings)


def _path(rng: np.random.Generator, frames: int, fps: float, side: Side, count: int) -> Poses:
    """The motion of one hand as a right one; a second hand keeps to its own half of the picture."""
    settings = MotionSettings(named=1.0, gestures=_SHOWN, turn_deg=17.0, back_share=0.2, distance_m=0.42)
    if count > 1:
        settings = replace(settings, wander_m=0.02, distance_m=0.55, turn_deg=14.0)
    poses = move(rng, frames, fps, settings)
    if count == 1:
        return poses
    aside = np.float32([-0.12, 0.0, 0.0])  # a right hand held up is at the left of the picture; a left one is mirrored
    return replace(poses, translation_m=poses.translation_m + aside, joints_m=poses.joints_m + aside)


def _bend(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Slow sway of the wrist (frames 2), radians, closing on itself."""
    t = np.arange(frames)[:, None] / frames * 2 * np.pi
    turns, phase = rng.integers(2, 6, (1, 2)), rng.uniform(0, 2 * np.pi, (1, 2))
    return rng.normal(0, 0.1, (1, 2)) + [[0.2, 0.1]] * np.sin(turns * t + phase)


def _frame_of(poses: Poses, at: int) -> Poses:
    one = slice(at, at + 1)
    shape = Shape(*(getattr(poses.shape, name)[one] for name in Shape.__dataclass_fields__))
    return Poses(poses.angles[one], shape, poses.rotation[one], poses.translation_m[one], poses.joints_m[one])


def _mirrored(thing: Thing) -> Thing:
    flip = _FLIP.astype(np.float32)
    return replace(thing, vertices_m=thing.vertices_m * flip, normals=thing.normals * flip)


def _truth(side: Side, joints_m: np.ndarray, camera: Intrinsics) -> HandPose:
    return HandPose(side, 1.0, joints_m, True, project(joints_m, camera), np.zeros(21))


def _room_light(rng: np.random.Generator) -> Lights:
    """Daylight from one side and a ceiling lamp: what a desk usually has."""
    window = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 0.9), rng.uniform(-0.6, -0.2), -0.8])
    ceiling = np.array([rng.normal(0, 0.2), -1.0, rng.uniform(-0.5, -0.1)])
    directions = np.stack([window, ceiling])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    ambient = np.array([0.5, 0.5, 0.52])
    slope = np.zeros((3, 3))
    slope[1] = -0.15
    slope[0] = 0.1 * np.sign(window[0])
    return Lights(
        directions.astype(np.float32), np.float32([[0.75, 0.76, 0.8], [0.42, 0.39, 0.34]]), ambient.astype(np.float32),
        slope.astype(np.float32), softness=0.15, gloss=18.0,
    )  # fmt: skip


def _room(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A wall with a shelf, a picture and a window's light, out of focus (float, 0..255)."""
    wall = np.array([176, 174, 168]) + rng.normal(0, 14, 3) + rng.normal(0, 14)
    room = np.full((height, width, 3), 1.0, np.float32) * wall.astype(np.float32)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    side = 1 if rng.random() < 0.5 else -1
    room *= (0.86 + 0.24 * (x if side > 0 else 1 - x) - 0.12 * y)[..., None].astype(np.float32)

    def box(x0: float, y0: float, x1: float, y1: float, colour: np.ndarray) -> None:
        a, b = (round(x0 * width), round(y0 * height)), (round(x1 * width), round(y1 * height))
        cv2.rectangle(room, a, b, tuple(float(c) for c in colour), -1)

    frame = rng.uniform(0.05, 0.15) if side < 0 else rng.uniform(0.62, 0.7)
    box(frame, 0.08, frame + 0.24, 0.5, np.array([92, 78, 64]) + rng.normal(0, 10, 3))
    box(frame + 0.02, 0.11, frame + 0.22, 0.47, np.array([206, 208, 204]) + rng.normal(0, 10, 3))
    cv2.circle(
        room, (round((frame + 0.12) * width), round(0.3 * height)), round(0.07 * width), (150.0, 160.0, 178.0), -1
    )
    box(0.0, 0.8, 1.0, 0.83, np.array([124, 98, 74]) + rng.normal(0, 8, 3))
    at = 0.02
    while at < 0.97:
        wide, tall = rng.uniform(0.015, 0.045), rng.uniform(0.1, 0.2)
        if rng.random() < 0.75:
            box(at, 0.8 - tall, at + wide, 0.8, rng.uniform(55, 190) + rng.normal(0, 28, 3))
        at += wide + 0.002
    box(0.0, 0.83, 1.0, 1.0, np.array([150, 148, 144]) + rng.normal(0, 6, 3))
    room *= 1 + 0.05 * noise_picture(rng, width, height, 0.4)[..., None]
    return cv2.GaussianBlur(room, (0, 0), width / 130)


def _grain(index: int, shape: tuple[int, ...]) -> np.ndarray:
    """Sensor noise that differs from frame to frame: one pool, read from a different place each time."""
    size = int(np.prod(shape))
    pool = _pool(size)
    start = (index * 7919 * 13) % (len(pool) - size)
    return pool[start : start + size].reshape(shape)


@cache
def _pool(size: int) -> np.ndarray:
    return 1.6 * np.random.default_rng(5).standard_normal(size + 200_003, np.float32)


_FLIP = np.array([-1.0, 1.0, 1.0])
