"""A rendered hand in smooth motion indoors: a camera for everybody, with the truth in every frame.

``demo`` shows one right hand, ``demo:left`` a left one, ``demo:two`` both; ``demo:@40`` shows it from 40 degrees to the
side, so that ``demo+demo:@40`` are two cameras. The seed chooses the person, the light, the background and the motion;
the same seed gives the same frames. The loop lasts 24 s and closes without a jump.
"""

import math
import time
from dataclasses import replace
from threading import Event

import cv2
import numpy as np

from handcam.hand.rig import Shape
from handcam.sources import SourceSettings
from handcam.sources._rendered_loop import LoopCache, Packed
from handcam.synth.background import indoor_light, indoor_picture
from handcam.synth.body import build_bodies
from handcam.synth.motion import MotionSettings, sample_motion
from handcam.synth.poses import PoseBatch, PoseSettings, sample_shape
from handcam.synth.props import sleeve
from handcam.synth.render import Layer, RenderHand, render_hands
from handcam.synth.scenes import true_pose
from handcam.synth.skin import sample_natural_skin
from handcam.types import Array, Frame, Side, SourceError

__all__ = ["DemoSource", "open"]

_LOOP_S = 24.0
_SCALE = {1: 0.65, 2: 0.55}
"""One hand (or two) is rendered this much smaller than the picture, which looks as soft as a webcam and costs half."""
_WALL_M = 1.6
"""Distance of the wall behind the hand."""
_DISTANCE_M = 0.42
"""Of one hand, and of the point around which a camera goes."""
_GRAINS = 6
"""Number of different noise pictures."""
_GESTURES = (
    "open", "spread", "relaxed", "point", "victory", "three", "four", "thumbs_up", "ok", "pinch", "horns", "open",
    "two_together", "point_thumb_out", "spread", "fist", "together",
)  # fmt: skip
"""Gestures that are shown: those whose fingers can be told apart."""
_HANDS = {"": (Side.RIGHT,), "right": (Side.RIGHT,), "left": (Side.LEFT,), "two": (Side.RIGHT, Side.LEFT)}


