"""``handcam train pairs``: nets are chosen by name, and what is not understood is said in a sentence."""

from pathlib import Path

import pytest

from handcam.cli.train import main
from handcam.types import HandcamError


def test_nets_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    from handcam.lab.train import pairs as training

    seen = []
    monkeypatch.setattr(training, "train", lambda settings: seen.append(settings) or tmp_path / "last.pt")
    main(
        "pairs", out=tmp_path, variant="3", source="rgb", data="crops", steps=30, freeze=("decoders",),
        nets=("rgb=resnet,width=16", "decoder.rgb=conv,width=8,hidden=32", "decoder.joints3d=mlp,depth=2"),
    )  # fmt: skip
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
        main("pairs", ("rgb>joints3d",), out=tmp_path, nets=(nets,))


def test_pairs_or_a_variant(tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match="and not both"):
        main("pairs", out=tmp_path)
    with pytest.raises(HandcamError, match="landmarks3d has no decoder"):
        main("pairs", ("rgb>landmarks3d",), out=tmp_path)
    with pytest.raises(HandcamError, match="no 'sound' among the modalities"):
        main("pairs", ("sound>joints3d",), out=tmp_path)
