"""Evaluation with methods whose answers are known."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import hand_of, pose_of, result_of
from matplotlib.figure import Figure
from scipy.spatial.transform import Rotation
from typed import present

from handcam import api, cli
from handcam.geometry import project
from handcam.hand.conventions import convention
from handcam.hand.skeleton import INDEX, JOINTS
from handcam.lab.data.sets import Sample, folder, tight_box
from handcam.lab.evaluate.labelled import KEYS, Protocol, arrays, curl, facing, pointing, ratios, summarise
from handcam.lab.evaluate.metrics import total_bone_length
from handcam.lab.evaluate.pipeline import (
    LabelDetector,
    Prediction,
    Predictor,
    Record,
    choose,
    records,
    tracker_predictor,
)
from handcam.lab.evaluate.results import Results, save_figure
from handcam.lab.evaluate.sample_page import sample_page
from handcam.model.weights import default_weights
from handcam.types import Controls, Frame, HandBox, Intrinsics, Result, Side

CAMERA = Intrinsics(300.0, 300.0, 160.0, 120.0, 320, 240)


def open_hand(seed: int = 0) -> np.ndarray:
    """A right hand, palm to the camera, fingers up, half a metre away."""
    joints = np.zeros((21, 3))
    for f, x in enumerate((0.045, 0.025, 0.005, -0.015, -0.033)):
        for j in range(4):
            joints[1 + 4 * f + j] = [x, -0.08 - 0.025 * j if f else -0.03 - 0.025 * j, 0.0]
    joints += np.random.default_rng(seed).normal(0.0, 0.002, joints.shape)
    return joints + np.array([0.02 * seed, 0.03, 0.5])


def sample(seed: int = 0, **changes: object) -> Sample:
    joints = open_hand(seed)
    frame = Frame(seed, seed, CAMERA, np.full((240, 320, 3), 90, np.uint8))
    whole = Sample(frame, f"hand {seed}", Side.RIGHT, joints, project(joints, CAMERA))
    return replace(whole, **changes)


class Samples(list):
    name = "made here"


def exact(sample: Sample) -> list[Prediction]:
    assert sample.joints_m is not None
    sigma_m = np.full(21, 0.001)
    at = project(sample.joints_m, CAMERA)
    return [Prediction(Side.RIGHT, sample.joints_m, at, sigma_m, np.stack([sigma_m, sigma_m], 1))]


def missing(sample: Sample) -> list[Prediction]:
    return []


class FakeTracker:
    """Gives the hand it is told, in the crop it is told."""

    def __init__(self, labels: LabelDetector | None = None) -> None:
        self.labels, self.resets, self.seen = labels, 0, []

    def reset(self) -> None:
        self.resets += 1

    def track(self, frame: Frame, controls: Controls) -> Result:
        self.seen.append((controls, self.labels and self.labels.find(frame)))
        joints = open_hand(frame.index)
        side = controls.lock_side or Side.LEFT
        return result_of(frame, (hand_of(pose_of(joints, side, score=0.9, metric=False, camera=CAMERA)),))


def figures_of(samples: list[Sample], method: Predictor, protocol: Protocol = Protocol()) -> dict:
    return summarise(list(records(samples, method)), protocol)


def test_a_perfect_method_has_no_error() -> None:
    figures = figures_of([sample(0), sample(1)], exact)
    assert list(figures)[: len(KEYS)] == list(KEYS)
    assert (figures["n"], figures["missed"]) == (2, 0)
    for key in KEYS:
        if key.endswith("mapped_mm") or key == "sigma_rank":
            assert figures[key] is None  # too few hands, and no error to rank
        elif key.endswith(("_mm", "_px")):
            assert figures[key] == pytest.approx(0.0, abs=1e-6)
        elif key not in ("n", "missed"):
            assert figures[key] == pytest.approx(1.0)
    assert list(figures["per_joint"]) == list(JOINTS)
    assert figures["viewpoint"]["palm"]["n"] == figures["curl"]["open"]["n"] == 2
    json.dumps(figures, allow_nan=False)


@pytest.fixture(scope="module")
def hands() -> list[Sample]:
    """Hands in all attitudes, none like the other."""
    rng = np.random.default_rng(0)
    out = []
    for i in range(30):
        joints = open_hand() + rng.normal(0.0, 0.01, (21, 3))
        turned = (joints - joints.mean(0)) @ Rotation.random(random_state=i).as_matrix().T + [0.0, 0.0, 0.5]
        out.append(sample(0, joints_m=turned, keypoints_px=None))
    return out


def test_a_convention_of_the_labels_is_mapped_away_and_an_error_is_not(hands: list[Sample]) -> None:
    rng = np.random.default_rng(1)

    def other(noise_m: float) -> Predictor:
        def predict(s: Sample) -> list[Prediction]:
            assert s.joints_m is not None
            joints = s.joints_m.copy()
            joints[0] += 0.2 * (joints[9] - joints[0])  # another wrist
            joints = 1.3 * joints + rng.normal(0.0, noise_m, (21, 3))
            return [Prediction(Side.RIGHT, joints, project(s.joints_m, CAMERA), np.full(21, 0.01))]

        return predict

    exact_but_wrist = figures_of(hands, other(0.0))
    assert exact_but_wrist["centroid_mean_mm"] > 1.2
    assert exact_but_wrist["centroid_mapped_mm"] < 0.35 * exact_but_wrist["centroid_mean_mm"]
    assert exact_but_wrist["pa_mapped_mm"] < 0.35 * exact_but_wrist["pa_mean_mm"]
    noisy = figures_of(hands, other(0.008))
    assert noisy["pa_mapped_mm"] > 0.8 * noisy["pa_mean_mm"]
    assert figures_of(hands[:4], other(0.0))["pa_mapped_mm"] is None


def test_the_error_about_the_centroid_does_not_hang_on_one_joint() -> None:
    true = sample(0)
    assert true.joints_m is not None
    joints = true.joints_m.copy()
    joints[INDEX["middle_mcp"]] += [0.0, 0.0, 0.021]
    figures = figures_of([true], lambda _: [Prediction(Side.RIGHT, joints, project(joints, CAMERA))], Protocol())
    assert figures["epe_mean_mm"] > 18.0
    assert figures["centroid_mean_mm"] < 3.5


def test_methods_are_compared_on_the_hands_that_both_found(hands: list[Sample]) -> None:
    def off_by(metres: float, miss: int) -> Predictor:
        def predict(s: Sample) -> list[Prediction]:
            assert s.joints_m is not None
            joints = s.joints_m + np.outer(np.arange(21) == 20, [metres, 0.0, 0.0])
            found = Prediction(Side.RIGHT, joints, project(s.joints_m, CAMERA))
            return [] if s is hands[miss] else [found]

        return predict

    both = ratios(list(records(Samples(hands), off_by(0.01, 2), off_by(0.02, 3))), Protocol(scale=False))
    assert both["n"] == len(hands) - 2
    assert both["epe_mean_mm"] == pytest.approx(0.5)


def test_each_picture_is_shown_again_and_the_last_answer_counts() -> None:
    class Learning(FakeTracker):
        def track(self, frame: Frame, controls: Controls) -> Result:
            result = super().track(frame, controls)
            self.frames = [*getattr(self, "frames", []), frame]
            return result_of(frame, result.hands if len(self.frames) % 3 == 0 else ())

    tracker = Learning()
    found = list(records(Samples([sample(0), sample(1)]), tracker_predictor(tracker, frames=3)))
    assert tracker.resets == 2
    assert all(r.prediction() is not None for r in found)
    first = tracker.frames[:3]
    assert len({id(frame) for frame in first}) == 3
    assert np.diff([frame.time_ns for frame in first]).min() > 30e6
    assert all(frame.color is first[0].color for frame in first)


def test_predictions_are_placed_by_the_convention_of_the_labels() -> None:
    (ours,), (theirs,) = (
        records(Samples([sample(0)]), tracker_predictor(FakeTracker(), joints=name))
        for name in ("common21", "openxr26")
    )
    before, after = ours.prediction(), theirs.prediction()
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.joints_m, convention("openxr26").placed(before.joints_m))
    assert np.linalg.norm(after.joints_m - before.joints_m, axis=1).max() > 0.003
    np.testing.assert_array_equal(after.keypoints_px, before.keypoints_px)


def test_predictions_are_kept_with_gaps_where_missed() -> None:
    found = list(records(Samples([sample(0), sample(1)]), lambda s: exact(s) if s.name == "hand 1" else []))
    kept = arrays(found)
    assert np.isnan(kept["joints_mm"][0]).all()
    np.testing.assert_allclose(kept["joints_mm"][1], open_hand(1) * 1e3)
    np.testing.assert_allclose(kept["sigma_mm"][1], 1.0)
    assert kept["side"].tolist() == ["", "right"]


def test_known_errors_in_every_figure() -> None:
    true = sample(0)
    assert true.joints_m is not None
    joints = true.joints_m.copy()
    joints[INDEX["index_tip"]] += [0.0, 0.0, 0.021]
    shifted = joints + np.array([0.0, 0.03, 0.04])

    def wrong(_: Sample) -> list[Prediction]:
        return [Prediction(Side.LEFT, shifted, project(joints, CAMERA) + np.array([3.0, 4.0]), np.full(21, 0.001))]

    figures = figures_of([true], wrong, Protocol(scale=False))
    assert figures["epe_mean_mm"] == pytest.approx(1.0)
    assert figures["epe_median_mm"] == pytest.approx(0.0, abs=1e-6)
    assert figures["per_joint"]["index_tip"]["epe_mm"] == pytest.approx(21.0)
    assert figures["camera_mean_mm"] == pytest.approx((20 * 50.0 + np.hypot(30.0, 61.0)) / 21)
    assert figures["distance_bias_mm"] == pytest.approx(41.0)
    assert figures["length_bias_mm"] == pytest.approx(0.0, abs=1e-6)
    assert figures["coverage_90"] == pytest.approx(1 - 1 / 60)  # one coordinate of one joint
    assert figures["auc_20_50"] == pytest.approx((20 + 29 / 30) / 21)
    assert figures["kp2d_mean_px"] == pytest.approx(5.0, abs=0.3)
    assert figures["side_correct"] == 0.0
    assert 0.0 < figures["pa_mean_mm"] < 3.0
    absolute = figures_of([true], wrong, Protocol(translation=False, scale=False))
    assert absolute["epe_mean_mm"] == pytest.approx(figures["camera_mean_mm"])


def test_size_is_forgiven_and_sigma_scaled_with_it() -> None:
    true = sample(0)

    def small(s: Sample) -> list[Prediction]:
        assert s.joints_m is not None
        return [Prediction(Side.RIGHT, s.joints_m * 0.5, project(s.joints_m, CAMERA), np.full(21, 0.001))]

    assert figures_of([true], small)["epe_mean_mm"] == pytest.approx(0.0, abs=1e-6)
    unscaled = figures_of([true], small, Protocol(scale=False))
    assert unscaled["epe_mean_mm"] > 10.0
    assert unscaled["coverage_90"] < 0.5
    assert true.joints_m is not None
    assert total_bone_length(true.joints_m) > 0.5


def test_misses_and_missing_labels_give_nothing() -> None:
    figures = figures_of([sample(0)], missing)
    assert (figures["n"], figures["missed"]) == (1, 1)
    assert all(figures[key] is None for key in KEYS[2:])
    bare = [sample(0, joints_m=None, keypoints_px=None, side=None)]
    figures = figures_of(bare, lambda _: exact(sample(0)))
    assert (figures["n"], figures["missed"]) == (1, 0)
    assert all(figures[key] is None for key in KEYS[2:])
    flat = figures_of([sample(0, joints_m=None)], lambda _: exact(sample(0)))
    assert flat["kp2d_mean_px"] == pytest.approx(0.0, abs=1e-9)
    assert flat["epe_mean_mm"] is None
    relative = figures_of([sample(0)], lambda s: [replace(exact(s)[0], absolute=False, sigma_m=None)])
    assert relative["camera_mean_mm"] is None
    assert relative["coverage_90"] is None


def test_the_palm_of_the_labels_counts_in_the_palm_protocol() -> None:
    true = sample(0)
    assert true.joints_m is not None
    palm = (true.joints_m[0] + true.joints_m[INDEX["middle_mcp"]]) / 2
    moved = replace(true, palm_m=palm + np.array([0.0, 0.0, 0.01]))
    assert figures_of([true], exact, Protocol("palm"))["epe_mean_mm"] == pytest.approx(0.0, abs=1e-6)
    assert figures_of([moved], exact, Protocol("palm"))["epe_mean_mm"] > 5.0
    assert figures_of([moved], exact, Protocol("wrist"))["epe_mean_mm"] == pytest.approx(0.0, abs=1e-6)


def test_the_nearest_hand_is_the_labelled_one() -> None:
    true = sample(0)
    near, far = exact(true)[0], replace(exact(true)[0], keypoints_px=project(open_hand(0), CAMERA) + 150.0)
    assert choose(true, [far, near]) is near
    assert choose(true, [far]) is None
    boxed = sample(0, joints_m=None, keypoints_px=None, box=tight_box(140.0, 60.0, 80.0, 80.0, None))
    assert choose(boxed, [far, near]) is near
    assert choose(boxed, [far]) is None
    assert choose(sample(0, joints_m=None, keypoints_px=None), [far, near]) is far


def test_views() -> None:
    hand = open_hand()
    assert facing(hand, Side.RIGHT) == "palm"
    assert facing(hand, Side.LEFT) == "back"
    assert pointing(hand, Side.RIGHT) == "across"
    assert curl(hand, Side.RIGHT) == "open"
    centre = hand.mean(0)
    forwards = (hand - centre) @ np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]) + centre  # up becomes towards us
    assert pointing(forwards, Side.RIGHT) in ("at camera", "away")
    assert facing(forwards, Side.RIGHT) == "edge"
    edge = (hand - centre) @ np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]) + centre
    assert facing(edge, Side.RIGHT) == "edge"


def test_the_tracker_starts_afresh_and_gets_the_labels_box() -> None:
    labels = LabelDetector()
    tracker = FakeTracker(labels)
    controls = Controls(drive="rgb", filters=("one_euro",), samples=9)
    found = list(
        records(Samples([sample(0), sample(1)]), tracker_predictor(tracker, controls, labels, known_side=True))
    )
    assert tracker.resets == 2
    assert [p.side for r in found if (p := r.prediction())] == [Side.RIGHT, Side.RIGHT]
    for seed, (given, boxes) in enumerate(tracker.seen):
        assert (given.drive, given.filters, given.samples, given.max_hands) == ("rgb", (), 0, 1)
        (box,) = boxes
        assert isinstance(box, HandBox)
        assert box.side is Side.RIGHT
        assert np.linalg.norm(box.centre_px - project(open_hand(seed), CAMERA).mean(0)) < 30
    free = FakeTracker()
    (record,) = records(Samples([sample(0)]), tracker_predictor(free))
    seen = record.prediction()
    assert seen is not None
    assert seen.side is Side.LEFT  # nobody told it
    assert free.seen[0][0].max_hands == 2


def record(index: int, prediction: Prediction | None, **changes: object) -> Record:
    labels = sample(index, name="a very long name of a picture.png", side=Side.LEFT, **changes)
    return Record(index, labels, ((prediction,) if prediction else (),))


def test_the_page_shows_every_kind_of_sample(tmp_path: Path) -> None:
    samples = Samples([sample(i) for i in range(4)])
    depth = Frame(0, 0, CAMERA, None, np.full((240, 320), 500, np.uint16))
    samples[3] = replace(samples[3], frame=depth)
    off = [exact(s)[0] for s in samples]
    found = [
        record(0, replace(off[0], keypoints_px=off[0].keypoints_px + 5.0)),
        record(1, off[1], joints_m=None),
        record(2, None),
        record(3, off[3], joints_m=None, keypoints_px=None),
    ]
    draw, size = sample_page(samples, found, columns=3)
    figure = Figure()
    draw(figure)
    rows = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert rows == ["worst", "median", "best", "missed (1)", "without labels"]
    assert len(figure.axes) == 2 * 5 * 3, "a picture and skeletons for each"
    save_figure(Results({}, (), draw=draw, size=size), tmp_path / "page.png", "a page")
    picture = cv2.cvtColor(present(cv2.imread(str(tmp_path / "page.png"))), cv2.COLOR_BGR2RGB).astype(int)
    for colour in ((230, 159, 0), (86, 180, 233), (0, 158, 115), (200, 180, 0), (213, 94, 0)):
        assert (np.abs(picture - colour).sum(-1) < 20).any()


class FakeApp(FakeTracker):
    runtime_name = "fake (here)"

    class card:  # noqa: N801
        name, drive = "fake", "rgb"

    def close(self) -> None:
        pass


def test_the_command_writes_flat_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "open_tracker", lambda *_: FakeApp())
    folder.write(tmp_path / "set", [sample(i) for i in range(3)])
    arguments = ["evaluate", f"folder:{tmp_path / 'set'}", "--json", f"{tmp_path}/out/figures.json"]
    assert cli.main([*arguments, "--plot", f"{tmp_path}/page.png"]) == 0
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert list(figures)[: len(KEYS)] == list(KEYS)
    assert (figures["n"], figures["missed"], figures["side_correct"]) == (3, 0, 0.0)
    assert figures["epe_mean_mm"] < 0.1
    assert figures["settings"]["runtime"] == "fake (here)"
    assert present(cv2.imread(str(tmp_path / "page.png"))) is not None
    assert "epe_mean_mm" in capsys.readouterr().out
    assert cli.main([*arguments, "--limit", "2"]) == 0
    assert [s["name"] for s in json.loads((tmp_path / "out" / "figures.json").read_text())["samples"]] == [
        "images/000000.png", "images/000002.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["folder:/nowhere"], "no readable /nowhere/labels.jsonl"),
        (["nothing"], "Unknown data set 'nothing'"),
        (["clip"], "handcam evaluate clip --help"),
        (["predictions"], "--dataset"),
        (["predictions", "--dataset", "nyu", "--truth", "a"], "--truth is 'a'; it must be a file that is there."),
        (["folder:x", "--invariances", "TSX"], "letters T, S and H"),
        (["folder:x", "more"], "more"),
        (["folder:x", "--limit", "0"], "--limit is 0; it must be a whole number from 1"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", *arguments]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("detector", ["labels", "mediapipe"])
def test_the_real_pipeline_on_a_picture_without_a_hand(tmp_path: Path, detector: str) -> None:
    if not default_weights().is_file():
        pytest.skip("the weights are not here")
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3)).astype(np.uint8)
    folder.write(tmp_path, [sample(0, frame=replace(sample(0).frame, color=noise))])
    options = ["--detector", detector, "--runtime", "eager", "--compare", "mediapipe", "--json", f"{tmp_path}/out.json"]
    assert cli.main(["evaluate", f"folder:{tmp_path}", *options]) == 0
    figures = json.loads((tmp_path / "out.json").read_text())
    assert (figures["n"], figures["missed"], figures["compare"]["mediapipe"]["missed"]) == (1, 1, 1)
    assert figures["epe_mean_mm"] is None


def test_published_predictions_by_command(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).uniform(100, 300, (5, 48))
    np.savetxt(tmp_path / "truth.txt", rows)
    np.savetxt(tmp_path / "a++.txt", rows)
    np.savetxt(tmp_path / "b.txt", rows + 1)
    out = tmp_path / "out.json"
    files = [f"{tmp_path}/{name}.txt" for name in ("truth", "a++", "b")]
    for arguments in (["--truth", *files, "--dataset", "icvl"], [*files[1:], "--dataset", "icvl", "--truth", files[0]]):
        assert cli.main(["evaluate", "predictions", *arguments, "--json", str(out)]) == 0
        methods = json.loads(out.read_text())["methods"]
        assert list(methods) == ["a++", "b"]
        assert methods["a++"]["mean_mm"] == 0.0
        assert methods["b"]["mean_mm"] > 1.0
        out.unlink()
