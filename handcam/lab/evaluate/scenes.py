"""Short films of rendered hands that are hard to follow, with the truth in every frame.

Each scene is the same whenever it is rendered: one or two hands of one person before a background,
640x480 at 30 frames a second, with a webcam's softness, noise and motion blur.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float

from handcam.geometry import smoothstep
from handcam.hand.rig import Shape
from handcam.hand.skeleton import MIRROR
from handcam.synth.background import Backgrounds, indoor_light, indoor_picture
from handcam.synth.body import build_bodies
from handcam.synth.motion import MotionSettings, sample_motion
from handcam.synth.poses import PoseBatch, PoseSettings, sample_shape
from handcam.synth.render import Layer, render_hands
from handcam.synth.scenes import true_pose
from handcam.synth.skin import sample_natural_skin
from handcam.types import Frame, Intrinsics, Side

__all__ = ["CAMERA", "FPS", "SCENES", "Scene", "film"]

FPS = 30.0
CAMERA = Intrinsics.from_fov(640, 480, np.pi / 3)
_SCALE = 0.55
"""Hands are rendered this much smaller than the picture: as soft as a webcam's, and at a third of the cost."""
_EXPOSURE = 0.5
"""Share of the time between two frames during which the shutter is open: 1/60 s, as indoors."""
_SHOWN = ("open", "spread", "relaxed", "point", "victory", "three", "thumbs_up", "ok", "fist", "open")

Path = Callable[[Float[np.ndarray, " t"]], tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]]
"""Where a hand is at these times (s): x, y, z of the middle of its joints, camera frame, metres."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens in a film."""

    description: str
    """One phrase for the report."""
    seconds: float
    """Length."""
    hands: tuple[tuple[Side, Path], ...]
    """Which hands, and where they go."""
    back: bool = False
    """Do the hands turn their backs now and then?"""
    covered_s: tuple[float, float] = (0.0, 0.0)
    """From when to when something is held before everything."""


def _glide(t: np.ndarray, *stops: tuple[float, float]) -> np.ndarray:
    """Rest at values and go smoothly from one to the next: (time at which it is reached, value)."""
    times, values = np.array(stops).T
    i = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    return values[i] + smoothstep(times[i], times[i + 1], t) * (values[i + 1] - values[i])


