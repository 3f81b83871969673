"""Make the weights that ship, from nothing but this program and the mediapipe package.

1. Render hands, and keep the landmark network's features of each, in colour and in a depth camera's view
   (``features``).
2. Train the encoders of keypoints and joints and the decoders on poses sampled on the fly (``poses``).
3. Train all encoders of pictures on the features of rendered ones, and the colour encoder on real pictures without
   labels (``color``, ``depth``). The decoders stay as they are: trained on blurred and hidden hands as well, they
   forget how sharp a pose can be.
4. Fit smaller encoders to those that every colour frame goes through, calibrate sigma on further rendered hands in
   everyday poses, and write weights, side file and exported graphs.
5. Train the decoders of pictures and depth maps on canonical renders (``rendered_targets``) while all else stands
   still, and the joint net of depth crops (``depth_joints``); both are parts of the weights in files of their own. The
   atlas of known hands is made last.

Every step continues where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from handcam.lab.data.sets import features, poses, rendered_targets, unlabelled
from handcam.lab.data.tables import InMemoryDataset
from handcam.lab.evaluate.metrics import HAND_MM, procrustes_errors
from handcam.lab.release.calibrate import calibrate, calibrated_coverage, spread_and_error
from handcam.lab.release.check_crops import detected_crops
from handcam.lab.release.embedding import make_reference_set
from handcam.lab.release.export import release_graphs
from handcam.lab.train import depth_joints
from handcam.lab.train import pictures as decoders
from handcam.lab.train.depth_joints import DepthSettings
from handcam.lab.train.distil import DistilSettings, distil
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.mediapipe_weights import read_landmark_network
from handcam.lab.train.pairs import TrainSettings, copy_equal, train
from handcam.model.features import concatenate
from handcam.model.vae import CrossModalVAE, fuse, save_weights
from handcam.model.weights import WeightsCard
from handcam.plugins import load as load_plugin
from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings
from handcam.validation import Count, InputFolder, OutputFolder, Seed, Steps

__all__ = ["Recipe", "build", "finish"]

LATENT = 30
ENCODERS = {
    "rgb": "hand_landmark", "keypoints2d": "mlp", "landmarks3d": "mlp", "depth": "shaded_depth", "joints3d": "mlp",
}  # fmt: skip
DECODERS = {"joints3d": "mlp", "keypoints2d": "mlp"}
NETS = {
    **{f"encoder.{name}": {"hidden": 1024, "depth": 3} for name in ("keypoints2d", "landmarks3d", "joints3d")},
    **{f"decoder.{name}": {"hidden": 512, "depth": 3} for name in DECODERS},
    "encoder.rgb": {"hidden": 512, "depth": 2},
    "encoder.depth": {"hidden": 512, "depth": 2},
}
SMALL = NETS | {
    "encoder.keypoints2d": {"hidden": 512, "depth": 3},
    "encoder.landmarks3d": {"hidden": 192, "depth": 3},
    "encoder.rgb": {"hidden": 256, "depth": 2},
}
"""Nets that ship: the encoders of every colour frame are fitted to large ones (``distil``)."""
FUSION = {"rgb": 0.4, "keypoints2d": 0.7, "landmarks3d": 0.1, "depth": 0.5}
"""Weights of the experts: all read the same features of a hand, so their evidence overlaps."""
EVERYDAY = PoseSettings(width=1.0, jitter_deg=6.0, bones=0.06, off_axis=0.2)
"""Poses on which sigma is calibrated: less extreme than those of the training, whose errors are larger than life."""
LIFTED = 60_000
"""Sampled poses on which the small encoder of keypoints imitates the large one, beside rendered hands."""
RANGED = 150
"""Real crops from which the 8-bit graph reads its ranges."""
DATA = [  # for the weights that ship
    "poses and pictures rendered by handcam (MIT) from the hand rig of the WebXR input profiles (MIT)",
    "backgrounds: procedural, and photographs from repositories under Apache-2.0 and MIT",
    "6,565 real pictures of hands without labels: kaust-dsa299-rps (CDLA-Sharing-1.0)",
    "... Hand-Gesture-YOLOv8 and hands-dguzk (CC BY 4.0)",
    "... Sign-Language-Digits-Dataset and SubhiH's HandsDataset (Apache-2.0)",
    "landmark network: hand_landmark_full of mediapipe 0.10.21, unchanged (Apache-2.0; its authors' own data)",
]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes of the steps; the defaults are those of the weights that ship."""

    out: OutputFolder
    """Folder of everything."""
    backgrounds: InputFolder | None = None
    """Folder of photographs without hands, or None for procedural ones only."""
    real: InputFolder | None = None
    """Folder of real pictures of hands, without labels, or None for rendered ones only."""
    pictures: Count = 25_000
    """Rendered hands."""
    poses_steps: Steps = 8000
    """Rounds of step 2."""
    color_steps: Steps = 800
    """Rounds of step 3 for the colour encoders; more of them fit the rendered pictures better and real ones worse."""
    depth_steps: Steps = 3200
    """Rounds of step 3 for the depth encoder."""
    held_out: Count = 4000
    """Further rendered hands, on which sigma is calibrated and the metrics are measured."""
    distil_steps: Steps = 14_000
    """Batches of step 4 for each encoder."""
    targets: Count = 10_000
    """Canonical renders for step 5."""
    decoder_steps: Steps = 2200
    """Rounds of step 5 for the decoders."""
    joint_steps: Steps = 20_000
    """Batches of step 5 for the joint net of depth crops."""
    joint_crops: Count = 2048
    """Depth crops in each of its 31 files, a multiple of 64."""
    seed: Seed = 0
    """Of everything."""


