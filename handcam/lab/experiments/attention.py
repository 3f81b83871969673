"""Spatial attention for depth: the baselines of Liu, Huang and Ye (2D spatial information, 2019, section 4.1), and the
hand location of their section 3.1.

Nets of equal size read the joints' distances from raw features, from heat maps, or from features masked by the heat
maps, with one task or two. They are trained on the same rendered hands, in turn with every seed, and measured on hands
that were not trained on: in the camera frame, and as NYU compares (14 points, before a Kinect). Location is measured
with the joint net that ships, from the centre of mass of the readings, as it is and moved to what the net found.
"""

import dataclasses
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from handcam.crop import cube_box, cut
from handcam.lab.data.sets import label_box
from handcam.lab.data.sets.depth_only import DepthExamples, DepthOnly, make
from handcam.lab.data.sets.depth_only import open as open_crops
from handcam.lab.data.sets.rgbd import open as open_rgbd
from handcam.lab.evaluate.nyu import points
from handcam.lab.experiments import Setup
from handcam.lab.train.depth_joints import DepthObjective, camera_joints, tensors
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.nets.hourglass import HourglassEncoder, Reading
from handcam.model.weights import default_weights
from handcam.runtimes import Runtime, open_named
from handcam.synth.sensor import STRUCTURED
from handcam.tracking.depth_volume import joints_in_cube
from handcam.types import Frame, HandBox, Side

__all__ = ["TITLE", "measure"]

TITLE = "Spatial attention for depth"
NETS: dict[str, tuple[Reading, bool]] = {
    "one_task": ("one_task", False), "features": ("features", False), "heatmaps": ("heatmaps", False),
    "attention": ("attention", False), "features_votes": ("features", True), "attention_votes": ("attention", True),
}  # fmt: skip
"""What distances are read from, and whether cells vote for joints too, which the paper has not; the last one ships."""
KINECT = dataclasses.replace(
    STRUCTURED, unit_m=0.001, focal_px=588.0, baseline_m=0.075, step_px=1 / 8, noise_px=0.03, far_m=4.0
)
"""The camera of NYU's frames."""
BATCH, WIDTH, REACH_M, ROUGH_M = 32, 24, 0.125, 0.03
"""Hands of a step; channels of the nets; half the cube of a rough hand region, and the deviation of its centre."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Errors in mm, mean over the seeds and, of the seeds, the deviation; ``z``: along the axis alone."""
    hands, steps, seeds = (256, 30, 1) if quick else (6144, setup.steps or 1000, setup.repeats or 2)
    crops, held_out = _hands(setup, "train", hands, 81), _hands(setup, "test", 128 if quick else 1024, 82)
    rng = np.random.default_rng((setup.seed, 83))
    seen = crops.examples(rng, np.arange(hands))
    test = {"": _examples(held_out, None), "_nyu14": _examples(held_out, KINECT)}
    figures: dict[str, float] = {"hands": float(hands), "steps": float(steps), "seeds": float(seeds)}
    found: dict[str, list[float]] = {}
    for seed in range(setup.seed, setup.seed + seeds):
        for name, (reading, votes) in NETS.items():
            net = _train(setup, seen, steps, seed, reading, votes)
            for ending, examples in test.items():
                for key, value in _errors(net, examples, ending == "_nyu14").items():
                    found.setdefault(f"{name}{ending}{key}", []).append(value)
    for key, values in found.items():
        figures |= {key: float(np.mean(values))} | ({f"{key}_sd": float(np.std(values, ddof=1))} if seeds > 1 else {})
    return figures | _location(12 if quick else 120)


def _hands(setup: Setup, split: str, n: int, seed: int) -> DepthOnly:
    folder = setup.out / "attention" / f"{split}-{n}"
    for _ in make(folder, 1, seed, size=n):  # one file is all trained or measured on
        pass
    return open_crops(str(folder))


def _examples(crops: DepthOnly, sensor) -> DepthExamples:
    return crops.examples(np.random.default_rng(84), np.arange(len(crops)), sensor=sensor)