def _away_and_back(t: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    x = _glide(t, (0.4, 0.0), (0.8, 0.55), (1.7, 0.55), (1.71, -0.55), (2.1, -0.08), (2.8, 0.05), (3.0, 0.05))
    return x, _glide(t, (0, 0.02), (2.8, 0.0), (3.1, 0.55), (3.8, 0.55), (4.1, 0.0), (5.0, 0.0)), 0.5


def _there_and_back(t: np.ndarray, x: float) -> np.ndarray:
    return _glide(t, (0.5, x), (1.7, -x), (2.7, -x), (3.9, x), (5.0, x))


SCENES: dict[str, Scene] = {
    "calm": Scene(
        "one hand gestures", 3.0,
        ((Side.RIGHT, lambda t: (0.05 * np.sin(1.5 * t), 0.02 * np.sin(2.1 * t), 0.45 + 0.05 * np.sin(t))),),
    ),
    "turning": Scene(
        "a left hand shows palm and back", 5.0, ((Side.LEFT, lambda t: (0.03 * np.sin(t), 0.0, 0.45)),), back=True
    ),
    "fast": Scene(
        "a hand swings ever faster, up to 2 m/s", 4.0,
        ((Side.RIGHT, lambda t: (0.16 * np.sin(2 * np.pi * (0.3 * t + 0.2 * t * t)), 0.03 * np.sin(5 * t), 0.55)),),
    ),
    "leaving": Scene("a hand leaves at the right and below, and comes back", 5.0, ((Side.RIGHT, _away_and_back),)),
    "covered": Scene(
        "something is held before the hand for 0.7 s while it goes on", 3.0,
        ((Side.LEFT, lambda t: (_glide(t, (0, -0.1), (3, 0.1)), 0.0, 0.5)),), covered_s=(1.0, 1.7),
    ),
    "second": Scene(
        "the left hand comes, goes and comes again beside the right one", 5.0,
        ((Side.RIGHT, lambda t: (-0.15 + 0.02 * np.sin(2 * t), 0.02, 0.55)),
         (Side.LEFT, lambda t: (_glide(t, (0.7, 0.6), (1.1, 0.14), (2.5, 0.14), (2.9, 0.6), (3.6, 0.6), (4.0, 0.14),
                                       (5.0, 0.14)), 0.0, 0.55))),
    ),
    "crossing": Scene(
        "two hands cross, one before the other, and go back", 4.5,
        ((Side.RIGHT, lambda t: (_there_and_back(t, -0.15), 0.0, 0.5)),
         (Side.LEFT, lambda t: (_there_and_back(t, 0.15), 0.01, 0.64))),
    ),
    "nobody": Scene("no hand, six backgrounds", 2.0, ()),
}  # fmt: skip
"""All scenes, by name."""


def film(name: str, seed: int = 0, frames: int | None = None) -> Iterator[Frame]:
    """The frames of a scene; ``truth`` holds every hand, in sight or not.

    Args:
        name: of :data:`SCENES`.
        seed: number of the person, background and gestures.
        frames: stop after so many.
    """
    scene = SCENES[name]
    count = round(scene.seconds * FPS)
    rng = np.random.default_rng([seed, list(SCENES).index(name), 31])
    person = sample_shape(rng, 1, PoseSettings(size=0.05, bones=0.04))
    skin = sample_natural_skin(rng)
    lights = indoor_light(rng)
    exposure = skin.metered_exposure(lights)
    rooms = [np.clip(indoor_picture(rng, CAMERA.width, CAMERA.height), 0, 255).astype(np.uint8)]
    if not scene.hands:
        rooms += [Backgrounds.load().random_crop(rng, CAMERA.width, CAMERA.height) for _ in range(5)]
    card = Backgrounds.load().random_crop(rng, CAMERA.width, CAMERA.height)
    moving = [(side, _moved(rng, count, person, side, path, scene.back)) for side, path in scene.hands]
    small = CAMERA.scaled(round(CAMERA.width * _SCALE), round(CAMERA.height * _SCALE))
    for i in range(count if frames is None else min(frames, count)):
        color = rooms[i * len(rooms) // count].astype(np.float32)
        truth = tuple(true_pose(side, poses.joints_m[i], CAMERA) for side, poses in moving)
        if truth:
            people = []
            for side, poses in moving:
                body = build_bodies(poses[i : i + 1], np.zeros((1, 2)))[0]
                people.append((body if side is Side.RIGHT else body.mirrored(), skin, []))
            layer = render_hands(np.random.default_rng([seed, i]), people, small, lights, exposure)
            front, cover = _blurred(layer, _speed_px(moving, i) * _SCALE)
            color = color * (1 - cover) + front
        if scene.covered_s[0] <= i / FPS < scene.covered_s[1]:
            color, truth = card.astype(np.float32), ()
        noise = np.random.default_rng([seed, i, 1]).standard_normal(color.shape, np.float32)
        color = np.clip(color + np.float32(2.0) * noise, 0, 255).astype(np.uint8)
        when = round(i * 1e9 / FPS)
        yield Frame(i, when, CAMERA, color, device_time_ns=when, truth=truth)


def _moved(rng: np.random.Generator, count: int, person: Shape, side: Side, path: Path, back: bool) -> PoseBatch:
    """A right hand (a left one in the mirror) that gestures along a path."""
    settings = MotionSettings(
        named=1.0, gestures=_SHOWN, turn_deg=14.0, distance_m=0.5, wander_m=0.0, back_share=0.5 if back else 0.0
    )
    poses = sample_motion(rng, count, FPS, settings, person)
    to = np.stack([np.broadcast_to(v, count) for v in path(np.arange(count) / FPS)], 1)
    if side is Side.LEFT:
        to = to * MIRROR
    shift = (to - poses.joints_m.mean(1)).astype(np.float32)
    return replace(poses, translation_m=poses.translation_m + shift, joints_m=poses.joints_m + shift[:, None])


def _speed_px(moving: list[tuple[Side, PoseBatch]], i: int) -> np.ndarray:
    """Velocity of the first hand in the picture, px a frame."""
    side, poses = moving[0]
    now, before = (true_pose(side, poses.joints_m[k], CAMERA).keypoints_px.mean(0) for k in (i, max(i - 1, 0)))
    return now - before


def _blurred(
    layer: Layer, speed_px: np.ndarray
) -> tuple[Float[np.ndarray, "480 640 3"], Float[np.ndarray, "480 640 1"]]:
    """Colour times coverage, and coverage, at the picture's size, smeared along the way of the open shutter."""
    alpha = layer.alpha[..., None]
    both: Float[np.ndarray, "h w 4"] = np.concatenate([layer.color * alpha, alpha], 2).astype(np.float32)
    smear = np.clip(speed_px * _EXPOSURE, -40, 40)
    length = float(np.linalg.norm(smear))
    if length > 1:
        reach = int(np.ceil(length / 2))
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        start, stop = (np.round(reach + sign * smear / 2).astype(int).tolist() for sign in (-1, 1))
        cv2.line(kernel, start, stop, (1.0,))
        both = cv2.filter2D(both, -1, kernel / kernel.sum())
    both = cv2.resize(both, (CAMERA.width, CAMERA.height), interpolation=cv2.INTER_LINEAR)
    return both[..., :3], both[..., 3:]
