"""Make the weights that ship, from nothing but this program and the landmark network of MediaPipe.

1. Render crops of hands in a world (``crops``), and label real ones by looks of the weights that ship that agree
   (``real``).
2. Train the latent space of joints on poses sampled on the fly (``latent``), and the encoders of keypoints and
   landmarks on the same (``poses``).
3. Train the later modules of the landmark network, its heads, all colour encoders and the decoders together on the
   crops and on sampled poses (``trunk``), from cached first modules (``stems``), or from pictures on a card.
4. Train the encoder of depth on rendered hands (``features``, ``depth``) while the rest stands still.
5. Calibrate sigma on further rendered hands in everyday poses, and write weights, side file and exported graphs.
6. Train the decoders of pictures and depth maps on canonical renders (``rendered_targets``) while all else stands
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

from handcam.detectors import palm
from handcam.lab.data import agreed, stems
from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.data.rendered import find_packs
from handcam.lab.data.sets import features, open_dataset, rendered_targets
from handcam.lab.data.tables import InMemoryDataset
from handcam.lab.evaluate.metrics import HAND_MM, procrustes_errors
from handcam.lab.release.calibrate import calibrate, calibrated_coverage, keypoint_sigma, spread_and_error
from handcam.lab.release.check_crops import detected_crops
from handcam.lab.release.embedding import make_reference_set
from handcam.lab.release.export import release_graphs
from handcam.lab.release.pruning import restore_channels
from handcam.lab.train import depth_joints, trunk
from handcam.lab.train import pictures as decoders
from handcam.lab.train.depth_joints import DepthSettings
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import TrainSettings, copy_equal, train
from handcam.lab.train.trunk import SEEN_SIGMA, TrunkSettings
from handcam.model.features import Features
from handcam.model.modalities.joints3d import SIGMA
from handcam.model.vae import CrossModalVAE, fuse, save_weights
from handcam.model.weights import WeightsCard, default_weights
from handcam.runtimes import fastest
from handcam.synth.poses import PoseSettings
from handcam.synth.scenes import PictureSettings
from handcam.synth.shards import SHARD, ShardJob, prepare_folder, shard_path, write_shard
from handcam.synth.world import WorldSettings
from handcam.validation import Count, InputFolder, OutputFolder, Seed, Steps

__all__ = ["Recipe", "build", "finish"]

LATENT = 30
ENCODERS = {
    "rgb": "hand_landmark", "keypoints2d": "mlp", "landmarks3d": "mlp", "depth": "shaded_depth", "joints3d": "mlp",
}  # fmt: skip
DECODERS = {"joints3d": "mlp", "keypoints2d": "mlp"}
JOINTS = {"encoder.joints3d": {"hidden": 1024, "depth": 3}, "decoder.joints3d": {"hidden": 768, "depth": 3}}
"""Nets of the latent space of joints."""
NETS = JOINTS | {
    "encoder.keypoints2d": {"hidden": 512, "depth": 3, "bones": 1},
    "encoder.landmarks3d": {"hidden": 256, "depth": 3, "bones": 1},
    "encoder.rgb": {"hidden": 256, "depth": 2, "confidence": 1, "bones": 1},
    "encoder.depth": {"hidden": 512, "depth": 2},
    "decoder.keypoints2d": {"hidden": 512, "depth": 3},
}
SEEN_KL = (SEEN_SIGMA / SIGMA) ** 2
"""Weight of the KL term for sources that are seen, not known: as if their joints' likelihood were that much wider."""
FUSION = {"rgb": 0.4, "keypoints2d": 0.7, "landmarks3d": 0.1, "depth": 0.5}
"""Weights of the experts: all read the same features of a hand, so their evidence overlaps."""
EVERYDAY = PoseSettings(width=1.0, jitter_deg=6.0, bones=0.06, off_axis=0.2)
"""Poses on which sigma is calibrated: less extreme than those of the training, whose errors are larger than life."""
RANGED = 150
"""Real crops from which the 8-bit graph reads its ranges."""
DATA = [
    "poses and pictures rendered by handcam (MIT) from the hand rig of the WebXR input profiles (MIT)",
    "photographs and textured objects in the pictures: CC0, CC BY 4.0, MIT and BSD-3-Clause (NOTICE), or procedural",
    "landmark network: hand_landmark_full of mediapipe 0.10.21 (Apache-2.0; its authors' own data), trained further",
]
REAL = [
    "real pictures of hands without labels: kaust-dsa299-rps (CDLA-Sharing-1.0)",
    "... Hand-Gesture-YOLOv8, hands-dguzk, CORe50, hand-aobxu and others of NOTICE (CC BY 4.0)",
    "... Sign-Language-Digits-Dataset, SubhiH's HandsDataset (Apache-2.0); GroceryStoreDataset and others (MIT)",
]
"""The collections that were given as ``real`` for the weights that ship."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes of the steps; the defaults are those of the weights that ship."""

    out: OutputFolder
    """Folder of everything."""
    scenes: InputFolder | None = None
    """Folder of photographs and objects (``handcam synthesize --scenes``), or None for procedural ones only."""
    backgrounds: InputFolder | None = None
    """Folder of photographs without hands, behind the hands of steps 4 and 5, or None for procedural ones only."""
    real: InputFolder | None = None
    """Folder of real pictures of hands, without labels, or None for rendered ones only."""
    crops: str | None = None
    """Folder of crops that are rendered already, several with commas between; by default they are rendered."""
    validation: tuple[str, ...] = ()
    """Labelled data sets, as ``handcam evaluate`` takes them, to measure on at every checkpoint; never trained on."""
    pictures: Count = 300_000
    """Rendered crops for step 3."""
    featured: Count = 25_000
    """Rendered hands for step 4."""
    latent_steps: Steps = 25_000
    """Rounds of step 2 for the latent space."""
    poses_steps: Steps = 8000
    """Rounds of step 2 for the encoders."""
    color_steps: Steps = 50_000
    """Rounds of step 3: about 20 hours of one core."""
    color_batch: Count = 64
    """Rendered crops of a round; a card wants many more."""
    depth_steps: Steps = 3200
    """Rounds of step 4."""
    held_out: Count = 4000
    """Further rendered hands, on which sigma is calibrated and the metrics are measured."""
    targets: Count = 10_000
    """Canonical renders for step 6."""
    decoder_steps: Steps = 2200
    """Rounds of step 6 for the decoders."""
    joint_steps: Steps = 20_000
    """Batches of step 6 for the joint net of depth crops."""
    joint_crops: Count = 2048
    """Depth crops in each of its 31 files, a multiple of 64."""
    seed: Seed = 0
    """Of everything."""


