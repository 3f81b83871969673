"""The detector's training and evaluation: labels, composed pictures, losses, and what counts as found."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from handcam.detectors.palm import PalmDetector
from handcam.lab.data.boxed import read_boxed
from handcam.lab.data.palm_scenes import SceneSource, compose
from handcam.lab.data.palms import PalmPicture, palm_square
from handcam.lab.data.sets import Sample, folder
from handcam.lab.evaluate.detection import evaluate, open_pictures
from handcam.lab.evaluate.pipeline import Prediction
from handcam.lab.train.finder import FinderSettings, PalmObjective, drawer
from handcam.model.nets.palm import POINTS, Palm, PalmOutput, anchors
from handcam.types import Frame, HandcamError, Intrinsics, Side

RED = (230, 20, 20)


def red_hand(with_points: bool = True) -> PalmPicture:
    """A grey picture with a red disc for a hand; wrist left of its middle, knuckle right."""
    color = np.full((120, 160, 3), 90, np.uint8)
    cv2.circle(color, (90, 60), 24, RED, -1)
    points = np.full((1, POINTS, 2), np.nan)
    if with_points:
        points[0, 0], points[0, 2] = (75.0, 60.0), (105.0, 60.0)
    return PalmPicture(color, np.array([[66.0, 36.0, 114.0, 84.0]]), points)


@pytest.fixture
def source() -> SceneSource:
    return SceneSource([[red_hand()], [red_hand(False)]], [2.0, 1.0], [np.full((90, 90, 3), 140, np.uint8)])


def test_palms_lie_where_the_picture_was_put(source):
    rng, seen = np.random.default_rng(0), 0
    for _ in range(60):
        scene = compose(rng, source, 96)
        assert scene.color.shape == (96, 96, 3)
        for box, square in zip(scene.boxes, scene.squares, strict=True):
            middle = np.clip((box[:2] + box[2:]) / 2 * 96, 0, 95).astype(int)
            around = scene.color[max(middle[1] - 2, 0) : middle[1] + 3, max(middle[0] - 2, 0) : middle[0] + 3]
            inside = ((box[:2] > 0) & (box[2:] < 1)).all()
            if inside and np.isfinite(square).all():
                assert np.abs(square[:2] * 96 - middle).max() < 3, "the disc's middle is the palm's"
            if inside and np.ptp(around.reshape(-1, 3).mean(0)) > 60:
                seen += 1
    assert seen > 25
    again = compose(np.random.default_rng(7), source, 96)
    assert (again.color == compose(np.random.default_rng(7), source, 96).color).all()


def test_the_palm_is_a_square_about_its_points():
    points = np.full((1, POINTS, 2), np.nan)
    points[0, 0], points[0, 2] = (10.0, 50.0), (40.0, 10.0)
    assert palm_square(points)[0] == pytest.approx([25, 30, 50])


class FixedNet(Palm):
    """Says one thing of every picture."""

    def __init__(self, output: PalmOutput) -> None:
        super().__init__()
        self.output = output

    def forward(self, image):
        return PalmOutput(*(x.expand(len(image), *x.shape[1:]) for x in self.output))


def losses(logits: torch.Tensor, truth: dict[str, torch.Tensor]) -> dict[str, float]:
    at = anchors(192)
    near = ((at - 0.5).abs() < 0.2).all(1, keepdim=True)
    boxes = torch.cat([torch.where(near, torch.full_like(at, 0.5), at), torch.full_like(at, 0.2)], 1)[None]
    output = PalmOutput(boxes, torch.full((1, len(at), POINTS, 2), 0.5), logits[None])
    color = torch.zeros(1, 192, 192, 3, dtype=torch.uint8)
    return {k: float(v) for k, v in PalmObjective(FixedNet(output))(color, **truth).items()}


def test_a_sure_net_loses_least_where_the_palm_is():
    at = anchors(192)
    nan = torch.full((1, 1, 4), torch.nan)
    box = torch.tensor([[[0.35, 0.35, 0.65, 0.65]]])
    square = torch.tensor([[[0.5, 0.5, 0.2]]])
    truth = {"squares": square, "points": torch.full((1, 1, POINTS, 2), 0.5), "boxes": box, "ignored": nan}
    middle = ((at - 0.5).abs() < 0.05).all(1)
    sure, blind, wrong = torch.full((len(at),), -6.0), torch.full((len(at),), -6.0), torch.full((len(at),), -6.0)
    sure[middle] = 6.0
    wrong[((at - 0.1).abs() < 0.05).all(1)] = 6.0
    right = losses(sure, truth)
    assert right["score"] < 0.1 * losses(blind, truth)["score"] < losses(wrong, truth)["score"]
    assert right["box"] < 1e-3
    elsewhere = truth | {"squares": torch.tensor([[[0.55, 0.5, 0.3]]])}
    assert losses(sure, elsewhere)["box"] > 0.1
    unturned = truth | {"squares": torch.full_like(square, torch.nan), "points": truth["points"] * torch.nan}
    assert losses(sure, unturned)["score"] < 0.1 * losses(blind, unturned)["score"]
    ignored = {name: torch.full_like(x, torch.nan) for name, x in truth.items()} | {"ignored": box}
    assert losses(sure, ignored)["score"] < losses(wrong, ignored)["score"] / 10, "what is ignored costs nothing"


def test_a_step_moves_the_free_layers_only(source, tmp_path):
    settings = FinderSettings(out=tmp_path, pictures=(), empty=(), batch=2, edge_px=96)
    (task,) = drawer(source, settings)(3)
    torch.manual_seed(0)
    objective = PalmObjective(Palm())
    terms = objective(*task.inputs)
    sum(terms.values()).backward()
    assert all(torch.isfinite(value) for value in terms.values())
    assert objective.net.fine.logits.weight.grad.abs().max() > 0
    assert objective.net.stem[0].conv.weight.grad is None


@pytest.fixture
def boxed(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((100, 200, 3), np.uint8))
    (folder / "boxes.json").write_text(
        json.dumps({"a.png": [[10, 20, 50, 40]], "b.png": [[0, 0, 20, 20], [100, 0, 20, 20]]})
    )
    (folder / "incomplete.json").write_text('["b.png"]')
    empty = tmp_path / "empty"
    empty.mkdir()
    cv2.imwrite(str(empty / "c.png"), np.zeros((100, 200, 3), np.uint8))
    return folder, empty


def test_boxes_of_every_form_are_read(boxed, tmp_path):
    a, b = read_boxed(boxed[0])
    assert a.boxes.tolist() == [[9.5, 19.5, 59.5, 59.5]]
    assert (a.complete, b.complete) == (True, False)
    for name, line in {"x": "0 0.5 0.5 0.2 0.4", "y": "0 0.4 0.5 0.5 0.3 0.6 0.5 0.5 0.7"}.items():
        for part in ("images", "labels"):
            (tmp_path / "yolo" / part).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "yolo/images" / f"{name}.jpg"), np.zeros((100, 200, 3), np.uint8))
        (tmp_path / "yolo/labels" / f"{name}.txt").write_text(line + "\n")
    x, y = read_boxed(tmp_path / "yolo")
    assert x.boxes[0] == pytest.approx([79.5, 29.5, 119.5, 69.5])
    assert y.boxes[0] == pytest.approx([79.5, 29.5, 119.5, 69.5])
    with pytest.raises(HandcamError, match="no boxes of hands"):
        read_boxed(boxed[1])


def test_a_hand_is_found_where_the_mean_of_keypoints_lies_in_its_box(boxed):
    pictures = open_pictures([str(boxed[0]), f"none:{boxed[1]}", f"hand:{boxed[1]}"])

    def predict(sample):
        centres = {"a.png": [(30, 40), (32, 41), (150, 80)], "b.png": [(110, 10)], "c.png": [(5, 5)]}
        hand = Prediction(Side.RIGHT, np.zeros((21, 3)), np.zeros((21, 2)))
        return [replace(hand, keypoints_px=np.full((21, 2), at, float)) for at in centres[sample.name.split("/")[1]]]

    figures = evaluate(pictures, {"ours": predict}).figures["ours"]
    assert figures["recall"]["set"] == {"found": 2, "hands": 3, "share": pytest.approx(2 / 3)}
    assert figures["false_hands"]["set"] == {"hands": 1, "pictures": 1}, "a second one in a box is no false hand"
    assert figures["false_hands"]["empty"]["hands"] == 1
    assert figures["recall_by_size"]["from 0.2"] == {"hands": 1, "share": 1.0}


def test_sides_count_where_a_data_set_labels_them(tmp_path):
    points = np.stack([np.linspace(20, 60, 21), np.linspace(30, 50, 21)], 1)
    color = np.zeros((100, 200, 3), np.uint8)
    frame = Frame(0, 0, Intrinsics.from_fov(200, 100, 1.0), color)
    folder.write(
        tmp_path / "sided", [Sample(frame, "a", Side.LEFT, None, points), Sample(frame, "b", None, None, points)]
    )
    pictures = open_pictures([f"folder:{tmp_path / 'sided'}"])

    def answer(side):
        return lambda _: [Prediction(side, np.zeros((21, 3)), points)]

    figures = evaluate(pictures, {"left": answer(Side.LEFT), "right": answer(Side.RIGHT)}).figures
    assert figures["left"]["recall"]["sided"]["share"] == figures["right"]["recall"]["sided"]["share"] == 1.0
    assert figures["left"]["sides"]["sided"] == {"hands": 1, "share": 1.0}
    assert figures["right"]["sides"]["sided"] == {"hands": 1, "share": 0.0}


def test_the_curve_ranks_boxes_by_their_scores(boxed, monkeypatch):
    class Known(PalmDetector):
        def __init__(self) -> None: ...

        def find(self, frame, max_hands=2):
            from handcam.types import HandBox

            if frame.color.shape[:2] != (100, 200):
                return []
            places = {0.9: (30.0, 40.0), 0.8: (150.0, 80.0), 0.3: (33.0, 40.0)}
            return [HandBox(Side.RIGHT, np.array(at), 20.0, 0.0, score) for score, at in places.items()]

    pictures = open_pictures([str(boxed[0])])[:1]
    figures = evaluate(pictures, {"ours": lambda _: []}, Known()).figures["boxes"]
    assert figures["score"] == [0.9, 0.8]
    assert figures["recall"] == [1.0, 1.0]
    assert figures["average_precision"] == 1.0


def test_the_table_of_costs_says_what_was_not_found():
    from handcam.lab.evaluate.scaling import SIZES, table

    sizes = [{"width": width, "height": height} for width, height in SIZES]
    rows = [size | {"hands": n, "found": min(n, 1), "ms": 4.0 + n} for size in sizes for n in (0, 1, 2)]
    made = table(rows)
    assert made.head == ("picture", "no hand", "1 hand", "2 hands")
    assert made.rows[0] == ("640 x 480", "4.0", "5.0", "6.0 (1 found)")