def _train(setup: Setup, seen: DepthExamples, steps: int, seed: int, reading: Reading, votes: bool) -> HourglassEncoder:
    """Train one net, or go on, or read what was trained before."""
    out = setup.out / "attention" / f"{reading}{'-votes' * votes}-{len(seen.depth_m)}-{steps}-{seed}"
    out.mkdir(parents=True, exist_ok=True)
    settings = LoopSettings(
        out=out, steps=steps, batch=BATCH, rate=1.5e-3, warmup=max(1, steps // 20), weight_decay=0.02, clip=1.0,
        ema=0.99, seed=seed, accelerator=setup.accelerator, save_every=200,
    )  # fmt: skip
    fabric = start_fabric(settings)
    net = HourglassEncoder(2, 1, WIDTH, 1, 8, 1, reading, votes)

    def draw(step: int) -> list[Task]:
        rng = np.random.default_rng((seed, step, 85))
        chosen = rng.integers(0, len(seen.depth_m), BATCH)
        part = DepthExamples(*(getattr(seen, field.name)[chosen] for field in dataclasses.fields(seen)))
        return [Task("depth", (*tensors(part), torch.ones(BATCH, dtype=torch.int64)))]

    checkpoint: Path = run(fabric, settings, DepthObjective(net), net, draw, progress=setup.progress)
    net = HourglassEncoder(2, 1, WIDTH, 1, 8, 1, reading, votes)
    net.load_state_dict({key: value.cpu() for key, value in averaged_weights(checkpoint).items()})
    return net.eval()


@torch.inference_mode()
def _errors(net: HourglassEncoder, examples: DepthExamples, nyu: bool) -> dict[str, float]:
    x, _ = tensors(examples)
    uvd = torch.cat([net.landmarks(part).uvd for part in x.split(64)])
    centre, half_tan = torch.from_numpy(examples.centre_m), torch.from_numpy(examples.half_tan)
    joints, true = camera_joints(uvd, centre, half_tan).numpy(), examples.joints_m
    if nyu:
        off = np.stack([points(a.astype(float)) - points(b.astype(float)) for a, b in zip(joints, true, strict=True)])
        return {"_mm": 1e3 * float(np.linalg.norm(off, axis=-1).mean())}
    off = 1e3 * (joints - true)
    return {
        "_mm": float(np.linalg.norm(off, axis=-1).mean()), "_z_mm": float(np.abs(off[..., 2]).mean()),
        "_uv_mm": float(np.linalg.norm(off[..., :2], axis=-1).mean()),
    }  # fmt: skip


def _location(pictures: int) -> dict[str, float]:
    """Errors of the cube's centre and of the joints, mm, with the centre of mass and with one step of location."""
    runtime = open_named("onnxruntime:float32", default_weights())
    rng, samples, found = np.random.default_rng(86), open_rgbd(count=pictures), dict[str, list[float]]()
    for sample in (samples[i] for i in range(pictures)):
        true, frame, labelled = sample.joints_m, sample.frame, label_box(sample)
        assert true is not None
        assert labelled is not None
        centre = _centre_of_mass(frame, true.mean(0) + ROUGH_M * rng.standard_normal(3))
        if centre is None:
            continue
        for name in ("mass", "located"):
            box = cube_box(centre, sample.side or Side.RIGHT, labelled.angle_rad, frame.intrinsics)
            joints = _joints_at(runtime, frame, box, float(np.linalg.norm(centre)))
            found.setdefault(f"{name}_centre_mm", []).append(1e3 * float(np.linalg.norm(centre - true.mean(0))))
            found.setdefault(f"{name}_joints_mm", []).append(1e3 * float(np.linalg.norm(joints - true, axis=1).mean()))
            centre = joints.mean(0)
    runtime.close()
    medians = {f"location_{name}_median": float(np.median(values)) for name, values in found.items()}
    return {f"location_{name}": float(np.mean(values)) for name, values in found.items()} | medians


def _centre_of_mass(frame: Frame, rough_m: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"] | None:
    """Mean of the readings in a cube; None with fewer than a hundred."""
    assert frame.depth is not None
    z = frame.depth * frame.depth_unit_m
    v, u = np.nonzero(np.abs(z - rough_m[2]) < REACH_M)
    k, z = frame.intrinsics, z[v, u]
    there = np.stack([(u - k.cx) / k.fx * z, (v - k.cy) / k.fy * z, z], 1)
    there = there[(np.abs(there - rough_m) < REACH_M).all(1)]
    return there.mean(0) if len(there) >= 100 else None


def _joints_at(runtime: Runtime, frame: Frame, box: HandBox, distance_m: float) -> Float[np.ndarray, "21 3"]:
    """What the joint net reads from the cube in the middle of a box, camera frame."""
    crop = cut(frame, box, runtime.card.crop_px)
    assert crop.depth_m is not None
    read = joints_in_cube(runtime, crop.depth_m, crop.intrinsics, np.array([0.0, 0.0, distance_m]))
    assert read is not None
    return read.joints_m @ crop.crop_from_camera
