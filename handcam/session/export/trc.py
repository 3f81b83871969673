"""TRC for motion labs (OpenSim, Visual3D, Vicon): markers named ``R_index_tip``, millimetres, y up, at true times.

A hand that was not seen leaves its markers blank.
"""

from pathlib import Path

import numpy as np

from handcam.hand.conventions import convention
from handcam.session.export import ExportSettings, Recording
from handcam.session.export._motion import motions

__all__ = ["SUFFIX", "export"]

SUFFIX = ".trc"
ANY_JOINTS = True
_ORIGINAL = ("OrigDataRate", "OrigDataStartFrame", "OrigNumFrames")


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write both hands into one file."""
    hands = motions(recording, settings)
    if not hands:
        return
    theirs = convention(settings.joints)
    names = [f"{hand.side.value[0].upper()}_{joint}" for hand in hands for joint in theirs.joints]
    n, rate = len(hands[0].index), f"{recording.fps:.6g}"
    head = [
        ["PathFileType", "4", "(X/Y/Z)", out.name],
        ["DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", *_ORIGINAL],
        [rate, rate, str(n), str(len(names)), "mm", rate, "1", str(n)],
        ["Frame#", "Time", *(cell for name in names for cell in (name, "", ""))],
        ["", "", *(f"{axis}{i}" for i in range(1, len(names) + 1) for axis in "XYZ")],
        [],
    ]
    places = np.concatenate([theirs.of_common(hand.joints_m) for hand in hands], axis=1).reshape(n, -1) * 1000
    with out.open("w", encoding="ascii", newline="\n") as file:
        file.writelines("\t".join(line) + "\n" for line in head)
        for i, (second, row) in enumerate(zip(hands[0].seconds.tolist(), places.tolist(), strict=True), 1):
            cells = ["" if np.isnan(value) else f"{value:.4f}" for value in row]
            file.write("\t".join([str(i), f"{second:.6f}", *cells]) + "\n")
