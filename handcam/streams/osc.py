"""Open Sound Control: ``osc:host:port[,host:port...]``. One bundle per frame, as docs/streaming.md says."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from handcam.hand.message import stream_message
from handcam.streams import StreamSettings
from handcam.streams._sender import Datagrams, Sender
from handcam.types import Result, Side, TrackedHand

__all__ = ["PORT", "bundle", "open"]

PORT = 9000


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Send to every address of ``rest``, default 127.0.0.1:9000.

    Raises:
        StreamError: an address cannot be understood or found.
    """
    datagrams = Datagrams(rest, PORT)

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        return datagrams.send(bundle(result, sequence, settings.joints))

    return Sender(f"osc:{datagrams.name}", deliver, datagrams.close)


def bundle(result: Result, sequence: int, order: str) -> bytes:
    """One frame as an OSC bundle. Of several hands of one side the surest is sent."""
    message = stream_message(result, order, sequence)
    parts = OscBundleBuilder(IMMEDIATELY)
    count = len(message["hands"])
    head = [("i", message["frame"]), ("h", message["time_ns"]), ("i", sequence), ("i", count)]
    _add(parts, "/handcam/frame", head)
    hands = sorted(message["hands"], key=lambda hand: hand["score"] or 0.0)
    by_side = {hand["side"]: hand for hand in hands}
    for side in Side:
        hand, root = by_side.get(side.value), f"/handcam/{side.value}"
        _add(parts, f"{root}/tracked", [("i", int(hand is not None))])
        if hand is None:
            continue
        _add(parts, f"{root}/track", [("i", hand["track"])])
        _add(parts, f"{root}/score", _floats(hand["score"]))
        _add(parts, f"{root}/edited", [("i", int(hand["edited"]))])
        _add(parts, f"{root}/metric", [("i", int(hand["metric"]))])
        _add(parts, f"{root}/joints", _floats(hand["joints_m"]))
        _add(parts, f"{root}/rotations", _floats(hand["rotations"]))
        _add(parts, f"{root}/radii", _floats(hand["radii_m"]))
        _add(parts, f"{root}/bones", _floats(hand["bone_lengths_m"]))
        _add(parts, f"{root}/keypoints", _floats(hand["keypoints_px"]))
        _add(parts, f"{root}/sigma", _floats(hand["sigma_m"]))
        _add(parts, f"{root}/angles", _floats(list(hand["angles_deg"].values())))
        _add(parts, f"{root}/pinch", _floats([hand["pinch"], hand["pinch_m"]]))
        _add(parts, f"{root}/grip", _floats(hand["grip"]))
    for event in message.get("gestures", ()):
        said = [("s", event["name"]), ("s", event["phase"]), ("f", event["probability"]), ("f", event["held_s"])]
        _add(parts, f"/handcam/{event['side']}/gesture", said)
    seen = [hand for hand in result.hands if not hand.edited]  # these messages have no word for a pose set by the user
    _add(parts, "/mediapipe/hands", [("i", len(seen)), *(a for hand in seen for a in _landmarks(result, hand))])
    return parts.build().dgram


def _landmarks(result: Result, hand: TrackedHand) -> Iterable[tuple[str, Any]]:
    """x, y, z, visibility of each joint as ``/mediapipe/hands`` has them: pictures' widths and heights, z from the
    wrist in widths, always the common 21 joints."""
    camera, pose = result.frame.intrinsics, hand.pose
    xy = (pose.keypoints_px + 0.5) / [camera.width, camera.height]
    z = (pose.joints_m[:, 2:] - pose.joints_m[0, 2]) * camera.fx / (max(pose.joints_m[0, 2], 1e-3) * camera.width)
    return _floats(np.concatenate([xy, z, np.full_like(z, pose.score)], axis=1))


def _floats(values: Any) -> list[tuple[str, float]]:
    return [("f", float(v)) for v in np.ravel(np.asarray(values, float))]


def _add(parts: OscBundleBuilder, address: str, arguments: Iterable[tuple[str, Any]]) -> None:
    builder = OscMessageBuilder(address)
    for kind, value in arguments:
        builder.add_arg(value, kind)
    parts.add_content(builder.build())
