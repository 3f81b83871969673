"""VMC for avatars (VSeeFace, Warudo, VNyan, Unity with EVMC4U): ``vmc:host:port[,host:port...]``, finger bones only.

Every frame is one bundle of ``/VMC/Ext/Bone/Pos`` messages, named as Unity's ``HumanBodyBones``, then ``/VMC/Ext/T``
and ``/VMC/Ext/OK``. Rotations are those of normalised bones (VRM: the identity in the T-pose, palms down, world axes of
Unity: x right, y up, z forward, left-handed); positions are 0. A finger that is not known is not sent.
"""

import numpy as np
from jaxtyping import Float
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from handcam.hand.rotations import bone_frames, local_rotations, quaternions, rest_rotations
from handcam.hand.skeleton import FINGERS
from handcam.streams import StreamSettings
from handcam.streams._sender import Datagrams, Sender
from handcam.types import Array, HandPose, Result, Side

__all__ = ["BONES", "PORT", "bone_rotations", "bundle", "open"]

PORT = 39539
"""Where performers of VMC listen to by default."""
_PARTS = ("Proximal", "Intermediate", "Distal")
BONES = tuple(f"{finger.capitalize()}{part}" for finger in FINGERS for part in _PARTS)
"""Finger bones behind ``Left`` or ``Right``; joint ``4 f + 1 + k`` turns part ``k`` of finger ``f``."""
_JOINTS = [4 * f + 1 + k for f in range(5) for k in range(3)]
_AVATAR_FROM_HAND = {
    Side.LEFT: np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
    Side.RIGHT: np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
}
"""Axes of the T-pose from the hand's: a left hand's fingers (-z) point to the avatar's left, -x."""


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Send to every address of ``rest``, default 127.0.0.1:39539.

    Raises:
        StreamError: an address cannot be understood or found.
    """
    datagrams = Datagrams(rest, PORT)

    first_ns: int | None = None

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        nonlocal first_ns
        first_ns = result.frame.time_ns if first_ns is None else first_ns
        return datagrams.send(bundle(result, first_ns))

    return Sender(f"vmc:{datagrams.name}", deliver, datagrams.close)


def bone_rotations(pose: HandPose) -> Float[Array, "15 4"]:
    """Rotations of the finger bones (x, y, z, w) in Unity's axes, in the order of :data:`BONES`."""
    local = local_rotations(bone_frames(pose.joints_m, pose.side, pose.rotations))
    rest = rest_rotations(pose.side)
    at_rest = np.array(rest)
    for j in range(2, 5):  # what hangs on the thumb's first joint rests as it does
        at_rest[j] = rest[1]
    axes = _AVATAR_FROM_HAND[pose.side] @ at_rest
    turns = axes @ np.swapaxes(rest, -1, -2) @ local @ np.swapaxes(axes, -1, -2)
    return quaternions(turns[_JOINTS])


def bundle(result: Result, first_ns: int = 0) -> bytes:
    """One frame as an OSC bundle. Of several hands of one side the surest is sent.

    Args:
        result: the frame and its hands.
        first_ns: what ``/VMC/Ext/T`` counts from; its seconds are a 32-bit float.
    """
    parts = OscBundleBuilder(IMMEDIATELY)
    hands = {hand.pose.side: hand for hand in sorted(result.hands, key=lambda hand: hand.pose.score)}
    for side, hand in hands.items():
        if hand.edited:  # VMC has no word for it; receivers pass over what they do not know
            _add(parts, "/handcam/edited", side.value)
        for bone, turn in zip(BONES, bone_rotations(hand.pose).tolist(), strict=True):
            if np.isfinite(turn).all():
                _add(parts, "/VMC/Ext/Bone/Pos", f"{side.value.capitalize()}{bone}", 0.0, 0.0, 0.0, *turn)
    _add(parts, "/VMC/Ext/T", (result.frame.time_ns - first_ns) / 1e9)
    _add(parts, "/VMC/Ext/OK", 1)
    return parts.build().dgram


def _add(parts: OscBundleBuilder, address: str, *arguments: str | float) -> None:
    builder = OscMessageBuilder(address)
    for value in arguments:
        builder.add_arg(value, "s" if isinstance(value, str) else "i" if isinstance(value, int) else "f")
    parts.add_content(builder.build())
