"""The files and lines of a session as typed values, and their JSON (``docs/session-format.md``).

A program reads sessions of its own version of the format and of all older ones, and refuses newer ones.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Annotated, Any, TypeVar, cast

import msgspec
import numpy as np
from jaxtyping import Float, UInt16
from msgspec import UNSET, Meta, UnsetType

from handcam.errors import DAMAGE
from handcam.types import (
    Array,
    Bones,
    Controls,
    Frame,
    GestureEvent,
    HandBox,
    HandCrop,
    HandPose,
    Intrinsics,
    Posterior,
    Result,
    TrackedHand,
    View,
)  # fmt: skip
from handcam.validation import check

__all__ = [
    "DAMAGE", "FORMAT", "HEADER_FILE", "LINES_FILE", "NAME", "VIDEO_FILE", "FrameLine", "HandLine", "ResultLine",
    "ViewsLine", "anonymous_source", "camera_line", "decode", "decode_any", "depth_crc32", "encode", "plain_json",
    "read_controls",
]  # fmt: skip

NAME = "handcam-session"
FORMAT = 1
"""Version of the sessions that this program writes, and the newest that it reads."""
HEADER_FILE = "session.json"
LINES_FILE = "frames.jsonl"
VIDEO_FILE = "video-{:03d}.mkv"
LONGEST_LINE = 1 << 20
"""Longer lines of ``frames.jsonl`` are damage, bytes."""
LARGEST_LATENT = 4096
Integer = Annotated[int, Meta(ge=-(1 << 62), le=1 << 62)]
Count = Annotated[int, Meta(ge=0, le=1 << 62)]
_T = TypeVar("_T")


def encode(value: Any) -> bytes:
    """Encode as compact JSON: arrays as lists, paths as their last name, and null for what is not finite."""
    return _ENCODER.encode(value)


def decode(line: bytes | msgspec.Raw, kind: type[_T]) -> _T:
    """Decode JSON to a type, checked field by field; null within an array is NaN.

    Raises:
        one of DAMAGE: it is not what it should be.
    """
    return msgspec.json.decode(line, type=kind, dec_hook=_decode_array)


def decode_any(line: bytes) -> dict[str, Any]:
    """Decode a JSON object of any fields.

    Raises:
        one of DAMAGE: it is no object.
    """
    return msgspec.json.decode(line, type=dict[str, Any])


def plain_json(value: Any) -> Any:
    """Convert to plain JSON values, as :func:`encode` writes them."""
    return msgspec.json.decode(encode(value))


def _encode_other(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return cast(Array, value).tolist()
    if isinstance(value, PurePath):
        return value.name  # a session says nothing of the machine's folders
    return dict(cast(Mapping[Any, Any], value)) if isinstance(value, Mapping) else str(value)


def _decode_array(kind: type, value: Any) -> Array:
    array = np.array(value, np.float64)
    if not isinstance(array, kind) or array.size > LARGEST_LATENT:
        raise ValueError(f"an array of shape {array.shape}")
    return array


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_other)


def anonymous_source(source: str) -> str:
    """Strip folders and passwords from a source's name: ``video:/home/me/clip.mp4`` is ``video:clip.mp4``."""
    parts = re.split(r"\+(?=[a-z]+:)", source)  # several cameras
    if len(parts) > 1:
        return "+".join(map(anonymous_source, parts))
    scheme, separator, rest = source.partition(":")
    if "://" in rest:
        return f"{scheme}:{re.sub(r'//[^/@]*@', '//', rest)}"
    last = re.split(r"[/\\]", rest.rstrip("/\\"))[-1]
    return f"{scheme}{separator}{last}"


def depth_crc32(depth: UInt16[Array, "h w"]) -> int:
    """Checksum of a depth picture as little-endian 16-bit numbers, row by row."""
    return zlib.crc32(np.ascontiguousarray(depth, "<u2").data)


class ViewsLine(msgspec.Struct):
    """What a line of kind ``camera`` holds beside the intrinsics."""

    views: Annotated[tuple[View, ...], Meta(max_length=16)] = ()
    """``Frame.views``, with lags of 0."""


def camera_line(frame: Frame) -> dict[str, Any]:
    """The line of the cameras of a frame and of those that follow."""
    views = [replace(view, lag_s=0.0) for view in frame.views]
    return {"kind": "camera", **plain_json(frame.intrinsics), **({"views": plain_json(views)} if views else {})}


