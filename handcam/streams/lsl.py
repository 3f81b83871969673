"""Lab Streaming Layer: ``lsl[:NAME]``, two streams that LabRecorder and others find by themselves.

``NAME_right`` and ``NAME_left`` (type ``MoCap``): x y z of each joint (metres, camera frame), then the score; NaN while
the hand is not in view, or its pose is set by the user. Time stamps are capture times by LSL's clock. Programs of this
computer find them; ``lsl:NAME@network`` lets those of the whole network.
"""

import time
from typing import Any

import numpy as np
import pylsl  # pyright: ignore[reportMissingTypeStubs]

from handcam.hand.conventions import convention
from handcam.streams import LOOPBACK, StreamError, StreamSettings
from handcam.streams._sender import Sender
from handcam.types import Result, Side

__all__ = ["open"]


def open(rest: str, settings: StreamSettings = StreamSettings()) -> Sender:
    """Offer the streams ``NAME_right`` and ``NAME_left``; ``handcam`` where there is no name."""
    name, _, scope = rest.partition("@")
    name, theirs = name or "handcam", convention(settings.joints)
    if scope not in ("", "network"):
        raise StreamError(
            f"{rest!r} is no LSL stream; write lsl:NAME, or lsl:NAME@network to offer it beyond this computer."
        )
    if not scope:  # before the library's first use; later it is too late, and does nothing
        pylsl.set_config_content("[multicast]\nResolveScope = machine\n")
    outlets: dict[Side, Any] = {side: _outlet(f"{name}_{side.value}", theirs.joints) for side in Side}

    def deliver(result: Result, sequence: int) -> tuple[int, int]:
        at = pylsl.local_clock() - (time.perf_counter_ns() - result.frame.time_ns) / 1e9
        measured = [hand.pose for hand in result.hands if not hand.edited]
        hands = {pose.side: pose for pose in sorted(measured, key=lambda pose: pose.score)}
        for side, outlet in outlets.items():
            values = np.full(3 * len(theirs.joints) + 1, np.nan)
            if (pose := hands.get(side)) is not None:
                values[:] = [*theirs.of_common(pose.joints_m).ravel(), pose.score]
            outlet.push_sample(values.tolist(), at)
        heard = sum(outlet.have_consumers() for outlet in outlets.values())
        return heard, 0

    return Sender(f"lsl:{LOOPBACK if not scope else '*'}:{name}", deliver, outlets.clear)


def _outlet(name: str, joints: tuple[str, ...]) -> pylsl.StreamOutlet:
    info = pylsl.StreamInfo(
        name, "MoCap", 3 * len(joints) + 1, pylsl.IRREGULAR_RATE, pylsl.cf_float32, f"handcam-{name}"
    )
    channels = info.desc().append_child("channels")
    labels = [(f"{joint}_{axis}", "metres") for joint in joints for axis in "xyz"]
    for label, unit in [*labels, ("score", "none")]:
        channel = channels.append_child("channel")
        channel.append_child_value("label", label).append_child_value("unit", unit)
    return pylsl.StreamOutlet(info, max_buffered=2)
