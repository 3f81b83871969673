"""The side file: what is written is read, and what is damaged is refused in a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handcam.model.weights import FORMAT, WeightsCard, check, default_weights, digest, read_card, write_card
from handcam.types import WeightsError


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    path.write_bytes(np.random.default_rng(0).bytes(5000))
    write_card(path, card(path))
    return path


def card(path: Path) -> WeightsCard:
    return WeightsCard(
        name="small", encoders={"rgb": "resnet"}, decoders={"joints3d": "mlp"}, latent=30, crop_px=128,
        joint_order="common21", drive="fused", sha256=digest(path), data=["rendered (MIT)"],
    )  # fmt: skip


def test_what_is_written_is_read(weights: Path) -> None:
    assert read_card(weights) == card(weights)
    assert json.loads(weights.with_suffix(".json").read_text())["format"] == FORMAT


def test_a_missing_file_is_named(weights: Path) -> None:
    weights.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match=r"small\.json is missing; restore it or pass --weights"):
        read_card(weights)
    with pytest.raises(WeightsError, match=r"other\.safetensors is missing"):
        read_card(weights.with_name("other.safetensors"))
    with pytest.raises(WeightsError, match=r"graph\.onnx is missing"):
        check(weights.with_name("graph.onnx"), "0")


def test_further_parts_are_checked_too(weights: Path) -> None:
    part = weights.with_name("small.more.safetensors")
    part.write_bytes(b"decoders")
    write_card(weights, replace(card(weights), parts={part.name: digest(part)}))
    assert read_card(weights).parts == {part.name: digest(part)}
    part.write_bytes(b"decoderz")
    with pytest.raises(WeightsError, match=r"small\.more\.safetensors is truncated or altered"):
        read_card(weights)
    part.unlink()
    with pytest.raises(WeightsError, match=r"small\.more\.safetensors is missing"):
        read_card(weights)


def test_a_newer_format_is_refused(weights: Path) -> None:
    write_card(weights, replace(card(weights), format=FORMAT + 1))
    with pytest.raises(WeightsError, match=rf"format {FORMAT + 1}, newer than the {FORMAT} .* update handcam"):
        read_card(weights)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 4999), st.integers(1, 255))
def test_any_changed_byte_is_noticed(weights: Path, at: int, change: int) -> None:
    whole = weights.read_bytes()
    damaged = bytearray(whole)
    damaged[at] ^= change
    try:
        weights.write_bytes(damaged)
        with pytest.raises(WeightsError, match="truncated or altered"):
            read_card(weights)
        weights.write_bytes(whole[:at])
        with pytest.raises(WeightsError, match="truncated or altered"):
            read_card(weights)
    finally:
        weights.write_bytes(whole)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '{"format": "new"}', '{"format": null}', '{"format": 1}', '{"format": 1, "colour": 2}',
     "\x00\x01\x02", "{" * 5000],
)  # fmt: skip
def test_a_damaged_side_file_is_refused(weights: Path, text: str) -> None:
    weights.with_suffix(".json").write_text(text, "utf-8")
    with pytest.raises(WeightsError) as told:
        read_card(weights)
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("latent", 0, "`latent`"), ("latent", "30", "`latent`"), ("joint_order", "mano", "`joint_order`"),
        ("encoders", ["rgb"], "`encoders`"), ("fusion", {"rgb": -1.0}, "`fusion"), ("drive", None, "`drive`"),
        ("latent", 10**9, "`latent`"), ("drive", "depth", "`drive` names 'depth'"),
        ("fusion", {"touch": 0.5}, "`fusion` names 'touch'"), ("fusion", {"rgb": float("nan")}, "`rgb`"),
        ("encoders", {"touch": "mlp"}, "`encoders` names 'touch'; there is depth, joints3d"),
        ("calibration", {"rgb": {"gain": float("nan")}}, "not finite in `gain`"),
        ("metrics", {"epe_mm": float("inf")}, "not finite in `epe_mm`"), ("parts", {"../x": "0"}, "`parts"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(weights: Path, field: str, value: object, reason: str) -> None:
    side = weights.with_suffix(".json")
    side.write_text(json.dumps({**json.loads(side.read_text()), field: value}))
    with pytest.raises(WeightsError, match=r"small\.json is damaged") as told:
        read_card(weights)
    assert reason in str(told.value)
    assert "\n" not in str(told.value)


def test_a_side_file_that_is_no_text_is_refused(weights: Path) -> None:
    weights.with_suffix(".json").write_bytes(b"\xff\xfe\x00garbage")
    with pytest.raises(WeightsError, match="is damaged"):
        read_card(weights)


@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
def test_the_weights_of_the_program_are_whole() -> None:
    shipped = read_card(default_weights())
    assert shipped.joint_order == "common21"
    assert "joints3d" in shipped.decoders
    assert shipped.licence
    assert shipped.data, "what they were trained on is not said"
    assert shipped.rebuild, "how to make them again is not said"
