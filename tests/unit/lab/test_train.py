"""Algorithm 1: it learns, it resumes exactly, and two processes do what one does."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handcam.lab.train.pairs import TrainSettings, train
from handcam.types import HandcamError

NETS = {
    f"{kind}.{name}": {"hidden": 32, "depth": 1}
    for kind in ("encoder", "decoder")
    for name in ("keypoints2d", "joints3d", "landmarks3d")
}


def quick(out: Path, **changes) -> TrainSettings:
    settings = TrainSettings(
        out=out, nets=NETS, latent=8, steps=12, batch=32, warmup=3, save_every=4, accelerator="cpu",
        decoders={"joints3d": "mlp"},
    )  # fmt: skip
    return replace(settings, **changes)


def averages(checkpoint: Path) -> dict[str, torch.Tensor]:
    return torch.load(checkpoint, weights_only=True)["average"]


def test_it_learns(tmp_path):
    def error(steps: int) -> float:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        out = tmp_path / str(steps)
        train(quick(out, steps=steps, pairs=("joints3d>joints3d",), batch=64), progress=False)
        curves = EventAccumulator(str(out / "curves")).Reload()
        return curves.Scalars("nll/joints3d>joints3d")[-1].value

    assert error(101) < 0.7 * error(1)


def test_a_stopped_training_goes_on_exactly(tmp_path):
    whole = averages(train(quick(tmp_path / "whole"), progress=False))
    # stopped after 4 of the same 12 rounds: the schedule knows the length from the start
    half = quick(tmp_path / "half")
    interrupted = RuntimeError("stopped")

    from handcam.lab.train import loop as module

    real = module.save_checkpoint

    def save_and_stop(settings, model, average, optimiser, step):
        real(settings, model, average, optimiser, step)
        if step == 4:
            raise interrupted

    module.save_checkpoint = save_and_stop
    try:
        with pytest.raises(RuntimeError, match="stopped"):
            train(half, progress=False)
    finally:
        module.save_checkpoint = real
    resumed = averages(train(half, progress=False))
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_other_settings_are_refused(tmp_path):
    train(quick(tmp_path, steps=4), progress=False)
    with pytest.raises(HandcamError, match="other settings"):
        train(quick(tmp_path, steps=4, seed=1), progress=False)


def test_a_malformed_pair_is_named(tmp_path):
    with pytest.raises(HandcamError, match="source>target"):
        train(quick(tmp_path, pairs=("joints3d",)), progress=False)


@pytest.mark.slow
def test_two_processes_do_what_one_does(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_train import quick\nfrom handcam.lab.train.pairs import train\n"
        "if __name__ == '__main__':\n"
        "    train(quick(Path(sys.argv[1]), devices=int(sys.argv[2])), progress=False)\n"
    )
    for count in (1, 2):
        subprocess.run([sys.executable, script, tmp_path / str(count), str(count)], check=True, timeout=100)
    torchrun = [Path(sys.executable).with_name("torchrun"), "--nproc-per-node", "2"]
    subprocess.run([*torchrun, script, tmp_path / "torchrun", "1"], check=True, timeout=100)
    one, *others = (averages(tmp_path / name / "last.pt") for name in ("1", "2", "torchrun"))
    for name, value in one.items():
        for other in others:
            assert torch.allclose(value, other[name], atol=1e-5), name
