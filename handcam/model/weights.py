"""Weights on disk: one safetensors file and a JSON side file that describes it, validated when it is read."""

import json
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, Literal

import msgspec

from handcam.paths import digest, shipped
from handcam.types import WeightsError, shorten

__all__ = ["FORMAT", "WeightsCard", "default_weights", "read_card", "write_card"]

FORMAT = 1
"""Version of the side file that this program writes and the newest that it reads."""


Count = Annotated[int, msgspec.Meta(ge=1, le=4096)]
"""A size: at least 1."""
Share = Annotated[float, msgspec.Meta(ge=0.0)]
"""A weight or length: not negative."""
FileName = Annotated[str, msgspec.Meta(pattern=r"^[^/\\]+$")]
"""Name of a file beside the weights, without folders."""


@dataclass(frozen=True, slots=True)
class _Version:
    """The part of a side file that every format has."""

    format: int


@dataclass(frozen=True, slots=True)
class WeightsCard:
    """The side file, ``NAME.json`` beside ``NAME.safetensors``; its annotations are the schema it is validated by."""

    name: str
    """Stem of both files."""
    encoders: dict[str, str]
    """Net of each modality that can be encoded, e.g. ``{"keypoints2d": "mlp"}``."""
    decoders: dict[str, str]
    """Net of each modality that can be decoded."""
    latent: Count
    """Size of the latent space."""
    crop_px: Count
    """Edge of the crops that the picture encoders take, or of the pictures that the detector takes."""
    joint_order: Literal["common21"]
    """Order of the joints (:mod:`handcam.hand.skeleton`)."""
    drive: str
    """Source modality of ``auto``: an encoder's name or ``fused``."""
    sha256: str
    """Of the safetensors file."""
    exports: dict[FileName, str] = field(default_factory=dict)
    """SHA-256 of the exported graphs beside the weights, by file name."""
    parts: dict[FileName, str] = field(default_factory=dict)
    """SHA-256 of further weights beside the first file, by file name: decoders that came later leave it as it is."""
    joint_nets: dict[str, str] = field(default_factory=dict)
    """Net that reads joints straight from a modality, beside the latent, e.g. ``{"depth": "hourglass"}``."""
    detector: str = ""
    """Net that finds hands in whole pictures, e.g. ``palm``; weights of a detector have nothing else."""
    kinematics: dict[str, str] = field(default_factory=dict)
    """Net of each graph that takes joints: ``rotations`` or ``mesh``; weights of these have nothing else."""
    nets: dict[str, dict[str, int]] = field(default_factory=dict)
    """Settings of each net, by ``encoder.MODALITY``, ``decoder.MODALITY``, ``joints.MODALITY`` or its graph."""
    fusion: dict[str, Share] = field(default_factory=dict)
    """Weight of each modality in the product of Gaussians that ``fused`` decodes."""
    calibration: dict[str, dict[str, Share]] = field(default_factory=dict)
    """By drive: ``gain`` on the spread of posterior samples and ``floor`` in hand lengths; together they make sigma."""
    data: list[str] = field(default_factory=list)
    """Training data, with licences."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """Figures, with the command that makes them under ``command``."""
    licence: str = "MIT"
    """Licence of the weights."""
    rebuild: str = ""
    """Command that makes these weights again."""
    format: int = FORMAT
    """Version of this file's layout."""

    @property
    def takes_bones(self) -> bool:
        """Whether an encoder may be told the bone lengths of the hand."""
        return any(net.get("bones", 0) for net in self.nets.values())


def default_weights() -> Path:
    """The safetensors file that ships with the program."""
    return shipped("weights/handcam.safetensors")


def read_card(weights: Path) -> WeightsCard:
    """Read and check the side file of ``weights``, and the hashes of the weights themselves.

    Raises:
        WeightsError: a file is missing, damaged, of a newer format, or its hash differs.
    """
    _demand_file(weights)
    side = weights.with_suffix(".json")
    _demand_file(side)
    try:
        document = json.loads(side.read_text("utf-8"))
        version = msgspec.convert(document, _Version).format
        if version > FORMAT:
            raise WeightsError(
                f"{side} has format {version}, newer than the {FORMAT} this handcam reads; update handcam."
            )
        _check_finite(document)
        card = msgspec.convert(document, WeightsCard)
        _check_names(card)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        reason = str(error).replace(" - at ", " in ").replace("`$.", "`")
        raise WeightsError(
            f"The side file {side} is damaged ({reason}); restore it together with its weights."
        ) from None
    for name, sha256 in {weights.name: card.sha256, **card.parts}.items():
        check(weights.with_name(name), sha256)
    return card


def _check_finite(document: Any, name: str = "the file") -> None:
    """Refuse numbers that are not finite.

    Raises:
        ValueError: there is one; the message names its field.
    """
    if isinstance(document, float) and not isfinite(document):
        raise ValueError(f"a number that is not finite in {name}")
    if isinstance(document, dict):
        for key, value in document.items():
            _check_finite(value, f"`{key}`")
    elif isinstance(document, list):
        for value in document:
            _check_finite(value, name)


def _check_names(card: WeightsCard) -> None:
    """Refuse modalities that this program does not have.

    Raises:
        ValueError: there is one; the message names its field.
    """
    there = {module.name for module in iter_modules([str(Path(__file__).with_name("modalities"))])}  # without torch
    encoders = {*card.encoders, "fused", "none"}
    for name, used, known in (
        ("encoders", card.encoders, there), ("decoders", card.decoders, there), ("joint_nets", card.joint_nets, there),
        ("drive", [card.drive], encoders), ("fusion", card.fusion, encoders),
    ):  # fmt: skip
        unknown = [key for key in used if key not in known]
        if unknown:
            raise ValueError(f"`{name}` names {unknown[0]!r}; there is {', '.join(sorted(known))}")


def check(path: Path, sha256: str) -> None:
    """Compare a file with its recorded hash.

    Raises:
        WeightsError: it is missing or differs.
    """
    _demand_file(path)
    if digest(path) != sha256:
        raise WeightsError(f"{path} is truncated or altered (its SHA-256 is not the recorded one); restore it.")


def _demand_file(path: Path) -> None:
    try:
        there = path.is_file()
    except OSError:  # no name of a file at all
        there = False
    if not there:
        shown = shorten(str(path), 300)
        raise WeightsError(f"The weights file {shown} is missing; restore it or pass --weights.")


def write_card(weights: Path, card: WeightsCard) -> None:
    """Write the side file beside ``weights``."""
    weights.with_suffix(".json").write_text(json.dumps(asdict(card), indent=1, allow_nan=False) + "\n", "utf-8")