def build(recipe: Recipe, say: Callable[[str], None] = print) -> Path:
    """Run all steps; returns the weights file, ``out/weights/handcam.safetensors``."""
    out, rendered = recipe.out, f"features:{recipe.out / 'features'}"
    # rendered smaller than the network's input: hands in webcam pictures are
    pictures = PictureSettings(size=144, backgrounds=recipe.backgrounds, poses=PoseSettings(bones=0.06, off_axis=0.2))
    usual = replace(pictures, poses=EVERYDAY)
    for done in features.make(out / "features", recipe.pictures, read_landmark_network(), pictures, recipe.seed):
        say(f"rendered {done} of {recipe.pictures} hands")
    for done in features.make(out / "held_out", recipe.held_out, read_landmark_network(), usual, recipe.seed + 1):
        say(f"rendered {done} of {recipe.held_out} hands to measure on")
    plain = TrainSettings(
        out=out / "poses", nets=NETS, encoders={k: v for k, v in ENCODERS.items() if v == "mlp"}, decoders=DECODERS,
        pairs=("keypoints2d>joints3d", "landmarks3d>joints3d", "joints3d>joints3d", "joints3d>keypoints2d"),
        steps=recipe.poses_steps, warmup=200, precision="bf16-mixed", seed=recipe.seed,
    )  # fmt: skip
    start = _weights_of(train(plain), out / "poses.safetensors")
    color = replace(
        plain, out=out / "color", encoders=ENCODERS, start=start, rate=6e-4, steps=recipe.color_steps, warmup=100,
        ema=0.998, freeze=("encoders.rgb.backbone", "encoders.joints3d", "decoders"),
        pairs=("keypoints2d>joints3d", *(f"{name}>joints3d@{rendered}" for name in FUSION if name != "depth")),
    )  # fmt: skip
    if recipe.real is not None:  # section 4.6: pictures without labels hold the colour encoder to what it sees
        detector = load_plugin("handcam.detectors", "mediapipe").open(max_hands=1)
        for done in unlabelled.make(recipe.real, out / "real", read_landmark_network(), detector):
            if done % 100 == 0:
                say(f"read {done} real pictures")
        color = replace(color, pairs=(*color.pairs, f"rgb>keypoints2d@unlabelled:{out / 'real'}"))
    depth = replace(color, out=out / "depth", steps=recipe.depth_steps, pairs=(f"depth>joints3d@{rendered}",))
    average, in_depth = averaged_weights(train(color)), averaged_weights(train(depth))
    average |= {name: value for name, value in in_depth.items() if name.startswith("encoders.depth.")}
    weights = finish(_smaller(average, recipe), out / "held_out", out / "weights", recipe.real)
    for done in rendered_targets.make(
        out / "rendered_targets", recipe.targets, decoders.decoded_by(weights), recipe.seed
    ):
        say(f"rendered {done} of {recipe.targets} hands to decode")
    decoding = decoders.settings(weights, out / "rendered_targets", out / "pictures", recipe.decoder_steps, recipe.seed)
    decoders.add(weights, averaged_weights(train(decoding)), _held_out(out / "rendered_targets"))
    joint_net = DepthSettings(
        out=out / "depth_joints", steps=recipe.joint_steps, crops=recipe.joint_crops, seed=recipe.seed
    )
    depth_joints.build(joint_net, weights)
    make_reference_set(weights, str(out / "held_out"))
    return weights


