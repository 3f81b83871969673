"""The palm detector finds what MediaPipe's graph finds: beside it where its package is, else by stored answers."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typed import present

from handcam.detectors import Detector, palm
from handcam.runtimes import Detections, check_file, deviation_from_check, open_named
from handcam.types import Frame, Intrinsics, Side

FRAMES = Path(__file__).parents[2] / "golden" / "tracking"
NAMES = ("one/00", "one/07", "two/00", "two/05", "depth/03")
ANSWERS = FRAMES.parent / "palms.npz"
"""Written by ``python tests/unit/detectors/test_palm.py`` where mediapipe 0.10.21 is installed."""

SCORE, PX, RAD = (1e-3, 0.5, 0.005) if cv2.__version__ < "5" else (1e-2, 3.0, 0.03)
"""OpenCV 5 resamples pictures without the rounding of OpenCV 4, which MediaPipe's answers were made with."""


def picture(name: str, height: int = 360) -> np.ndarray:
    """A stored frame, cut to another shape."""
    color = present(cv2.imread(str(FRAMES / f"{name}.jpg"), cv2.IMREAD_COLOR_RGB))
    return color[:height]


def frame_of(color: np.ndarray) -> Frame:
    return Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], 1.0), color)


def found(detector: palm.PalmDetector, color: np.ndarray) -> np.ndarray:
    """Score, box and points of each palm, and centre, size and angle of its hand's square."""
    rows = []
    for one in detector.palms(frame_of(color)):
        square = one.hand_box()
        row = [one.score, *one.box_px, *one.points_px.ravel()]
        rows.append([*row, *square.centre_px, square.size_px, square.angle_rad])
    return np.array(rows).reshape(len(rows), 23)


def mediapipe_answers() -> dict[str, np.ndarray]:
    """The same of MediaPipe's own graph, in our pixels, the surest first."""
    solution_base = pytest.importorskip("mediapipe.python.solution_base")

    class Palms(solution_base.SolutionBase):
        def __init__(self) -> None:
            super().__init__(
                binary_graph_path="mediapipe/modules/hand_landmark/hand_landmark_tracking_cpu.binarypb",
                side_inputs={"model_complexity": 1, "num_hands": 4, "use_prev_landmarks": False},
                calculator_params={"palmdetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": 0.4},
                outputs=["palm_detections", "hand_rects_from_palm_detections"],
            )

    out = {}
    with Palms() as palms:
        for name in NAMES:
            color = picture(name)
            height, width = color.shape[:2]
            seen = palms.process(input_data={"image": color})
            rows = []
            for one, square in zip(seen.palm_detections, seen.hand_rects_from_palm_detections, strict=True):
                place = one.location_data
                box = place.relative_bounding_box
                left, top = box.xmin * width - 0.5, box.ymin * height - 0.5
                points = [(p.x * width - 0.5, p.y * height - 0.5) for p in place.relative_keypoints]
                corners = left, top, left + box.width * width, top + box.height * height
                centre = square.x_center * width - 0.5, square.y_center * height - 0.5
                edge, angle = square.width * width, square.rotation
                rows.append([one.score[0], *corners, *np.ravel(points), *centre, edge, angle])
            out[name] = np.array(sorted(rows, reverse=True)).reshape(len(rows), 23)
    return out


@pytest.fixture(scope="module")
def detector():
    opened = palm.open(runtime="onnxruntime:float32")
    yield opened
    opened.close()


@pytest.mark.parametrize("source", ["stored", "mediapipe"])
def test_finds_what_mediapipe_finds(source, detector):
    expected = dict(np.load(ANSWERS)) if source == "stored" else mediapipe_answers()
    assert sum(len(rows) for rows in expected.values()) >= len(NAMES)
    for name, rows in expected.items():
        ours = found(detector, picture(name))
        assert len(ours) == len(rows), name
        away = np.abs(ours - rows)
        assert away[:, 0].max() < SCORE, name
        assert away[:, 1:22].max() < PX, name
        assert away[:, 22].max() < RAD, name


def test_a_turned_picture_gives_the_turned_box(detector):
    color = picture("one/00")
    box = detector.find(frame_of(color), 1)[0]
    turned = detector.find(frame_of(np.ascontiguousarray(np.rot90(color))), 1)[0]
    x, y = box.centre_px
    assert np.linalg.norm(turned.centre_px - [y, color.shape[1] - 1 - x]) < 0.15 * box.size_px
    assert abs((turned.angle_rad - box.angle_rad + np.pi / 2 + np.pi) % (2 * np.pi) - np.pi) < 0.35
    assert not box.sided
    assert isinstance(detector, Detector)


def test_without_hands_or_colour_there_are_no_boxes(detector):
    assert detector.find(frame_of(np.full((200, 333, 3), 90, np.uint8))) == []
    assert detector.find(Frame(0, 0, Intrinsics.from_fov(8, 6, 1.0), None, np.ones((6, 8), np.uint16))) == []


def test_overlapping_boxes_are_one_palm_weighted_by_their_scores():
    boxes = np.array([[[0.5, 0.5, 0.2, 0.2], [0.52, 0.5, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2], [0.5, 0.5, 0.2, 0.2]]])
    points = np.zeros((1, 4, 7, 2))
    points[0, 1] = 0.3
    merged = palm.merge(Detections(boxes, points, np.array([[0.9, 0.6, 0.7, 0.1]])), 0.4)
    assert [one.score for one in merged] == [0.9, 0.7]
    assert merged[0].box_px == pytest.approx([0.408, 0.4, 0.608, 0.6])
    assert merged[0].points_px == pytest.approx(np.full((7, 2), 0.3 * 0.6 / 1.5))


def test_the_square_lies_towards_the_fingers():
    points = np.zeros((7, 2))
    points[palm.WRIST], points[palm.MIDDLE] = (100.0, 100.0), (140.0, 100.0)
    box = palm.PalmBox(0.8, np.array([90.0, 80.0, 130.0, 120.0]), points).hand_box()
    assert box.centre_px == pytest.approx([130.0, 100.0])
    assert (box.size_px, box.angle_rad, box.side) == pytest.approx((104.0, np.pi / 2, Side.RIGHT))


@pytest.mark.parametrize("name", ["eager", "onnxruntime:float32", "openvino:float32", "openvino:bfloat16"])
def test_every_runtime_says_what_the_reference_says(name):
    from handcam.paths import shipped
    from handcam.types import HandcamError

    path = shipped("weights/palm.safetensors")
    try:
        runtime = open_named(name, path)
    except (HandcamError, ImportError) as error:
        pytest.skip(str(error))
    crops, away = deviation_from_check(check_file(path), runtime)
    runtime.close()
    exact = not name.endswith("bfloat16")
    assert len(crops.rgb) == 8
    assert away["detection_px"].max() < (0.01 if exact else 1.0)
    assert away["score"].max() < (1e-3 if exact else 0.15)


if __name__ == "__main__":
    np.savez_compressed(ANSWERS, **mediapipe_answers())