def build(recipe: Recipe, say: Callable[[str], None] = print) -> Path:
    """Run all steps; returns the weights file, ``out/weights/handcam.safetensors``."""
    out = recipe.out
    model = trained_through_trunk(recipe, say)
    # rendered smaller than the network's input: hands in webcam pictures are
    pictures = PictureSettings(size=144, backgrounds=recipe.backgrounds, poses=PoseSettings(bones=0.06, off_axis=0.2))
    usual = replace(pictures, poses=EVERYDAY)
    for done in features.make(out / "features", recipe.featured, model.backbone, pictures, recipe.seed):
        say(f"rendered {done} of {recipe.featured} hands with depth")
    for done in features.make(out / "held_out", recipe.held_out, model.backbone, usual, recipe.seed + 1):
        say(f"rendered {done} of {recipe.held_out} hands to measure on")
    depth = TrainSettings(
        out=out / "depth", nets=NETS, encoders=ENCODERS, decoders=DECODERS, start=out / "trunk.safetensors",
        pairs=(f"depth>joints3d@features:{out / 'features'}",), steps=recipe.depth_steps, warmup=100, rate=6e-4,
        ema=0.998, kl_weight=SEEN_KL, clip=1e5, precision="bf16-mixed", seed=recipe.seed,
        freeze=("encoders.rgb", "encoders.keypoints2d", "encoders.landmarks3d", "encoders.joints3d", "decoders"),
    )  # fmt: skip
    model.load_state_dict(averaged_weights(train(depth)))
    weights = finish(model, out / "held_out", out / "weights", recipe.real)
    decoded = decoders.decoded_by(weights)
    for done in rendered_targets.make(out / "rendered_targets", recipe.targets, decoded, recipe.seed):
        say(f"rendered {done} of {recipe.targets} hands to decode")
    decoding = decoders.settings(weights, out / "rendered_targets", out / "pictures", recipe.decoder_steps, recipe.seed)
    decoders.add(weights, averaged_weights(train(decoding)), _held_out(out / "rendered_targets"))
    joint_net = DepthSettings(
        out=out / "depth_joints", steps=recipe.joint_steps, crops=recipe.joint_crops, seed=recipe.seed
    )
    depth_joints.build(joint_net, weights)
    make_reference_set(weights, str(out / "held_out"))
    return weights