def _smaller(average: dict[str, torch.Tensor], recipe: Recipe) -> CrossModalVAE:
    """The model that ships, from the averaged weights of step 3."""
    torch.manual_seed(recipe.seed)
    small = CrossModalVAE(ENCODERS, DECODERS, LATENT, SMALL)
    large = CrossModalVAE(ENCODERS, DECODERS, LATENT, NETS)
    large.load_state_dict(average)
    copy_equal(average, small)
    parts = [features.open(str(recipe.out / "features"))]
    if recipe.real is not None:
        parts += [unlabelled.open(str(recipe.out / "real"))]
    shown = [part.take(np.arange(len(part))) for part in parts]
    inputs = {name: concatenate([part[name] for part in shown]) for name in ("rgb", "keypoints2d", "landmarks3d")}
    sampled = poses.open(seed=recipe.seed + 1).batch(0, LIFTED)["keypoints2d"]
    inputs["keypoints2d"] = torch.cat([inputs["keypoints2d"], sampled])
    distil(large, small, inputs, DistilSettings(out=recipe.out / "distil", steps=recipe.distil_steps, seed=recipe.seed))
    return small


def finish(model: CrossModalVAE, held_out: Path, out: Path, real: Path | None = None) -> Path:
    """Calibrate, measure and write.

    Args:
        model: what ships; the landmark network in it is replaced by the published one.
        held_out: folder of rendered hands that were not trained on.
        out: where the weights go.
        real: folder of real pictures of hands, from which the 8-bit graph reads its ranges; None for rendered ones.
    """
    model.backbone.load_state_dict(read_landmark_network().state_dict())
    model.eval()
    calibration, metrics = _measure(model, features.open(str(held_out)))
    card = WeightsCard(
        name="handcam", encoders=ENCODERS, decoders=DECODERS, latent=LATENT, crop_px=224, joint_order="common21",
        drive="fused", sha256="", nets=SMALL, fusion=FUSION, calibration=calibration, data=DATA, metrics=metrics,
        licence="MIT; the landmark network inside is Apache-2.0 (NOTICE)",
        rebuild="handcam train weights --out runs/weights --backgrounds FOLDER --real FOLDER",
    )  # fmt: skip
    path = save_weights(model, card, out)
    release_graphs(path, None if real is None else detected_crops(real, RANGED, card.crop_px))
    return path


def _weights_of(checkpoint: Path, path: Path) -> Path:
    save_file({k: v.contiguous() for k, v in averaged_weights(checkpoint).items()}, path)
    return path


def _held_out(targets: Path) -> InMemoryDataset:
    """Canonical renders on which no decoder was trained."""
    held_out = rendered_targets.open(str(targets), split="test")
    assert isinstance(held_out, InMemoryDataset)
    return held_out


@torch.inference_mode()
def _measure(
    model: CrossModalVAE, held_out: InMemoryDataset
) -> tuple[dict[str, dict[str, float]], dict[str, float | dict | None]]:
    """Calibration and error of every drive on rendered hands that were held out; calibrated on one half."""
    batch = held_out.take(np.arange(len(held_out)))
    truth = batch["joints3d"]
    single = {name: model.encode(name, batch[name]) for name in model.encoders}
    color = [name for name in FUSION if name != "depth"]
    drives = {
        **single,
        "fused": fuse([single[n] for n in color], [FUSION[n] for n in color]),
        "fused+depth": fuse([single[n] for n in FUSION], list(FUSION.values())),
    }
    calibration, metrics = {}, {}
    half = len(truth) // 2
    for drive, (mean, log_var) in drives.items():
        spread, error = spread_and_error(model, mean, log_var, truth)
        calibration[drive] = calibrate(spread[:half], error[:half])
        metrics[drive] = {
            "epe_mean_mm": round(float(np.linalg.norm(error, axis=-1).mean()) * HAND_MM, 2),
            "pa_mean_mm": round(float(procrustes_errors(truth.numpy() + error, truth.numpy()).mean()) * HAND_MM, 2),
            "coverage_90": round(calibrated_coverage(spread[half:], error[half:], calibration[drive]), 3),
        }
    metrics["command"] = "handcam train weights (rendered hands of its folder held_out)"  # type: ignore[assignment]
    return calibration, metrics