class FrameLine(msgspec.Struct, tag="frame", tag_field="kind"):
    """A captured frame."""

    index: Integer
    """``Frame.index``."""
    time_ns: Integer
    """``Frame.time_ns``."""
    device_time_ns: Integer | None
    """``Frame.device_time_ns``."""
    video: Annotated[int, Meta(ge=-1, le=99_999)]
    """Number of the video file; -1 when the pictures were dropped."""
    pts_ms: Count
    """Time stamp of the pictures in that file."""
    color: bool
    """A colour picture was stored."""
    depth: bool
    """A depth picture was stored."""
    depth_unit_m: Annotated[float, Meta(gt=0, lt=1)]
    """Metres per depth count."""
    depth_crc32: Count | UnsetType = UNSET
    """Checksum of the depth picture."""
    truth: msgspec.Raw | UnsetType = UNSET
    """True hands, where they are known."""
    picture: str | UnsetType = UNSET
    """File name of the picture, for folders of pictures."""
    lags_s: list[float] | UnsetType = UNSET
    """``View.lag_s`` of each camera, where there are several."""

    @staticmethod
    def of(frame: Frame, video: int, pts_ms: int) -> "FrameLine":
        """The line of a frame; ``video`` is -1 when its pictures were dropped."""
        color, depth = (plane if video >= 0 else None for plane in (frame.color, frame.depth))
        return FrameLine(
            frame.index, frame.time_ns, frame.device_time_ns, video, pts_ms, color is not None, depth is not None,
            frame.depth_unit_m, depth_crc32(depth) if depth is not None else UNSET,
            msgspec.Raw(encode(frame.truth)) if frame.truth else UNSET, frame.picture or UNSET,
            [view.lag_s for view in frame.views] if frame.views else UNSET,
        )  # fmt: skip

    def true_hands(self) -> tuple[HandPose, ...]:
        """The true hands; none where they cannot be read."""
        try:
            return () if isinstance(self.truth, UnsetType) else _TRUE_HANDS.decode(self.truth)[:2]
        except DAMAGE:
            return ()


_TRUE_HANDS = msgspec.json.Decoder(tuple[HandPose, ...], dec_hook=_decode_array)


class HandLine(msgspec.Struct):
    """One hand of a result."""

    track: Integer
    """``TrackedHand.track``."""
    pose: HandPose
    """The pose after the filters."""
    raw: HandPose
    """The pose before the filters."""
    latent: Posterior
    """The latent posterior that was decoded."""
    z: Float[Array, " z"]
    """The latent that was decoded, with the user's offsets."""
    box: HandBox | None = None
    """Square that was cropped."""
    bones: Bones | None = None
    """``TrackedHand.bones``."""
    filled: bool | UnsetType = UNSET
    """``TrackedHand.filled``, where it is."""
    edited: bool | UnsetType = UNSET
    """``TrackedHand.edited``; older sessions have the controls alone, which set every hand."""

    @staticmethod
    def of(hand: TrackedHand) -> "HandLine":
        """The line of a hand: neither samples nor decoded planes nor crops."""
        box = hand.crop.box if hand.crop is not None else None
        return HandLine(
            hand.track, hand.pose, hand.raw, hand.posterior, hand.z, box, hand.bones, hand.filled or UNSET, hand.edited
        )

    def tracked(self, camera: Intrinsics, controls: Controls) -> TrackedHand:
        """The hand, recorded with these controls; its crop holds the box alone."""
        if len(self.latent.mean) != len(self.latent.log_var):
            raise ValueError("mean and variance differ in length")
        crop = None if self.box is None else HandCrop(self.box, np.eye(3), np.eye(3), camera)
        return TrackedHand(
            self.track, self.pose, self.raw, self.latent, {}, self.z, np.empty((0, 21, 3)), crop, bones=self.bones,
            filled=self.filled is True, edited=controls.edits if isinstance(self.edited, UnsetType) else self.edited,
        )  # fmt: skip


class ResultLine(msgspec.Struct, tag="result", tag_field="kind"):
    """Result of a frame. ``index`` and ``time_ns`` stand first, where readers find them."""

    index: Integer
    """``Frame.index``."""
    time_ns: Integer
    """``Frame.time_ns``."""
    done_ns: Integer
    """``Result.time_ns``."""
    times_ms: dict[str, float | None]
    """``Result.times_ms``."""
    hands: list[HandLine]
    """The hands, at most two."""
    gestures: tuple[GestureEvent, ...] | UnsetType = UNSET
    """``Result.gestures``, where there are any."""

    @staticmethod
    def of(result: Result) -> "ResultLine":
        """The line of a result."""
        hands = [HandLine.of(hand) for hand in result.hands]
        return ResultLine(
            result.frame.index, result.frame.time_ns, result.time_ns, {**result.times_ms}, hands,
            result.gestures or UNSET,
        )  # fmt: skip

    def result(self, frame: Frame, controls: Controls) -> Result:
        """The result in its frame."""
        times = {name: float("nan") if ms is None else ms for name, ms in self.times_ms.items()}
        hands = tuple(hand.tracked(frame.intrinsics, controls) for hand in self.hands[:2])
        gestures = () if isinstance(self.gestures, UnsetType) else self.gestures
        return Result(frame, hands, times, self.done_ns, controls=controls, gestures=gestures)


class _FilterNames(msgspec.Struct):
    filters: tuple[str, ...] | None = None
    refiners: tuple[str, ...] = ()
    """Their name before version 0.2."""


def read_controls(line: bytes) -> Controls:
    """Decode the user's controls.

    Raises:
        one of DAMAGE: the line is not what it should be.
    """
    controls, names = decode(line, Controls), decode(line, _FilterNames)
    check(controls, Controls, "controls")  # null within an array is NaN
    return controls if names.filters is not None else replace(controls, filters=names.refiners)