class DemoSource:
    """Renders each frame when it is asked for, at the pace of a camera when ``settings.realtime``."""

    live = False
    notes: tuple[str, ...] = ()
    """What is to be said of it, in sentences."""
    fallback = False
    """True where it stands in for a camera that was not found."""

    def __init__(
        self, sides: tuple[Side, ...], settings: SourceSettings, person: Shape | None = None, turn_deg: float = 0.0
    ) -> None:
        self.name = f"demo:@{turn_deg:g}" if turn_deg else "demo"
        self.camera_from_scene = _around(turn_deg)
        self.fps = float(settings.fps)
        self._camera = settings.camera(settings.width, settings.height)
        self._realtime = settings.realtime
        self._closed = Event()
        self._index = 0
        self._start_ns = 0
        rng = np.random.default_rng([settings.seed, 2024])
        frames = max(2, round(_LOOP_S * self.fps))
        self._sides = sides
        drawn = sample_shape(rng, 1, PoseSettings(size=0.05, bones=0.04))
        shown, person = person, drawn if person is None else person
        self._poses = [
            _seen(_path(rng, frames, self.fps, person, len(sides)), self.camera_from_scene, side) for side in sides
        ]
        self._wrists = [_bend(rng, frames) for _ in sides]
        self._skin = sample_natural_skin(rng)
        self._sleeved = rng.random() < 0.7
        self._lights = indoor_light(rng)
        self._exposure = self._skin.metered_exposure(self._lights)
        picture = indoor_picture(rng, self._camera.width, self._camera.height)
        self._grain = _noise(self._camera.width, self._camera.height)
        self._backgrounds = np.clip(picture + self._grain, 0, 255).astype(np.uint8)
        scale = _SCALE[len(sides)]
        self._small = self._camera.scaled(round(self._camera.width * scale), round(self._camera.height * scale))
        self._cache = None
        if settings.realtime and shown is None:  # who works through frames as fast as they come renders each
            about = sides, turn_deg, settings.seed, self._camera, self.fps, scale
            self._cache = LoopCache(about, frames)
        self._loop: list[Packed | None] = self._cache.load() if self._cache is not None else [None] * frames
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
        """End; a waiting ``read`` returns None. What was rendered is kept for the next start."""
        if not self._closed.is_set() and self._cache is not None:
            self._cache.save(self._loop)
        self._closed.set()

    def _render(self, index: int) -> Frame:
        camera = self._camera
        at = index % len(self._loop)
        front = self._loop[at]
        if front is None:  # rendered the first time, unpacked from memory later
            front = self._loop[at] = _pack(self._layer(at))
        color = self._backgrounds[index % _GRAINS].copy()
        depth = np.full(color.shape[:2], round(_WALL_M * 1000), np.uint16)
        _paste(front, color, depth, self._grain[index % _GRAINS])
        truth = tuple(
            true_pose(side, poses.joints_m[at], camera) for side, poses in zip(self._sides, self._poses, strict=True)
        )
        when = round(index * 1e9 / self.fps)
        return Frame(index, time.perf_counter_ns(), camera, color, depth, 0.001, when, truth)

    def _layer(self, at: int) -> Layer:
        hands: list[RenderHand] = []
        for side, poses, wrist in zip(self._sides, self._poses, self._wrists, strict=True):
            body = build_bodies(poses[at : at + 1], wrist[at : at + 1])[0]
            props = [sleeve(np.random.default_rng(self._seed), body)] if self._sleeved else []
            if side is Side.LEFT:
                body, props = body.mirrored(), [prop.mirrored() for prop in props]
            hands.append((body, self._skin, props))
        rng = np.random.default_rng([self._seed, at])
        return render_hands(rng, hands, self._small, self._lights, self._exposure)


