"""Measure a hand that lies flat beside something of known size: its length, its bones, and how sure they are.

The reference gives the table's plane in metres; a joint is where its ray meets the plane in which joints of a lying
hand are, some millimetres above the table. What that height, the corners, the keypoints and the frames are unsure of
adds up to the error bar.

Two lengths come out. The hand's **length** is that between its landmarks, as a ruler would find it, but for where
labels put the wrist (10 mm from set to set). Its **model length** is the one with which the model's hand stands as far
away as the table says: it is what the tracker needs, for the model's proportions are not quite this hand's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from jaxtyping import Float
from msgspec import Meta

from handcam.calibration.board import BOARD, Board
from handcam.calibration.reference import RECTANGLES_M, Plane, find_board_plane, find_rectangle
from handcam.geometry import rays
from handcam.hand.skeleton import bone_lengths, hand_length
from handcam.paths import open_file, settings_file, write_atomic
from handcam.ranges import HandLength
from handcam.types import NOMINAL_HAND_LENGTH_M, Array, Frame, HandcamError, HandPose, Intrinsics

__all__ = ["FlatHands", "HandScale", "flat_hand", "hand_file", "measure_hand", "read_hand", "write_hand"]

JOINT_HEIGHT_M = np.array([20.0, 18.0, 14.0, 10.0, 8.0] + [13.0, 9.0, 7.5, 6.5] * 4) * 1e-3
"""Height of the joints of a nominal hand above the table it lies on."""
HEIGHT_SIGMA_M = 0.004
"""Standard deviation of these heights between people."""
LABEL_SIGMA_M = 0.010
"""Standard deviation of where labels put the ends of a hand, above all the wrist."""
BONE_SIGMA = 0.06
"""Standard deviation of a bone's length by where labels put its ends, as a share."""
MODEL_SIGMA = 0.03
"""Standard deviation of the model's distance from pose to pose, as a share."""
FLAT = 0.06
"""Most that the joints of a flat hand are off a plane, hand lengths, RMS."""
PARALLEL_RAD = 0.6
"""Most that the hand's plane may be turned against the reference's: the model knows that turn to about this."""
NAMES = {"card": "card", "a4": "sheet of paper", "board": "board"}
LEAST_FRAMES = 8
"""Pictures that are needed."""
FRAMES_ALIKE = 5.0
"""Successive frames of a still hand that are worth one independent."""


@dataclass(frozen=True, slots=True)
class HandScale:
    """A measured hand."""

    length_m: HandLength
    """Wrist to tip of the straight middle finger, between the landmarks, metres."""
    sigma_m: Annotated[float, Meta(ge=0, le=0.1)]
    """Standard deviation of the length, metres."""
    model_length_m: HandLength
    """The hand length with which the model's distances are right, metres: ``Controls.hand_length_m``."""
    model_sigma_m: Annotated[float, Meta(ge=0, le=0.1)]
    """Its standard deviation, metres."""
    bones: tuple[float, ...]
    """Lengths of the 20 bones, hand lengths."""
    bones_sigma: tuple[float, ...]
    """Standard deviation of each, hand lengths."""
    reference: str
    """What it was measured beside: ``card``, ``a4`` or ``board``."""
    frames: int
    """Pictures it was measured in."""
    created: str = ""
    """When, UTC."""
    format: Literal["handcam.hand"] = "handcam.hand"
    """Of the file."""


def flat_hand(joints_m: Float[Array, "21 3"], plane: Plane) -> bool:
    """Does the hand lie flat, along the plane of the reference? By the pose that the model sees."""
    centred = (joints_m - joints_m.mean(0)) / float(hand_length(joints_m))
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    off = float(spread[2]) / np.sqrt(len(centred))
    angle = np.arccos(np.clip(abs(float(axes[2] @ plane.camera_from_plane[:3, 2])), 0, 1))
    return bool(off < FLAT and angle < PARALLEL_RAD)


def measure_hand(planes: Sequence[Plane], poses: Sequence[HandPose], camera: Intrinsics, reference: str) -> HandScale:
    """Measure a hand from pictures of it lying flat beside a reference.

    Args:
        planes: the reference's plane in each picture.
        poses: the hand in each picture as the tracker sees it, at whatever hand length it assumed.
        camera: of the pictures, without distortion.
        reference: its name.

    Raises:
        HandcamError: there are too few pictures.
    """
    if len(planes) < LEAST_FRAMES:
        raise HandcamError(too_few(len(planes), reference))
    keypoints = np.array([pose.keypoints_px for pose in poses])
    joints, size = np.empty(0), 1.0
    for _ in range(3):  # a larger hand is thicker
        joints = _joints(planes, keypoints, camera, size)
        size = float(np.median(hand_length(joints))) / NOMINAL_HAND_LENGTH_M
    raised = _joints(planes, keypoints, camera, size, HEIGHT_SIGMA_M)
    lengths = hand_length(joints)
    good = np.abs(lengths - np.median(lengths)) <= 0.06 * np.median(lengths)
    lengths, bones = lengths[good], bone_lengths(joints[good])
    length = float(np.mean(lengths))
    looks = max(len(lengths) / FRAMES_ALIKE, 1.0)
    height = abs(float(np.mean(hand_length(raised)[good])) - length) / length
    shared = float(np.hypot(height, np.median([plane.sigma for plane in planes])))  # of every length alike, as a share
    noise = float(np.std(lengths)) / np.sqrt(looks)

    def nearer(pose: HandPose, placed: Array) -> float:
        return float(hand_length(pose.joints_m) * np.median(placed[:, 2] / pose.joints_m[:, 2]))

    model = np.array([nearer(pose, np.asarray(placed)) for pose, placed in zip(poses, joints, strict=True)])[good]
    mean = bones.mean(0) / length
    spread = np.sqrt(np.square(bones.std(0) / length) / looks + np.square(BONE_SIGMA * mean))
    return HandScale(
        length, float(np.sqrt(noise**2 + (shared * length) ** 2 + LABEL_SIGMA_M**2)),
        float(np.mean(model)), float(np.hypot(np.std(model), np.hypot(shared, MODEL_SIGMA) * np.mean(model))),
        tuple(map(float, mean)), tuple(map(float, spread)), reference, int(good.sum()),
    )  # fmt: skip


