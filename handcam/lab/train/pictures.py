"""Train the decoders of pictures and depth maps on a finished model; they are a part of the weights in its own file.

Everything else stands still, so no other figure of the weights changes: ``joints3d>rgb`` and ``joints3d>depth`` of
algorithm 1 on canonical renders (:mod:`handcam.lab.data.sets.rendered_targets`), from the posterior's mean, with all
encoders and the layers that decode joints frozen. All modalities share the latent space, so these
decoders serve every one.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from handcam.lab.data.sets.rendered_targets import Decoded
from handcam.lab.data.tables import InMemoryDataset
from handcam.lab.evaluate.metrics import HAND_MM
from handcam.lab.release.export import write_graphs
from handcam.lab.train.pairs import TrainSettings
from handcam.model.vae import CrossModalVAE, load, read_state
from handcam.model.weights import WeightsCard, digest, read_card, write_card
from handcam.runtimes import decode_graph

__all__ = ["DECODERS", "add", "decoded_by", "measure", "settings"]

DECODERS = {"rgb": "capsule_splat", "depth": "capsule_splat"}
WIDTH = 32
"""Channels of their convolutions."""


def decoded_by(weights: Path) -> Decoded:
    """Joints as the weights give them back: encoded, and decoded from the posterior's mean."""
    model, _ = load(weights)

    @torch.inference_mode()
    def decoded(joints: np.ndarray) -> np.ndarray:
        mean, _ = model.encode("joints3d", torch.from_numpy(joints))
        return model.decode("joints3d", mean).numpy()

    return decoded


def settings(weights: Path, targets: Path, out: Path, steps: int, seed: int = 0) -> TrainSettings:
    """The training of the decoders on top of ``weights``.

    Args:
        weights: a finished model.
        targets: folder of :func:`handcam.lab.data.sets.rendered_targets.make`.
        out: folder of the training.
        steps: its length.
        seed: of weights, order and samples.
    """
    card = read_card(weights)
    state = read_state(weights, card)
    joints = {k.removeprefix("decoders.joints3d."): v for k, v in state.items() if k.startswith("decoders.joints3d.")}
    poses = {f"decoders.{name}.pose.{k}": v.clone() for name in DECODERS for k, v in joints.items()}
    start = out.with_name(f"{out.name}.start.safetensors")
    start.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in (state | poses).items()}, start)
    return TrainSettings(
        out=out, pairs=("joints3d>rgb", "joints3d>depth"), data=f"rendered_targets:{targets}", start=start,
        encoders={"joints3d": card.encoders["joints3d"]}, decoders=DECODERS, latent=card.latent,
        nets={"encoder.joints3d": card.nets["encoder.joints3d"], **_nets(card)},
        freeze=("encoders", *(f"decoders.{name}.pose" for name in DECODERS)), noise=0.0,
        steps=steps, batch=64, rate=2e-3, warmup=200, ema=0.998, precision="bf16-mixed", seed=seed, save_every=200,
    )  # fmt: skip


def _nets(card: WeightsCard) -> dict[str, dict[str, int]]:
    """Settings of the decoders; their first layers are those that decode joints."""
    joints = card.nets["decoder.joints3d"]
    size = {"width": WIDTH, "hidden": joints["hidden"], "layers": joints["depth"]}
    return {f"decoder.{name}": size for name in DECODERS}


def add(weights: Path, average: dict[str, torch.Tensor], held_out: InMemoryDataset) -> None:
    """Write the trained decoders into ``NAME.pictures.safetensors`` and their graphs, and tell the side file.

    Args:
        weights: the model they were trained on; no file of it is changed but the side file.
        average: state that holds ``decoders.rgb`` and ``decoders.depth``.
        held_out: to measure them on.
    """
    card = read_card(weights)
    part = weights.with_name(f"{weights.stem}.pictures.safetensors")
    state = {
        k: (v.half() if v.is_floating_point() else v).contiguous()
        for k, v in average.items() if k.startswith(tuple(f"decoders.{name}." for name in DECODERS))
    }  # fmt: skip
    save_file(state, part, metadata={"handcam": card.name})
    card = replace(
        card, decoders={**card.decoders, **DECODERS}, nets={**card.nets, **_nets(card)},
        parts={**card.parts, part.name: digest(part)},
    )  # fmt: skip
    write_card(weights, card)
    model, card = load(weights)
    graphs = write_graphs(weights, weights.parent, [decode_graph(name) for name in DECODERS])
    exports = {**card.exports, **{path.name: digest(path) for path in graphs}}
    metrics = {**card.metrics, "pictures": measure(model, held_out)}
    write_card(weights, replace(card, exports=exports, metrics=metrics))


@torch.inference_mode()
def measure(model: CrossModalVAE, held_out: InMemoryDataset) -> dict[str, float | str]:
    """Errors of decoded pictures of held-out hands, from the posterior mean of their joints.

    Returns:
        ``rgb_error``: mean absolute difference on the hand, of 255; ``hand_iou``: overlap of decoded and true hands;
        ``depth_mm``: mean absolute difference where both are, for a hand of 185 mm; and how it is measured.
    """
    model.eval()
    batch = held_out.take(np.arange(min(len(held_out), 1000)))
    mean, _ = model.encode("joints3d", batch["joints3d"])
    color = torch.cat([model.decode_output("rgb", z) for z in mean.split(100)])
    depth = torch.cat([model.decode_output("depth", z) for z in mean.split(100)])
    near, hand = batch["target.depth"].unbind(1)
    hand, drawn = hand > 0.5, torch.isfinite(depth)
    off = (color.float() - batch["rgb"].float()).abs().mean(-1)
    return {
        "rgb_error": round(float(off[hand].mean()), 2),
        "hand_iou": round(float((hand & drawn).sum() / (hand | drawn).sum()), 4),
        "depth_mm": round(float((depth - near).abs()[hand & drawn].mean()) * HAND_MM, 2),
        "command": "handcam train weights (canonical renders that were held out)",
    }
