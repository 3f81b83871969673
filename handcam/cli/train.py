"""Train: the weights that ship, their atlas, or any set of pairs of the paper's algorithm 1."""

from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from handcam.model.weights import default_weights
from handcam.types import HandcamError

__all__ = ["main"]


def main(
    what: Positional[Literal["weights", "pairs", "atlas"]],
    pairs: Positional[tuple[str, ...]] = (),
    /,
    *,
    out: Annotated[Path, arg(metavar="FOLDER")],
    data: str = "poses",
    backgrounds: Annotated[Path | None, arg(metavar="FOLDER")] = None,
    real: Annotated[Path | None, arg(metavar="FOLDER")] = None,
    pictures: int | None = None,
    steps: int | None = None,
    batch: int = 512,
    latent: int = 30,
    rate: float = 1e-3,
    kl_weight: float = 1.0,
    precision: Literal["32-true", "bf16-mixed"] = "32-true",
    accelerator: Literal["auto", "cpu", "cuda"] = "auto",
    devices: int = 1,
    start: Annotated[Path | None, arg(metavar="FILE")] = None,
    seed: int = 0,
    variant: Literal["1", "2", "3", "4"] | None = None,
    source: str = "keypoints2d",
    nets: tuple[str, ...] = (),
    label_share: float = 1.0,
    reproject: float = 0.0,
    constrain: float = 0.0,
    freeze: tuple[str, ...] = (),
    test: str | None = None,
) -> None:
    """Train the weights that ship, their atlas, or any pairs of modalities. A run that was stopped goes on when started
    again.

    handcam train weights --out runs/weights

    handcam train pairs "keypoints2d>joints3d" "joints3d>joints3d" --out runs/lift --steps 5000

    handcam train pairs --variant 3 --source keypoints2d --out runs/variant3

    handcam train pairs --variant 1 --source rgb --data crops:FOLDER --nets rgb=resnet --test crops:FOLDER --out OUT

    handcam train pairs "rgb>joints3d" "rgb>keypoints2d" --data features:DIR --label-share 0.1 --reproject 1 --out OUT

    handcam train atlas --out runs/atlas

    Args:
        what: the weights that ship; pairs of your own; or the atlas of known hands beside the weights of --start.
        pairs: source>target, trained in turn; source>target@DATA takes another data set than --data.
        out: folder of checkpoints, TensorBoard curves and rendered hands.
        data: data set of the pairs: poses, or features:, crops: or rendered_targets:FOLDER; for an atlas
            features:FOLDER, else hands are rendered.
        backgrounds: photographs to put behind the rendered hands (weights).
        real: real pictures of hands without labels (weights).
        pictures: rendered hands; default 25,000 for weights, 6,000 for an atlas.
        steps: rounds; each trains every pair once. For weights, of each of its trainings.
        batch: examples of a step, over all processes (pairs).
        latent: size of the latent space (pairs).
        rate: Adam's learning rate at its highest (pairs).
        kl_weight: weight of the KL term (pairs).
        precision: bf16-mixed is three times as fast on processors that have it (pairs).
        accelerator: where to train (pairs).
        devices: processes on this machine; torchrun's numbers win (pairs).
        start: weights to start from (pairs), or whose atlas is made; default those that ship (atlas).
        seed: of everything.
        variant: the paper's variant 1 to 4 of --source instead of pairs.
        source: input modality of --variant.
        nets: other nets than the usual ones: MODALITY=NET for an encoder or decoder.MODALITY=NET, with settings as in
            rgb=resnet,width=16 (pairs).
        label_share: part of a data set whose 3D labels are used; the rest trains the pairs without joints3d (pairs).
        reproject: 2D-only supervision: weight of the keypoints under the decoded joints, for pairs that end in
            keypoints2d (pairs).
        constrain: weight of the biomechanical constraints on the decoded joints, for pairs that end elsewhere than in
            joints3d (pairs).
        freeze: parts that stay as they are, by the beginnings of their names, as decoders or encoders.rgb.backbone
            (pairs).
        test: data set to measure the joints on at the end, such as crops:FOLDER; its held-out part where it has one
            (pairs).
    """
    if what == "weights":
        from handcam.lab.train.recipe import Recipe, build

        recipe = Recipe(out, backgrounds, real, 25_000 if pictures is None else pictures, seed=seed)
        if steps is not None:
            recipe = replace(recipe, poses_steps=steps, seeing_steps=steps, depth_steps=steps, painted_steps=steps)
        print(build(recipe))
        return
    if what == "atlas":
        print(_atlas(start or default_weights(), out, data, pictures))
        return
    from handcam.lab.train.pairs import TrainSettings, train
    from handcam.lab.train.pairs import variant as variant_pairs

    if (variant is None) == (not pairs):
        raise HandcamError("Give pairs such as keypoints2d>joints3d, or --variant, and not both.")
    chosen = tuple(pairs) if variant is None else tuple(variant_pairs(int(variant), source))
    names = [pair.partition("@")[0].partition(">") for pair in chosen]
    chosen_nets, sizes = _nets(nets, [name for name, _, _ in names], [name for _, _, name in names])
    steps = steps or 5000
    settings = TrainSettings(
        out=out, pairs=chosen, data=data, steps=steps, warmup=min(500, max(1, steps // 10)), batch=batch,
        latent=latent, rate=rate, kl_weight=kl_weight, precision=precision, accelerator=accelerator, devices=devices,
        start=start, seed=seed, encoders=chosen_nets["encoder"], decoders=chosen_nets["decoder"], nets=sizes,
        label_share=label_share, reproject=reproject, constrain=constrain, freeze=freeze,
    )  # fmt: skip
    checkpoint = train(settings)
    print(checkpoint)
    if test is not None:
        from handcam.lab.evaluate.trained import score

        for line in score(settings, checkpoint, test):
            print(line)


def _atlas(weights: Path, out: Path, data: str, pictures: int | None) -> str:
    from handcam.lab.release.embedding import HANDS, describe, make_atlas, render

    kind, _, folder = data.partition(":")
    if kind != "features":
        if data != "poses":
            raise HandcamError(
                "An atlas is made of features:FOLDER, or of hands that are rendered when --data is not given."
            )
        folder = str(out / "sights")
        render(out / "sights", pictures or 2 * HANDS)  # about half of them would be followed by a tracker
    path = make_atlas(weights, folder, pictures or HANDS)
    return f"{describe(weights)}\n{path}"


def _nets(
    given: tuple[str, ...], sources: list[str], targets: list[str]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, int]]]:
    """Net by part and modality, the usual one where none is given; and settings, by ``encoder.MODALITY``."""
    from handcam.plugins import load

    nets = {
        "encoder": {name: _net(name, "encoder") for name in sources},
        "decoder": {name: _net(name, "decoder") for name in targets},
    }
    sizes: dict[str, dict[str, int]] = {}
    for text in given:
        where, _, what = text.partition("=")
        part, _, name = where.rpartition(".")
        part = part or "encoder"
        net, *numbers = what.split(",")
        if name not in nets.get(part, {}):
            raise HandcamError(f"--nets {text} is for the {part} of {name}, which no pair uses.")
        try:
            make = getattr(load("handcam.model.nets", net), part)
            sizes[f"{part}.{name}"] = {key: int(value) for key, _, value in (n.partition("=") for n in numbers)}
        except (LookupError, AttributeError, ValueError):
            raise HandcamError(f"--nets {text} is not understood; write it like rgb=resnet,width=16.") from None
        unknown = sizes[f"{part}.{name}"].keys() - signature(make).parameters.keys()
        if unknown:
            raise HandcamError(f"The net {net} has no setting {' or '.join(sorted(unknown))}.")
        nets[part][name] = net
    return nets, sizes


def _net(name: str, part: Literal["encoder", "decoder"]) -> str:
    from handcam.plugins import load

    try:
        modality = load("handcam.model.modalities", name).MODALITY
    except LookupError as error:
        raise HandcamError(str(error)) from None
    net = getattr(modality, part)
    if net is None:
        raise HandcamError(f"{name} has no {part}, so it cannot be the {'source' if part == 'encoder' else 'target'}.")
    return net