def _pack(layer: Layer) -> Packed:
    """Cut the hands out and compress them: a loop takes some 12 MB instead of a gigabyte."""
    y, x = np.nonzero(layer.alpha > 0)
    h, w = layer.alpha.shape
    rows = (max(int(y.min()) - 1, 0), min(int(y.max()) + 2, h)) if len(y) else (0, 1)
    columns = (max(int(x.min()) - 1, 0), min(int(x.max()) + 2, w)) if len(x) else (0, 1)
    color = np.clip(layer.color[slice(*rows), slice(*columns)], 0, 255).astype(np.uint8)[..., ::-1]
    alpha = np.round(layer.alpha[slice(*rows), slice(*columns)] * 255).astype(np.uint8)
    depth = np.round(layer.depth_m[slice(*rows), slice(*columns)] * 1000).astype(np.uint16)
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return Packed(
        rows, columns, cv2.imencode(".jpg", color, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes(),
        cv2.imencode(".png", alpha, fast)[1].tobytes(), cv2.imencode(".png", depth, fast)[1].tobytes(), (h, w),
    )  # fmt: skip


def _paste(packed: Packed, color: Array, depth_mm: Array, grain: Array) -> None:
    """Enlarge and put into a picture and its depth, with noise."""
    h, w = color.shape[:2]
    ky, kx = h / packed.small[0], w / packed.small[1]
    y0, y1 = round(packed.rows[0] * ky), round(packed.rows[1] * ky)
    x0, x1 = round(packed.columns[0] * kx), round(packed.columns[1] * kx)
    part = (slice(y0, y1), slice(x0, x1))
    size = (x1 - x0, y1 - y0)
    front, cover, z = (
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        for data in (packed.color, packed.alpha, packed.depth)
    )
    assert front is not None
    assert cover is not None
    assert z is not None
    front = cv2.cvtColor(cv2.resize(front, size, interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2RGB)
    a = cv2.resize(cover, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)[..., None] * np.float32(1 / 255)
    front = cv2.add(front, grain[part].astype(np.int16), dtype=cv2.CV_16S).astype(np.float32)
    back = color[part].astype(np.float32)
    color[part] = np.clip(back + a * (front - back), 0, 255).astype(np.uint8)
    z = cv2.resize(z, size, interpolation=cv2.INTER_NEAREST)
    np.copyto(depth_mm[part], z, where=z > 0)


def open(rest: str, settings: SourceSettings) -> DemoSource:
    """Open the demo; ``rest`` is empty, ``left``, ``right`` or ``two``.

    Raises:
        SourceError: ``rest`` is something else.
    """
    hands, _, turn = rest.partition("@")
    try:
        turn_deg = float(turn or 0)
    except ValueError:
        turn_deg = math.inf
    if hands not in _HANDS or not abs(turn_deg) <= 90:
        raise SourceError(
            f"Unknown demo {rest!r}; use demo, demo:left, demo:right, demo:two, or demo:@40 from the side."
        )
    return DemoSource(_HANDS[hands], settings, turn_deg=turn_deg)


def _around(turn_deg: float) -> Array:
    """``camera_from_scene`` of a camera that has gone around the hand to the person's left; 0 stands before it."""
    turn, middle = np.radians(turn_deg), np.array([0.0, 0.0, _DISTANCE_M])
    pose = np.eye(4)
    pose[:3, :3] = [[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]]
    pose[:3, 3] = middle - pose[:3, :3] @ middle
    return pose


def _seen(poses: PoseBatch, camera_from_scene: Array, side: Side) -> PoseBatch:
    """The same hands in another camera's frame; a left one is mirrored when it is drawn."""
    if np.array_equal(camera_from_scene, np.eye(4)):
        return poses
    mirror = np.diag([-1.0 if side is Side.LEFT else 1.0, 1.0, 1.0])
    turn, shift = np.float32(mirror @ camera_from_scene[:3, :3] @ mirror), np.float32(mirror @ camera_from_scene[:3, 3])
    return replace(
        poses, rotation=turn @ poses.rotation, translation_m=poses.translation_m @ turn.T + shift,
        joints_m=poses.joints_m @ turn.T + shift,
    )  # fmt: skip


def _path(rng: np.random.Generator, frames: int, fps: float, person: Shape, count: int) -> PoseBatch:
    """The motion of one hand as a right one; a second hand keeps to its own half of the picture."""
    settings = MotionSettings(named=1.0, gestures=_GESTURES, turn_deg=17.0, back_share=0.2, distance_m=_DISTANCE_M)
    if count > 1:
        settings = replace(settings, wander_m=0.02, distance_m=0.55, turn_deg=14.0)
    poses = sample_motion(rng, frames, fps, settings, person)
    if count == 1:
        return poses
    # a right hand held up is at the left of the picture; a left one is mirrored
    aside = np.array([-0.12, 0.0, 0.0], np.float32)
    return replace(poses, translation_m=poses.translation_m + aside, joints_m=poses.joints_m + aside)


def _bend(rng: np.random.Generator, frames: int) -> Array:
    """Slow sway of the wrist (frames 2), radians, closing on itself."""
    t = np.arange(frames)[:, None] / frames * 2 * np.pi
    cycles: Array = rng.integers(2, 6, (1, 2))  # pyright: ignore[reportUnknownMemberType]
    phase = rng.uniform(0, 2 * np.pi, (1, 2))
    return rng.normal(0, 0.1, (1, 2)) + [[0.2, 0.1]] * np.sin(cycles * t + phase)


def _noise(width: int, height: int) -> Array:
    """Sensor noise of a few frames, to be used in turn (k h w 3)."""
    rng = np.random.default_rng(5)
    return np.round(1.6 * rng.standard_normal((_GRAINS, height, width, 3), np.float32)).astype(np.int8)
