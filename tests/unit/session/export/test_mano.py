"""Parameters of a user's own hand model: the layouts of the field, and what the hands of a session become in them."""

import numpy as np
import pytest
from moving_hands import result

from handcam.hand.mano import ManoPose, load_mano
from handcam.hand.skeleton import MIRROR
from handcam.lab.experiments.mano import write_rig_model
from handcam.session.export import ExportError, ExportSettings, RecordedResults, convert
from handcam.types import Side

BOTH = (Side.RIGHT, Side.LEFT)


def test_both_hands_become_parameters_that_give_their_joints(tmp_path):
    write_rig_model(model := tmp_path / "MANO_RIGHT.pkl")
    results = [result(0, BOTH), result(1, ()), result(2, BOTH)]
    (out,) = convert(RecordedResults(results), "mano", tmp_path / "take.npz", ExportSettings(raw=True, mano=model))
    file, mano = np.load(out), load_mano(model)
    for side in BOTH:
        found = {name: file[f"{side.value}_{name}"] for name in ("pose", "betas", "trans", "present", "error_mm")}
        assert {name: value.shape for name, value in found.items()} == {
            "pose": (3, 48), "betas": (10,), "trans": (3, 3), "present": (3,), "error_mm": (3,),
        }  # fmt: skip
        assert found["present"].tolist() == [True, False, True]
        assert np.isnan(found["pose"][1]).all()
        assert np.nanmax(found["error_mm"]) < 3
        pose = found["pose"][:1].reshape(1, 16, 3)
        pose = (pose * [1, -1, -1] if side is Side.LEFT else pose).reshape(1, 48)
        mirror = MIRROR if side is Side.LEFT else np.ones(3)
        posed = mano.joints(ManoPose(pose, found["betas"][None], found["trans"][:1] * mirror))[0] * mirror
        raw = next(hand.raw.joints_m for hand in results[0].hands if hand.raw.side is side)
        assert np.linalg.norm(posed - raw, axis=-1).mean() < 0.003
        assert np.array_equal(file[f"{side.value}_hand_pose"][0], found["pose"][0, 3:])
    assert bool(file["flat_hand_mean"])


def test_without_a_model_a_sentence_says_where_it_comes_from(tmp_path):
    with pytest.raises(ExportError, match="from its authors: --mano"):
        convert(RecordedResults([result(0, BOTH)]), "mano", tmp_path / "take.npz")
