"""Smooth random motion: a hand that goes from one shape to the next, turns and drifts, and comes back to the start."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.geometry import smoothstep
from handcam.hand.rig import Shape, load_rig
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.synth.poses import PoseBatch, PoseSettings, collides, sample_angles, sample_shape
from handcam.types import Array

__all__ = ["MotionSettings", "sample_motion"]


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Pace and extent of a hand's motion before the camera."""

    hold_s: float = 0.35
    """Mean time it rests in a shape."""
    change_s: float = 0.8
    """Mean time from one shape to the next."""
    named: float = 0.75
    """Share of shapes that are named gestures; the others are random poses."""
    gestures: tuple[str, ...] = GESTURES
    """The gestures to pass through."""
    turn_deg: float = 26.0
    """Standard deviation of the hand's turn, per axis."""
    distance_m: float = 0.45
    """Mean distance from the camera."""
    wander_m: float = 0.05
    """Standard deviation of the hand's place across the picture."""
    half_view: tuple[float, float] = (0.577, 0.433)
    """Tangents of half the camera's field of view, across and down; the hand stays inside."""
    back_share: float = 0.4
    """Share of the time that the back of the hand is shown."""


def sample_motion(
    rng: np.random.Generator, frames: int, fps: float, settings: MotionSettings = MotionSettings(),
    shape: Shape | None = None,
) -> PoseBatch:  # fmt: skip
    """Draw the motion of one right hand; the last frame leads back to the first.

    Args:
        rng: source of randomness.
        frames: length of the loop.
        fps: frames a second.
        settings: pace and extent.
        shape: proportions of this one hand; drawn when None.
    """
    keys = max(3, round(frames / fps / (settings.hold_s + settings.change_s)))
    angles = _key_angles(rng, keys, settings)
    hold = settings.hold_s / (settings.hold_s + settings.change_s) * rng.uniform(0.5, 1.5, keys)
    at = np.arange(frames) * keys / frames
    key = at.astype(int)
    t = np.clip((at - key - hold[key]) / (1 - hold[key]), 0.0, 1.0)[:, None]
    t = t**3 * (10 - 15 * t + 6 * t * t)  # minimum jerk
    path = angles[key] + t * (angles[(key + 1) % keys] - angles[key])
    path = (path + np.radians(1.5) * _wander(rng, frames, fps, 24, 1.2)).astype(np.float32)

    shape = shape or sample_shape(rng, 1, PoseSettings(size=0.05, bones=0.04))
    shape = shape[np.zeros(frames, int)]
    rotation = _turns(rng, frames, fps, settings)
    hand = load_rig().pose(path, shape)[:, :21]
    turned = hand @ rotation.swapaxes(1, 2)
    place = _wander(rng, frames, fps, 3, 0.25) * settings.wander_m * [1.3, 0.6, 1.2]
    place[:, 2] = settings.distance_m * np.exp(place[:, 2] / 0.3)
    room = np.maximum(np.array(settings.half_view) * place[:, 2:] - 0.11, 0.01)
    place[:, :2] = room * np.tanh(place[:, :2] / room)
    translation = (place - turned.mean(1)).astype(np.float32)
    return PoseBatch(path, shape, rotation, translation, turned + translation[:, None])


def _key_angles(rng: np.random.Generator, keys: int, settings: MotionSettings) -> Array:
    """Shapes to pass through, none of them with colliding fingers."""
    table = gesture_angles()[[GESTURES.index(name) for name in settings.gestures]]
    order = np.concatenate([rng.permutation(len(table)) for _ in range(1 + keys // len(table))])[:keys]
    random = sample_angles(rng, 40 * keys)
    random = random[~collides(load_rig().pose(random))][:keys]
    return np.where(rng.random((keys, 1)) < settings.named, table[order], random)


def _turns(rng: np.random.Generator, frames: int, fps: float, settings: MotionSettings) -> Array:
    """Camera-from-hand rotations: upright, the palm or the back to the camera, swaying."""
    sides = max(2, round(frames / fps / 5.0))
    back = rng.random(sides) < settings.back_share
    at = np.arange(frames) * sides / frames
    key = at.astype(int)
    t = smoothstep(0.75, 1.0, at - key)
    facing = np.pi * (back[key] + t * (back[(key + 1) % sides].astype(float) - back[key]))
    sway = np.radians(settings.turn_deg) * _wander(rng, frames, fps, 3, 0.35)
    upright = Rotation.from_euler("z", np.pi)
    turn = Rotation.from_rotvec(sway * [0.75, 1.2, 0.7]) * upright * Rotation.from_euler("y", facing[:, None])
    return turn.as_matrix().astype(np.float32)


def _wander(rng: np.random.Generator, frames: int, fps: float, width: int, hz: float) -> Float[Array, "t w"]:
    """Periodic smooth noise of unit variance with content up to about ``hz``."""
    spectrum = np.fft.rfft(rng.standard_normal((frames, width)), axis=0)
    f = np.fft.rfftfreq(frames, 1 / fps)[:, None]
    spectrum *= np.exp(-0.5 * (f / hz) ** 2) * (f > 0)
    out = np.fft.irfft(spectrum, frames, axis=0)
    return out / np.maximum(out.std(0), 1e-9)
