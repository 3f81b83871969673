"""``handcam train pairs``: nets are chosen by name, and what is not understood is said in a sentence."""

from pathlib import Path

import pytest

from handcam.cli import command
from handcam.types import HandcamError


def train(*arguments: str | Path) -> None:
    command("train", [str(argument) for argument in arguments])()


def test_nets_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    from handcam.lab.train import pairs as training

    seen = []
    monkeypatch.setattr(training, "train", lambda settings: seen.append(settings) or tmp_path / "last.pt")
    options = f"--out {tmp_path} --variant 3 --source rgb --data crops --steps 30 --freeze decoders --nets"
    nets = ("rgb=resnet,width=16", "decoder.rgb=conv,width=8,hidden=32", "decoder.joints3d=mlp,depth=2")
    train("pairs", *options.split(), *nets)
    (settings,) = seen
    assert settings.pairs == ("rgb>joints3d", "rgb>rgb")
    assert settings.encoders == {"rgb": "resnet"}
    assert settings.decoders == {"joints3d": "mlp", "rgb": "conv"}
    assert settings.nets["encoder.rgb"] == {"width": 16}
    assert settings.nets["decoder.rgb"] == {"width": 8, "hidden": 32}
    assert (settings.steps, settings.warmup, settings.freeze) == (30, 3, ("decoders",))
    assert "last.pt" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("nets", "says"),
    [
        ("rgb=resnot", "rgb=resnot is not understood"),
        ("rgb=conv", "rgb=conv is not understood"),  # a net that only decodes
        ("rgb=resnet,width=wide", "is not understood; write it like rgb=resnet,width=16"),
        ("rgb=resnet,breadth=3", "The net resnet has no setting breadth"),
        ("depth=hourglass", "the encoder of depth, which no pair uses"),
    ],
)
def test_nets_that_cannot_be(tmp_path: Path, nets: str, says: str) -> None:
    with pytest.raises(HandcamError, match=says):
        train("pairs", "rgb>joints3d", "--out", tmp_path, "--nets", nets)


def test_pairs_or_a_variant(tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match="and not both"):
        train("pairs", "--out", tmp_path)
    with pytest.raises(HandcamError, match="landmarks3d has no decoder"):
        train("pairs", "rgb>landmarks3d", "--out", tmp_path)
    with pytest.raises(HandcamError, match="no 'sound' among the modalities"):
        train("pairs", "sound>joints3d", "--out", tmp_path)


def test_a_kind_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HandcamError, match=r"Say what: handcam train weights\|pairs\|"):
        train("--out", "x")
    with pytest.raises(SystemExit):
        train("--help")
    out = capsys.readouterr().out
    assert "\n  pairs       Train any pairs of modalities." in out


def test_settings_of_the_loop_are_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train("pairs", "--help")
    out = capsys.readouterr().out
    assert "--label-share" in out
    assert "--batch" in out
    assert out.count("--nets [") == 1, "what the command asks for itself is asked once"
    assert "--encoders" not in out
