"""MediaPipe's own detector, for comparison: finds hands, and reports to nobody."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import frame_of
from typed import present

from handcam.hand.skeleton import INDEX
from handcam.types import Frame, Intrinsics, Side

mediapipe = pytest.importorskip("handcam.detectors.mediapipe", exc_type=ImportError)
PICTURES = Path(__file__).parents[2] / "golden" / "tracking" / "one"
CODE = """
import os
import socket
import threading
import time

import numpy as np

from handcam.detectors import mediapipe
from handcam.types import Frame, Intrinsics

print(os.environ["https_proxy"], flush=True)
listener = socket.create_server(("127.0.0.1", 0))
os.environ["https_proxy"] = f"http://127.0.0.1:{listener.getsockname()[1]}"
asked = []


def answer():
    asked.append(listener.accept()[0].recv(100).decode())


threading.Thread(target=answer, daemon=True).start()
detector = mediapipe.open()
frame = Frame(0, 0, Intrinsics.from_fov(64, 48, 1.0), np.zeros((48, 64, 3), np.uint8))
end = time.monotonic() + 20
while not asked and time.monotonic() < end:
    detector.find(frame)
detector.close()
print(asked)
"""


@pytest.mark.parametrize("still", [True, False])
def test_a_hand_is_found_again_and_mirrored_it_is_the_other_one(still: bool) -> None:
    color = present(cv2.imread(str(PICTURES / "00.jpg"), cv2.IMREAD_COLOR_RGB))
    detector = mediapipe.open(still=still)
    (hand,), (again,) = detector.landmarks(frame_of(color=color)), detector.landmarks(frame_of(color=color))
    size = np.ptp(hand.keypoints_px, axis=0).max()
    assert np.abs(again.keypoints_px - hand.keypoints_px).max() < 0.05 * size
    detector.reset()
    (other,) = detector.landmarks(frame_of(color=color[:, ::-1]))
    (box,) = detector.find(frame_of(color=color[:, ::-1]))
    detector.close()
    assert {hand.side, other.side} == set(Side)
    assert box.side is other.side
    wrist = INDEX["wrist"]
    assert abs(other.keypoints_px[wrist, 0] - (color.shape[1] - 1 - hand.keypoints_px[wrist, 0])) < 0.1 * size


def test_without_colour_there_are_no_hands() -> None:
    detector = mediapipe.open()
    assert detector.find(Frame(0, 0, Intrinsics.from_fov(8, 6, 1.0), None, np.ones((6, 8), np.uint16))) == []
    detector.close()


@pytest.mark.slow
@pytest.mark.skipif(version("mediapipe").startswith("0."), reason="this release reports to nobody")
def test_its_reports_go_to_a_proxy_that_refuses() -> None:
    """The listener stands where the refusing proxy is: what comes is the report, and it came this way."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=100, check=True)
    proxy, asked = done.stdout.splitlines()
    assert proxy == "http://127.0.0.1:9"
    assert "CONNECT" in asked
