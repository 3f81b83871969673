"""Which runtime ``auto`` takes: the fastest that agrees with the reference, remembered from start to start."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from handcam.lab.release.check_crops import drawn_crops
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.runtimes import (
    CHECK,
    Encoding,
    _select,
    check_file,
    deviation,
    fastest,
    find_graph,
    measure_beside,
    save_check,
)
from handcam.types import NOMINAL_HAND_LENGTH_M, HandcamError, WeightsError


class Fake:
    """A runtime whose joints are off by a given number of millimetres and that takes a given time."""

    now_s = 0.0

    def __init__(self, name: str, card: WeightsCard, off_mm: float = 0.0, takes_s: float = 0.0) -> None:
        self.name, self.card, self.off_mm, self.takes_s = name, card, off_mm, takes_s
        self.tolerance_mm, self.closed = 0.1, False

    def encode(self, crops):
        Fake.now_s += self.takes_s
        n = len(crops)
        mean = crops.color.reshape(n, -1)[:, :4].astype(np.float32) / 255
        return Encoding(
            {"rgb": mean}, {"rgb": np.zeros((n, 4), np.float32)}, np.zeros((n, 21, 2), np.float32),
            np.ones(n, np.float32), np.ones(n, np.float32),
        )  # fmt: skip

    def decode(self, modality, z):
        joints = np.zeros((len(z), 21, 3), np.float32) + np.asarray(z)[:, :1, None]
        joints[..., 0] += self.off_mm / 1000 / NOMINAL_HAND_LENGTH_M
        return joints

    def depth_joints(self, depth_m, centre_m):
        return None

    def run(self, graph, inputs):
        raise AssertionError

    def detect(self, rgb):
        raise AssertionError("these nets estimate poses; nobody asks them to detect")

    def close(self):
        self.closed = True


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(b"not read here")
    card = WeightsCard("tiny", {"rgb": "x"}, {"joints3d": "x"}, 4, 32, "common21", "rgb", digest(path))
    save_check(check_file(path), Fake("reference", card), drawn_crops(3, 32, 0))
    write_card(path, WeightsCard(**{**_fields(card), "exports": {"tiny.check.npz": digest(check_file(path))}}))
    return path


def _fields(card: WeightsCard) -> dict:
    return {name: getattr(card, name) for name in WeightsCard.__dataclass_fields__}


@pytest.fixture
def offer(monkeypatch, weights):
    """Offer fakes as the candidates; what is opened is recorded."""

    def with_(**kinds):
        opened = []

        def open_named(name, path):
            made = kinds[name]
            if isinstance(made, Exception):
                raise made
            opened.append(Fake(name, read_card(path), **made))
            return opened[-1]

        monkeypatch.setattr(_select, "open_named", open_named)
        monkeypatch.setattr(_select, "constants", lambda folder, name: {})
        monkeypatch.setattr(_select, "thread_time", lambda: Fake.now_s)
        monkeypatch.setattr(_select, "candidates", lambda on_card=True: [name for name in kinds if name != "eager"])
        return opened

    return with_


def test_takes_the_fastest_that_agrees(weights, offer):
    opened = offer(
        slow={"takes_s": 0.02}, wrong={"off_mm": 0.5}, fast={"takes_s": 0.005}, broken=RuntimeError("no such processor")
    )
    assert fastest(weights).name == "fast"
    assert [fake.closed for fake in opened] == [True, True, False]


def test_order_decides_between_equals(weights, offer):
    offer(first={"takes_s": 0.01}, second={"takes_s": 0.0098})
    assert fastest(weights).name == "first"


def test_a_finding_is_remembered_until_something_changes(weights, offer):
    opened = offer(slow={"takes_s": 0.02}, fast={"takes_s": 0.005})
    fastest(weights)
    opened.clear()
    assert fastest(weights).name == "fast"
    assert [fake.name for fake in opened] == ["fast"]
    card = read_card(weights)
    write_card(weights, WeightsCard(**{**_fields(card), "exports": {**card.exports, "tiny.encode.onnx": "new"}}))
    opened.clear()
    fastest(weights)
    assert len(opened) == 2


def test_a_remembered_one_that_fails_is_replaced(weights, offer):
    offer(slow={"takes_s": 0.02}, fast={"takes_s": 0.005})
    fastest(weights)
    offer(slow={"takes_s": 0.02}, fast=HandcamError("The card is gone."))
    assert fastest(weights).name == "slow"


@pytest.mark.parametrize("text", ["", "not json", "[1, 2]", '{"a": 3}'])
def test_a_damaged_memory_is_made_anew(weights, offer, tmp_path, text):
    offer(fast={})
    memory = tmp_path / "cache" / "runtime.json"
    memory.parent.mkdir()
    memory.write_text(text)
    assert fastest(weights).name == "fast"
    assert "fast" in [name for name, _ in json.loads(memory.read_text()).values()]


def test_a_finding_of_a_busy_machine_is_measured_again_when_it_is_quiet(weights, offer, monkeypatch):
    def start(load: float) -> tuple[str, int]:
        monkeypatch.setattr(_select.psutil, "getloadavg", lambda: (load * (_select.psutil.cpu_count() or 1), 0, 0))
        opened = offer(slow={"takes_s": 0.005 if load > 1 else 0.02}, fast={"takes_s": 0.01})
        return fastest(weights).name, len(opened)

    assert start(2.0) == ("slow", 2)
    assert start(2.0) == ("slow", 1)
    assert start(0.1) == ("fast", 2)
    assert start(2.0) == ("fast", 1)


def test_without_anything_that_agrees_pytorch_is_taken(weights, offer):
    offer(wrong={"off_mm": 0.5}, eager={})
    assert fastest(weights).name == "eager"


def test_damaged_weights_are_said_and_not_passed_over(weights, offer):
    offer(first=WeightsError("The graph is damaged."), second={})
    with pytest.raises(WeightsError, match="The graph is damaged"):
        fastest(weights)


def test_find_graph_says_what_is_wrong(weights):
    card = read_card(weights)
    with pytest.raises(HandcamError, match=r"has no tiny\.encode\.onnx beside it"):
        find_graph(weights, card, "encode")
    check_file(weights).write_bytes(b"altered")
    with pytest.raises(WeightsError, match="truncated or altered"):
        find_graph(weights, card, CHECK)
    check_file(weights).unlink()
    with pytest.raises(WeightsError, match="is missing"):
        find_graph(weights, card, CHECK)


def test_deviation_is_in_millimetres(weights):
    card = read_card(weights)
    away = deviation(Fake("a", card), Fake("b", card, off_mm=0.7), drawn_crops(2, 32, 1))
    assert away["joints_mm"] == pytest.approx(0.7, rel=1e-3)
    assert not away["keypoints_px"].any()


def test_at_once_takes_the_first_that_agrees_and_has_the_others_measured_beside(weights, offer, monkeypatch):
    started = []

    class Beside:
        def __init__(self, target, args, name, daemon):
            started.append((target, args))

        def start(self):
            pass

    monkeypatch.setattr(_select.psutil, "Process", lambda: SimpleNamespace(nice=lambda level: None))
    monkeypatch.setattr(_select.multiprocessing, "get_context", lambda how: SimpleNamespace(Process=Beside))
    offer(wrong={"off_mm": 0.5}, slow={"takes_s": 0.02}, fast={"takes_s": 0.005})
    assert fastest(weights, at_once=True).name == "slow"
    assert fastest(weights, at_once=True).name == "slow", "nothing was measured, so nothing is remembered"
    assert measure_beside([weights])
    ((target, args),) = started
    target(*args)  # what the process does
    assert not measure_beside([weights]), "it is known now"
    assert fastest(weights, at_once=True).name == "fast"
