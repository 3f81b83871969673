"""Train: the weights that ship, pairs of algorithm 1, depth joints, the detector, the map's set, and smaller nets."""

from dataclasses import replace
from inspect import signature
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from handcam.lab.train import depth_joints, recipe
from handcam.lab.train import halo as implicit
from handcam.lab.train import ik as inverse_kinematics
from handcam.lab.train import infogan as codes_of
from handcam.lab.train import mesh as graph_mesh
from handcam.lab.train import motion as motion_prior
from handcam.lab.train import pairs as training
from handcam.lab.train.finder import FinderSettings, build
from handcam.lab.train.pairs import TrainSettings
from handcam.lab.train.recipe import Recipe
from handcam.model.latent.codes import CODES
from handcam.model.weights import default_weights
from handcam.plugins import load
from handcam.types import HandcamError
from handcam.validation import Count, InputFile, OutputFile, OutputFolder, Steps

__all__ = ["KINDS"]

_Folder = Annotated[OutputFolder, arg(metavar="FOLDER")]


def weights(*, steps: Annotated[Steps | None, arg(metavar="N")] = None, settings: Recipe) -> None:
    """Train the weights that ship, from nothing. A run that was stopped goes on when started again.

    handcam train weights --out runs/weights

    Args:
        steps: rounds of each of its trainings, instead of the numbers below.
    """
    if steps is not None:
        rounds = ("latent_steps", "poses_steps", "color_steps", "depth_steps", "decoder_steps")
        settings = replace(settings, **dict.fromkeys(rounds, steps))
    print(recipe.build(settings))