def _joints(
    planes: Sequence[Plane], keypoints_px: Array, camera: Intrinsics, size: float, higher_m: float = 0.0
) -> Float[Array, "n 21 3"]:
    """Where the rays through the keypoints meet the plane of each joint, camera frame."""
    out = np.empty((len(planes), 21, 3))
    height = size * JOINT_HEIGHT_M + higher_m
    for k, (plane, keypoints) in enumerate(zip(planes, keypoints_px, strict=True)):
        normal, origin = plane.camera_from_plane[:3, 2], plane.camera_from_plane[:3, 3]
        along = rays(keypoints, camera)
        out[k] = along * ((normal @ origin - height) / (along @ normal))[:, None]
    return out


def hand_file() -> Path:
    """The file of the user's hand, among the settings."""
    return settings_file().parent / "hand.json"


def write_hand(path: Path, hand: HandScale) -> None:
    """Write a measured hand.

    Raises:
        HandcamError: it cannot be written.
    """
    try:
        write_atomic(path, msgspec.json.format(msgspec.json.encode(hand, enc_hook=float), indent=1) + b"\n")
    except OSError as error:
        raise HandcamError(f"The hand {path} cannot be written ({error.strerror or error}).") from None


def read_hand(path: Path) -> HandScale | None:
    """Read a measured hand; None where none was measured.

    Raises:
        HandcamError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with open_file(path) as file:
            hand = msgspec.json.decode(file.read(1 << 16), type=HandScale)
        if not (len(hand.bones) == len(hand.bones_sigma) == 20 and all(np.isfinite(hand.bones))):
            raise ValueError("20 bones are needed")
    except (OSError, ValueError, RecursionError) as error:
        raise HandcamError(f"The measured hand {path} is damaged ({error}); measure it anew or delete it.") from None
    return hand


class FlatHands:
    """Collect pictures of a hand that lies beside a reference, until there are enough for a measurement."""

    def __init__(self, reference: Literal["card", "a4", "board"], board: Board = BOARD, wanted: int = 30) -> None:
        """
        Args:
            reference: what lies beside the hand.
            board: the board, where it is that.
            wanted: pictures to collect.
        """
        self.reference, self.wanted = reference, wanted
        self.planes: list[Plane] = []
        self._board = board
        self._poses: list[HandPose] = []
        self._camera: Intrinsics | None = None

    @property
    def complete(self) -> bool:
        """Have enough pictures been collected?"""
        return len(self.planes) >= self.wanted

    def add(self, frame: Frame, poses: Sequence[HandPose]) -> str:
        """Take in a frame; what is missing in it, one sentence, or nothing.

        Args:
            frame: with colour, without distortion.
            poses: the hands in it, before the filters.
        """
        if frame.color is None:
            return "This source gives no colour."
        if len(poses) != 1:
            return "Show one hand." if poses else "No hand is seen; lay the open hand flat on the table."
        if self._camera is not None and frame.intrinsics != self._camera:
            return "The camera has changed."
        if self.reference == "board":
            plane = find_board_plane(frame.color, self._board, frame.intrinsics)
        else:
            plane = find_rectangle(frame.color, RECTANGLES_M[self.reference], frame.intrinsics)
        if plane is None:
            return (
                f"The {NAMES[self.reference]} is not seen whole; lay it beside the hand, on a ground of another colour."
            )
        if not flat_hand(poses[0].joints_m, plane):
            return "The hand is not flat; spread the fingers and press it down lightly."
        self._camera = frame.intrinsics
        self.planes.append(plane)
        self._poses.append(poses[0])
        return ""

    def measure(self) -> HandScale:
        """Measure the hand from what was collected.

        Raises:
            HandcamError: there are too few pictures.
        """
        if self._camera is None or not self.planes:
            raise HandcamError(too_few(0, self.reference))
        return measure_hand(self.planes, self._poses, self._camera, self.reference)


def too_few(pictures: int, reference: str) -> str:
    """Say that a hand was not seen well enough to be measured, and what to do."""
    return (
        f"The hand was seen flat beside the {NAMES[reference]} in {pictures} pictures and {LEAST_FRAMES} are needed; "
        "lay the open hand flat beside it on a table, both whole in the picture, and look from above."
    )
