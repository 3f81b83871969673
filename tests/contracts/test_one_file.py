"""One new file in a folder is a new source, runtime, stream, export format, modality, net or data set: with no edit
elsewhere it is used from the command line."""

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from media import make_session

from handcam.cli import main
from handcam.model.weights import default_weights
from handcam.plugins import names

Add = Callable[[str, str, str], None]

SOURCE = '''
    """Grey frames."""
    import numpy as np
    from handcam.types import Frame, Intrinsics

    class Grey:
        fps, live = 30.0, False
        def __init__(self, rest, settings):
            self.name, self.left, self.camera = f"grey:{rest}", int(rest), settings.camera(64, 48)
        def read(self):
            self.left -= 1
            return Frame(9 - self.left, 0, self.camera, np.full((48, 64, 3), 90, np.uint8)) if self.left >= 0 else None
        def close(self): ...

    def open(rest, settings):
        return Grey(rest, settings)
'''
RUNTIME = '''
    """The reference under another name."""
    from handcam.runtimes import eager

    PRECISIONS = ("float32",)
    PACKAGE = "torch"

    def open(weights, precision="float32"):
        opened = eager.open(weights)
        opened.name = f"borrowed ({precision})"
        return opened
'''
STREAM = '''
    """Numbers of frames in a file."""
    from pathlib import Path

    class Diary:
        sent = dropped = 0
        failure = None
        def __init__(self, path):
            self.name, self.file = f"diary:{path}", Path(path).open("w")
        def send(self, result):
            self.sent += 1
            self.file.write(f"{result.frame.index}\\\\n")
        def close(self):
            self.file.close()

    def open(rest, settings):
        return Diary(rest)
'''
EXPORT = '''
    """The number of hands in each frame."""
    from handcam.session.export import frame_results

    SUFFIX = ".tally"

    def export(recording, out, settings):
        found = frame_results(recording, settings)
        lines = [f"{entry.index} {len(result.hands) if result else 0}" for entry, result in found]
        out.write_text("\\\\n".join(lines))
'''
MODALITY = '''
    """Brightness differences of the colour crop."""
    from handcam.model.modalities import Modality

    MODALITY = Modality(
        name="edges", plane="color", input_shape=(3, 8, 8), output_shape=(3, 8, 8), encoder="pooled", decoder="pooled",
        prepare=lambda x: x.float().diff(dim=-1, append=x[..., -1:].float()) / 255,
        loss=lambda decoded, target: (decoded - target.float() / 255).square().flatten(1).sum(1),
    )
'''
NET = '''
    """One linear layer."""
    from math import prod
    from torch import nn

    class Encoder(nn.Module):
        def __init__(self, shape, latent):
            super().__init__()
            self.net = nn.Linear(prod(shape), 2 * latent)
        def forward(self, x):
            return self.net(x.flatten(1)).chunk(2, -1)

    def encoder(shape, latent):
        return Encoder(shape, latent)

    def decoder(shape, latent, scale=1):
        return nn.Sequential(nn.Linear(latent, prod(shape)), nn.Unflatten(1, shape))
'''
DATA = '''
    """Noise with sampled hands."""
    import torch
    from handcam.lab.data.sets import poses

    class Noise:
        def batch(self, step, size):
            generator = torch.Generator().manual_seed(step)
            crops = torch.randint(0, 255, (size, 3, 8, 8), generator=generator, dtype=torch.uint8)
            return {"rgb": crops, "target.edges": crops, "joints3d": poses.open().batch(step, size)["joints3d"]}

    def open(rest, seed=0):
        return Noise()
'''


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Put a file into a folder of plug-ins, for the time of a test."""
    written = []

    def write(package: str, name: str, code: str) -> None:
        folder = tmp_path / package
        folder.mkdir()
        (folder / f"{name}.py").write_text(textwrap.dedent(code).replace("\\\\n", "\\n"))
        module = import_module(package)
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
        written.append((module, name))
        assert name in names(package)

    yield write
    for module, name in written:
        sys.modules.pop(f"{module.__name__}.{name}", None)
        vars(module).pop(name, None)


@pytest.mark.usefixtures("loaded")
@pytest.mark.skipif(not default_weights().is_file(), reason="needs the weights of the program")
def test_a_source_a_runtime_and_a_stream(add: Add, tmp_path: Path) -> None:
    add("handcam.sources", "grey", SOURCE)
    add("handcam.runtimes", "borrowed", RUNTIME)
    add("handcam.streams", "diary", STREAM)
    report, diary = tmp_path / "report.json", tmp_path / "diary.txt"
    parts = f"--source grey:4 --runtime borrowed:float32 --stream diary:{diary} --detector full_frame"
    assert main([*parts.split(), "--headless", "--no-realtime", "--report", str(report)]) == 0
    told = json.loads(report.read_text())
    assert (told["source"], told["runtime"]) == ("grey:4", "borrowed (float32)")
    assert told["frames"] == {"captured": 4, "processed": 4, "dropped": 0}
    assert diary.read_text().split() == ["6", "7", "8", "9"]


def test_an_export_format(add: Add, tmp_path: Path) -> None:
    add("handcam.session.export", "tally", EXPORT)
    session = make_session(tmp_path / "session")
    assert main(["convert", str(session), "--to", "tally"]) == 0
    lines = session.with_name("session.tally").read_text().splitlines()
    assert len(lines) > 1
    assert all(line.split()[1].isdecimal() for line in lines)


def test_a_modality_a_net_and_a_data_set(add: Add, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add("handcam.model.modalities", "edges", MODALITY)
    add("handcam.model.nets", "pooled", NET)
    add("handcam.lab.data.sets", "noise", DATA)
    out = tmp_path / "out"
    options = "--data noise --steps 3 --batch 4 --latent 6 --accelerator cpu --nets decoder.edges=pooled,scale=2"
    assert main(["train", "pairs", "edges>joints3d", "joints3d>edges", "--out", str(out), *options.split()]) == 0
    assert capsys.readouterr().out.splitlines() == [str(out / "last.pt")]
    import torch

    saved = torch.load(out / "last.pt", weights_only=True)
    text = str(saved.keys()) + str([*saved.get("model", saved)])
    assert "encoders.edges.net.weight" in text
    assert "decoders.edges.0.weight" in text