def trained_through_trunk(recipe: Recipe, say: Callable[[str], None] = print) -> CrossModalVAE:
    """Run steps 1 to 3; returns the model with an encoder of depth that is not trained yet."""
    out = recipe.out
    crops = recipe.crops or str(_rendered_crops(recipe, say))
    real = None if recipe.real is None else str(_agreed_crops(recipe, say))
    whole = _lifted(recipe)
    card = torch.cuda.is_available()
    if not card:
        crops = _cached(crops, whole, out, say)
        real = None if real is None else _cached(real, whole, out, say)
    settings = TrunkSettings(
        out=out / "trunk", crops=crops, real=real, cached=not card, steps=recipe.color_steps, warmup=200,
        batch=recipe.color_batch, real_batch=recipe.color_batch // 2, seed=recipe.seed,
        precision="bf16-mixed" if card else "32-true",
    )  # fmt: skip
    validation = {name: stems.of_dataset(open_dataset(name), whole.backbone) for name in recipe.validation}
    model = restore_channels(trunk.train(settings, whole, FUSION, validation), whole)
    _save(model.state_dict(), out / "trunk.safetensors")
    return model


def _rendered_crops(recipe: Recipe, say: Callable[[str], None]) -> Path:
    """Step 1, rendered crops; ``handcam synthesize`` makes the same in several processes."""
    folder, size = recipe.out / "crops", min(SHARD, recipe.pictures)
    job = ShardJob("crop", WorldSettings(scenes=recipe.scenes and recipe.scenes.resolve()), recipe.seed, "none", 92)
    prepare_folder(folder, job)
    for number in range(-(-recipe.pictures // SHARD)):
        if not shard_path(folder, number).is_file():
            write_shard(folder, number, size, job)
        say(f"rendered {(number + 1) * size} of {recipe.pictures} crops")
    return folder


def _agreed_crops(recipe: Recipe, say: Callable[[str], None]) -> Path:
    """Step 1, real crops."""
    assert recipe.real is not None
    for done in agreed.make(recipe.real, recipe.out / "real", palm.open(), fastest(default_weights()), recipe.seed):
        say(f"looked at {done} real pictures")
    return recipe.out / "real"


def _lifted(recipe: Recipe) -> CrossModalVAE:
    """Step 2: the model to begin step 3 with."""
    latent = TrainSettings(
        out=recipe.out / "latent", nets=JOINTS, encoders={"joints3d": "mlp"}, decoders={"joints3d": "mlp"},
        pairs=("joints3d>joints3d",), steps=recipe.latent_steps, warmup=200, precision="bf16-mixed", seed=recipe.seed,
        save_every=500,
    )  # fmt: skip
    start = _save(averaged_weights(train(latent)), recipe.out / "latent.safetensors")
    numbers = {name: net for name, net in ENCODERS.items() if net == "mlp"}
    poses = replace(
        latent, out=recipe.out / "poses", nets=NETS, encoders=numbers, decoders=DECODERS, start=start,
        freeze=("encoders.joints3d", "decoders.joints3d"), kl_weight=SEEN_KL, clip=1e5, steps=recipe.poses_steps,
        pairs=("keypoints2d>joints3d", "landmarks3d>joints3d", "joints3d>keypoints2d"),
    )  # fmt: skip
    lifted = averaged_weights(train(poses))
    torch.manual_seed(recipe.seed)
    whole = CrossModalVAE(ENCODERS, DECODERS, LATENT, NETS)
    copy_equal(lifted, whole)
    copy_equal(read_landmark_network().state_dict(), whole.backbone)
    return whole


def _cached(folders: str, whole: CrossModalVAE, out: Path, say: Callable[[str], None]) -> str:
    """First modules of all crops of some folders; returns the folders of the caches."""
    caches = []
    for folder in folders.split(","):
        caches.append(stems.cache_folder(folder, out / "stems"))
        for done in stems.make(find_packs(folder, "all"), caches[-1], whole.backbone):
            say(f"cached {done} packs of {folder}")
    return ",".join(map(str, caches))


def finish(model: CrossModalVAE, held_out: Path, out: Path, real: Path | None = None) -> Path:
    """Calibrate, measure and write.

    Args:
        model: what ships.
        held_out: folder of rendered hands that were not trained on.
        out: where the weights go.
        real: folder of real pictures of hands, from which the 8-bit graph reads its ranges; None for rendered ones.
    """
    model.load_state_dict({k: v.half().float() for k, v in model.state_dict().items()})  # as they are kept on disk
    model.eval()
    calibration, metrics = _measure(model, features.open(str(held_out)))
    card = WeightsCard(
        name="handcam", encoders=ENCODERS, decoders=DECODERS, latent=LATENT, crop_px=224, joint_order="common21",
        drive="fused", sha256="", nets=NETS, fusion=FUSION, calibration=calibration, metrics=metrics,
        data=DATA if real is None else DATA + REAL, licence="MIT; the landmark network inside is Apache-2.0 (NOTICE)",
        rebuild="handcam train weights --out runs/weights --scenes FOLDER --backgrounds FOLDER --real FOLDER",
    )  # fmt: skip
    path = save_weights(model, card, out)
    release_graphs(path, None if real is None else detected_crops(real, RANGED, card.crop_px))
    return path


def _save(state: dict[str, torch.Tensor], path: Path) -> Path:
    save_file({name: value.contiguous() for name, value in state.items()}, path)
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
    half, keypoint = len(truth) // 2, keypoint_sigma(model, Features.unpack(batch["rgb"]))
    for drive, (mean, log_var) in drives.items():
        experts = color if drive == "fused" else list(FUSION) if drive == "fused+depth" else []
        spread, error = spread_and_error(model, mean, log_var, truth, [single[n][0] for n in experts])
        stated = None if drive == "depth" or keypoint is None else keypoint  # a depth crop has no colour keypoints
        first, second = (None, None) if stated is None else (stated[:half], stated[half:])
        calibration[drive] = calibrate(spread[:, :half], error[:half], first)
        metrics[drive] = {
            "epe_mean_mm": round(float(np.linalg.norm(error, axis=-1).mean()) * HAND_MM, 2),
            "pa_mean_mm": round(float(procrustes_errors(truth.numpy() + error, truth.numpy()).mean()) * HAND_MM, 2),
            "coverage_90": round(calibrated_coverage(spread[:, half:], error[half:], calibration[drive], second), 3),
        }
    metrics["command"] = "handcam train weights (rendered hands of its folder held_out)"  # type: ignore[assignment]
    return calibration, metrics
