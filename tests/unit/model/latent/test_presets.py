"""Presets come back, belong to their weights, and nothing in their file is ever lost."""

import json

import numpy as np
import pytest

from handcam.model.latent.presets import Preset, Presets
from handcam.paths import presets_file
from handcam.types import HandcamError

OURS, OTHERS = "a" * 64, "b" * 64


def preset(name: str, of: str = OURS, seed: int = 0) -> Preset:
    return Preset(name, of, np.random.default_rng(seed).normal(size=5))


def test_come_back(tmp_path):
    path = tmp_path / "deep" / "presets.json"
    Presets(path).save(preset(" fist "))
    Presets(path).save(preset("open", seed=1))
    first, second = Presets(path).all()
    assert (first.name, second.name) == ("fist", "open")
    np.testing.assert_allclose(first.latent_of(OURS, 5), preset("fist").z, atol=1e-6)
    Presets(path).save(preset("fist", seed=2))
    assert [p.name for p in Presets(path).all()] == ["open", "fist"]
    Presets(path).delete("open", OURS)
    assert [p.name for p in Presets(path).all()] == ["fist"]
    assert [p.name for p in path.parent.iterdir()] == ["presets.json"]


def test_of_other_weights_are_refused_and_kept(tmp_path):
    path = tmp_path / "presets.json"
    Presets(path).save(preset("fist", OTHERS))
    Presets(path).save(preset("fist"))
    theirs, ours = Presets(path).all()
    assert ours.latent_of(OURS, 5) is ours.z
    with pytest.raises(HandcamError, match="other weights"):
        theirs.latent_of(OURS, 5)
    with pytest.raises(HandcamError, match="other weights"):
        ours.latent_of(OURS, 30)
    Presets(path).delete("fist", OURS)
    assert [p.weights_sha256 for p in Presets(path).all()] == [OTHERS]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x", "version": 1, "presets": []}', '{"presets": 3}',
                                  '{"format": "handcam.presets", "version": 99, "presets": []}'])  # fmt: skip
def test_a_bad_file_is_told_and_left_as_it_is(tmp_path, text):
    path = tmp_path / "presets.json"
    path.write_text(text)
    with pytest.raises(HandcamError, match=r"presets\.json"):
        Presets(path)
    assert path.read_text() == text


def test_what_is_not_understood_stays(tmp_path):
    path = tmp_path / "presets.json"
    strange = [{"name": "later", "curve": [1]}, 7, {"name": 3, "weights_sha256": OURS, "z": [1.0]},
               {"name": "x", "weights_sha256": OURS, "z": ["nan"]}]  # fmt: skip
    path.write_text(json.dumps({"format": "handcam.presets", "version": 1, "presets": strange, "more": True}))
    presets = Presets(path)
    assert presets.all() == []
    presets.save(preset("fist"))
    kept = json.loads(path.read_text())
    assert kept["presets"][:4] == strange
    assert kept["more"] is True


def test_a_preset_needs_a_name_and_numbers(tmp_path):
    presets = Presets(tmp_path / "presets.json")
    for bad in (preset("  "), Preset("x", OURS, np.array([np.nan]))):
        with pytest.raises(HandcamError, match="needs a name"):
            presets.save(bad)
    assert not presets.path.exists()


def test_a_disk_that_refuses_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    presets = Presets(tmp_path / "other.json")
    presets.path = tmp_path / "file" / "presets.json"
    with pytest.raises(HandcamError, match="Cannot write"):
        presets.save(preset("fist"))
    assert presets.all() == []


def test_the_file_can_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDCAM_PRESETS", str(tmp_path / "mine.json"))
    assert presets_file() == tmp_path / "mine.json"
    monkeypatch.delenv("HANDCAM_PRESETS")
    assert presets_file().name == "presets.json"
