"""Train one model of an experiment, and measure its joint errors on held-out hands."""

from dataclasses import asdict
from hashlib import sha256
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Float

from handcam.lab.data.tables import InMemoryDataset, Split
from handcam.lab.evaluate.metrics import align, joint_errors, mean_and_median, with_palm
from handcam.lab.evaluate.results import ResultTable
from handcam.lab.experiments import Setup
from handcam.lab.train.loop import averaged_weights
from handcam.lab.train.pairs import TrainSettings, train
from handcam.model.vae import CrossModalVAE

__all__ = [
    "WORDS", "encoded", "errors_by_seed", "errors_mm", "fit", "mean_median_table", "predict", "split_notes", "tasks_of",
    "trainable",
]  # fmt: skip

WORDS = {"keypoints2d": "2D", "rgb": "RGB", "depth": "Depth", "joints3d": "3D"}
"""The paper's names of the modalities."""


def fit(setup: Setup, split: Split, pairs: tuple[str, ...], seed: int, **changes: float) -> CrossModalVAE:
    """Train pairs on a split by algorithm 1; a training that was done before is read instead.

    Args:
        setup: sizes and places.
        split: trained on is its first part.
        pairs: ``source>target``.
        seed: of this training.
        changes: further settings of :class:`handcam.lab.train.pairs.TrainSettings`.

    Returns:
        The averaged weights, in evaluation mode, on the CPU.
    """
    size = setup.size
    sources, targets = zip(*(pair.split(">") for pair in pairs), strict=True)
    encoders = {name: _encoder(name, split.train) for name in dict.fromkeys(sources)}
    decoders = {name: "conv" if name in ("rgb", "depth") else "mlp" for name in dict.fromkeys(targets)}
    nets: dict[str, dict[str, int]] = {}
    for part, chosen in (("encoder", encoders), ("decoder", decoders)):
        for name, net in chosen.items():
            nets[f"{part}.{name}"] = {
                "conv": {"width": size.paint}, "resnet": {"width": size.resnet},
                "mlp": {"hidden": size.hidden, "depth": size.depth},
            }.get(net, {"hidden": size.hidden, "depth": 2})  # fmt: skip
    hands = crc32(
        np.ascontiguousarray(split.train.arrays["joints3d"]).tobytes()
    )  # the very ones, wherever they came from
    nets_and_rounds = {k: v for k, v in asdict(size).items() if k not in ("poses", "pictures", "test")}
    identity = (pairs, hands, nets_and_rounds, setup.pixels, setup.latent, setup.rate, seed, sorted(changes.items()))
    words = "+".join(pairs).replace(">", "-")
    out = setup.out / "trainings" / f"{split.name}-{words[:60]}-{sha256(repr(identity).encode()).hexdigest()[:10]}"
    steps = int(changes.pop("steps", size.steps))
    settings = TrainSettings(
        out=out, pairs=pairs, data=split.name, encoders=encoders, decoders=decoders, nets=nets, latent=setup.latent,
        steps=steps, batch=size.batch, rate=setup.rate, warmup=max(steps // 20, 1), ema=0.998, seed=seed,
        precision=setup.precision, accelerator=setup.accelerator, devices=setup.devices, save_every=250, **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    checkpoint = train(settings, setup.progress, {split.name: split.train.drawn_with(seed)})
    model = CrossModalVAE(encoders, decoders, setup.latent, nets)
    model.load_state_dict({k: v.cpu() for k, v in averaged_weights(checkpoint).items()})
    return model.eval()


def _encoder(name: str, hands: InMemoryDataset) -> str:
    """The net for what there is: features, pictures, or numbers."""
    if name in hands.features:
        return {"rgb": "features", "depth": "shaded_depth"}[name]
    return "resnet" if name in ("rgb", "depth") else "mlp"


def trainable(pairs: tuple[str, ...], hands: InMemoryDataset) -> bool:
    """Do these hands hold what the pairs need?"""
    ends = [pair.split(">") for pair in pairs]
    return all(source in hands.modalities and hands.decodable(target) for source, target in ends)


def tasks_of(setup: Setup, default: dict[str, str]) -> list[tuple[str, Split, str]]:
    """What is compared, as the paper's tables name it: ``RGB>3D NAME``, the split, and the input modality.

    Args:
        setup: may name data sets; then every wanted input that one of them has is a task.
        default: the wanted inputs, with the data set of each when none is named.
    """
    if not setup.data:
        found = [(setup.split(data), x) for x, data in default.items()]
    else:
        splits = [setup.split(data) for data in setup.data]
        found = [(split, x) for x in default for split in splits if x in split.train.modalities]
    return [(f"{WORDS[x]}>3D {split.name}", split, x) for split, x in found]


@torch.inference_mode()
def encoded(model: CrossModalVAE, name: str, hands: InMemoryDataset) -> tuple[np.ndarray, np.ndarray]:
    """Mean and log-variance of every hand's posterior, (n z) each."""
    found = [model.encode(name, batch[name]) for batch in hands.chunks()]
    mean, log_var = (torch.cat(part).numpy() for part in zip(*found, strict=True))
    return mean, log_var


@torch.inference_mode()
def predict(model: CrossModalVAE, name: str, hands: InMemoryDataset) -> Float[np.ndarray, "n 21 3"]:
    """Joints decoded from the posterior's mean, in hand lengths."""
    z = torch.from_numpy(encoded(model, name, hands)[0])
    return np.asarray(model.decode("joints3d", z).numpy(), float)


def errors_mm(predicted: Float[np.ndarray, "n 21 3"], split: Split, scale: bool = True) -> Float[np.ndarray, "n 21"]:
    """End-point error of each joint on the hands to measure on, millimetres.

    The protocol is that of the papers on RHD and STB: relative to the palm's centre, which takes the wrist's place
    (supplement, 7.1).

    Args:
        predicted: joints in hand lengths.
        split: its second part is the truth.
        scale: S, the true hand length is given, as in section 4.5 of the paper; else every hand is taken for one of
            the mean length of those trained on.
    """
    true = with_palm(split.test.joints_mm)
    length = split.test.length_mm if scale else np.full(len(true), split.train.length_mm.mean())
    return joint_errors(align(with_palm(predicted * length[:, None, None]), true, root="palm", scale=False), true)


Task = tuple[str, Split, str]
"""What is compared: its name in the tables, the split, and the input modality."""


def errors_by_seed(
    setup: Setup, split: Split, x: str, pairs: tuple[str, ...], scale: bool = True, **changes: float
) -> list[Float[np.ndarray, "n 21"]]:
    """Errors, as :func:`errors_mm`, of one training for each seed; none where the hands lack what the pairs need."""
    if not trainable(pairs, split.train):
        return []
    models = (fit(setup, split, pairs, seed, **changes) for seed in setup.seeds)
    return [errors_mm(predict(model, x, split.test), split, scale) for model in models]


def mean_median_table(tasks: list[Task], rows: dict[str, list[list[np.ndarray]]]) -> ResultTable:
    """Table of the mean error for every task, then of the median, a number a seed; rows without numbers are left out.

    Args:
        tasks: the columns.
        rows: by the row's name, for every task the errors of each seed.
    """
    names = [name for name, _, _ in tasks]
    head = ("", *(f"{name}, mean" for name in names), *(f"{name}, median" for name in names))
    cells = {
        row: [[mean_and_median(e)[k] for e in found] for k in range(2) for found in of] for row, of in rows.items()
    }
    return ResultTable(head, [(row, *numbers) for row, numbers in cells.items() if any(numbers)])


def split_notes(tasks: list[Task]) -> tuple[str, ...]:
    """Which hands are trained and measured on, a line a data set."""
    return tuple(split.description for split in {id(s): s for _, s, _ in tasks}.values())