def pairs(
    pairs: Positional[Annotated[tuple[str, ...], arg(metavar="[SOURCE>TARGET ...]")]] = (),
    /,
    *,
    variant: Literal["1", "2", "3", "4"] | None = None,
    source: str = "keypoints2d",
    nets: tuple[str, ...] = (),
    steps: Steps = 5000,
    warmup: Annotated[Steps | None, arg(metavar="N")] = None,
    test: str | None = None,
    settings: TrainSettings,
) -> None:
    """Train any pairs of modalities. A run that was stopped goes on when started again.

    handcam train pairs "keypoints2d>joints3d" "joints3d>joints3d" --out runs/lift --steps 5000

    handcam train pairs --variant 3 --source keypoints2d --out runs/variant3

    handcam train pairs --variant 1 --source rgb --data crops:FOLDER --nets rgb=resnet --test crops:FOLDER --out OUT

    handcam train pairs "rgb>joints3d" "rgb>keypoints2d" --data features:DIR --label-share 0.1 --reproject 1 --out OUT

    Args:
        pairs: trained in turn; source>target@DATA takes another data set than --data.
        variant: the paper's variant 1 to 4 of --source instead of pairs.
        source: input modality of --variant.
        nets: other nets than the usual ones: MODALITY=NET for an encoder or decoder.MODALITY=NET, with settings as in
            rgb=resnet,width=16.
        steps: rounds; each trains every pair once.
        warmup: steps over which the rate rises; default a tenth of --steps, at most 500.
        test: data set to measure the joints on at the end, such as crops:FOLDER; its held-out part where it has one.
    """
    if (variant is None) == (not pairs):
        raise HandcamError("Give pairs such as keypoints2d>joints3d, or --variant, and not both.")
    chosen = tuple(pairs) if variant is None else tuple(training.variant(int(variant), source))
    names = [pair.partition("@")[0].partition(">") for pair in chosen]
    chosen_nets, sizes = _nets(nets, [name for name, _, _ in names], [name for _, _, name in names])
    settings = replace(
        settings, pairs=chosen, steps=steps, warmup=min(500, max(1, steps // 10)) if warmup is None else warmup,
        encoders=chosen_nets["encoder"], decoders=chosen_nets["decoder"], nets=sizes,
    )  # fmt: skip
    checkpoint = training.train(settings)
    print(checkpoint)
    if test is not None:
        from handcam.lab.train.trained import score

        for line in score(settings, checkpoint, test):
            print(line)


def embedding(
    *, out: _Folder, data: str | None = None, pictures: Count | None = None,
    start: Annotated[InputFile | None, arg(metavar="FILE")] = None,
) -> None:  # fmt: skip
    """Make the reference set of the map: what every encoder says of the same hands, beside the weights.

    handcam train embedding --out runs/embedding

    Args:
        out: folder of rendered hands.
        data: features:FOLDER with hands that are rendered already; by default hands are rendered.
        pictures: hands to render, or to take of the data.
        start: the weights; those that ship by default.
    """
    from handcam.lab.release.embedding import HANDS, describe, make_reference_set, render

    kind, _, folder = (data or "").partition(":")
    if data is None:
        folder = str(out / "features")
        render(out / "features", pictures or 2 * HANDS)  # about half of them would be followed by a tracker
    elif kind != "features":
        raise HandcamError("The reference set is made of features:FOLDER, or of rendered hands without --data.")
    weights = start or default_weights()
    path = make_reference_set(weights, folder, pictures or HANDS)
    print(describe(weights), path, sep="\n")


def depth(
    *, weights: Annotated[InputFile | None, arg(metavar="FILE")] = None, settings: depth_joints.DepthSettings
) -> None:  # fmt: skip
    """Render depth crops and train the net that finds joints in them. A run that was stopped goes on.

    handcam train depth --out runs/depth --weights weights/handcam.safetensors

    Args:
        weights: weights that the net is measured for and added to at the end; by default it is trained only.
    """
    print(depth_joints.train(settings) if weights is None else depth_joints.build(settings, weights))


def palm(*, out: _Folder) -> None:
    """Convert MediaPipe's palm detector, the hand detector that ships; needs the mediapipe and tflite packages.

    handcam train palm --out weights
    """
    from handcam.lab.data.mediapipe_weights import read_palm_detector
    from handcam.lab.release.detector import release
    from handcam.model.nets.palm import INPUT_PX

    data = ["palm_detection_full of mediapipe 0.10.21, unchanged (Apache-2.0; its authors' own data)"]
    net = read_palm_detector()
    print(release(net, INPUT_PX, out, "palm", data, "Apache-2.0", "handcam train palm --out weights"))


def finder(*, settings: FinderSettings) -> None:
    """Train the palm detector further on real pictures with boxes. A run that was stopped goes on when started again.

    handcam train finder --pictures FOLDER FOLDER=2 --empty FOLDER --out runs/finder --steps 3000 --batch 16
    """
    print(build(settings))


def ik(
    *, weights: Annotated[OutputFile | None, arg(metavar="FILE")] = None, settings: inverse_kinematics.IKSettings
) -> None:  # fmt: skip
    """Train the net of inverse kinematics on sampled poses. A run that was stopped goes on when started again.

    handcam train ik --out runs/ik --weights weights/kinematics.safetensors

    Args:
        weights: weights that it is added to at the end; by default it is trained only.
    """
    print(inverse_kinematics.build(settings, weights))


def mesh(
    *, weights: Annotated[OutputFile | None, arg(metavar="FILE")] = None, settings: graph_mesh.MeshSettings
) -> None:  # fmt: skip
    """Train the graph-convolutional mesh on the rig's surfaces. A run that was stopped goes on when started again.

    handcam train mesh --out runs/mesh --weights weights/kinematics.safetensors

    Args:
        weights: weights that it is added to at the end; by default it is trained only.
    """
    print(graph_mesh.build(settings, weights))


def halo(*, weights: _Folder | None = None, settings: implicit.HaloSettings) -> None:
    """Train the implicit surface of the hand on the rig's surfaces. A run that was stopped goes on when started again.

    handcam train halo --out runs/halo --weights weights

    Args:
        weights: folder that halo.npz is written to at the end; by default it is trained only.
    """
    print(implicit.build(settings, weights))


def motion(
    *, weights: Annotated[OutputFile | None, arg(metavar="FILE")] = None, settings: motion_prior.MotionTraining
) -> None:  # fmt: skip
    """Train the adversarial prior of motion on the rig's motion. A run that was stopped goes on when started again.

    handcam train motion --out runs/motion --weights weights/motion.safetensors

    Args:
        weights: weights that it is written to at the end; by default it is trained only.
    """
    print(motion_prior.build(settings, weights))


def infogan(
    *, weights: Annotated[InputFile | None, arg(metavar="FILE")] = None, settings: codes_of.InfoGANSettings
) -> None:  # fmt: skip
    """Train the codes of a latent space, and write them beside its weights. A run that was stopped goes on.

    handcam train infogan --out runs/infogan --weights weights/handcam.safetensors

    Args:
        weights: those whose latent gets codes; default: those that ship.
    """
    found = codes_of.train(settings, weights)
    print(*(f"{name}: correlation {value:.2f}" for name, value in zip(CODES, found.correlation, strict=True)), sep="\n")


KINDS = {"weights": weights, "pairs": pairs, "depth": depth, "embedding": embedding, "palm": palm, "finder": finder,
         "ik": ik, "mesh": mesh, "halo": halo, "motion": motion, "infogan": infogan}  # fmt: skip
"""Trainings by word."""


def _nets(
    given: tuple[str, ...], sources: list[str], targets: list[str]
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, int]]]:
    """Net by part and modality, the usual one where none is given; and settings, by ``encoder.MODALITY``."""
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
    try:
        modality = load("handcam.model.modalities", name).MODALITY
    except LookupError as error:
        raise HandcamError(str(error)) from None
    net = getattr(modality, part)
    if net is None:
        raise HandcamError(f"{name} has no {part}, so it cannot be the {'source' if part == 'encoder' else 'target'}.")
    return net
