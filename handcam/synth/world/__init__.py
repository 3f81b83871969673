"""Contents and labels of rendered hands in a world: people's arms and bodies, things in hand, before photographs.

:func:`handcam.synth.world.crops.world_crops` gives right hands through a tracker's virtual cameras, for the estimator;
:func:`handcam.synth.world.scenes.world_scenes` pictures of no to four hands, for the finder.
"""

from dataclasses import dataclass, field
from pathlib import Path

from jaxtyping import Bool, Float, UInt8

from handcam.synth.camera_effects import CameraEffects
from handcam.types import Array, Intrinsics, Side

__all__ = ["RenderedScene", "SceneHand", "WorldSettings"]


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Contents of the pictures. Shares are of pictures."""

    size: int = 224
    """Edge of a crop, px."""
    scene_px: int = 320
    """Longer side of a scene, px."""
    scenes: Path | None = None
    """Folder of photographs, negatives and textured objects; procedural ones without it."""
    split: str = "train"
    """``train`` or ``validation``: which photographs and objects."""
    empty: float = 0.12
    """Share without any hand."""
    held: float = 0.4
    """Share of hands that hold something."""
    glove: float = 0.12
    """Share of people with gloves."""
    sleeve: float = 0.45
    """Share of people with sleeves."""
    occluder: float = 0.12
    """Share with a cut-out of a photograph before the hands."""
    second: float = 0.25
    """Share of crops with another hand near the first."""
    effects: CameraEffects = field(default_factory=lambda: CameraEffects(defocus=0.12, motion=0.1, low_resolution=0.1))
    """Faults of the camera."""


@dataclass(frozen=True, slots=True)
class SceneHand:
    """One hand of a scene."""

    side: Side
    """Which hand."""
    joints_m: Float[Array, "21 3"]
    """Camera frame."""
    keypoints_px: Float[Array, "21 2"]
    """Their projection, also outside the picture."""
    visible: Bool[Array, " 21"]
    """In the picture, with nothing before them but flesh."""
    box: Float[Array, " 4"]
    """Left, top, right, bottom of the whole hand from wrist to tips, hidden or not, px; may exceed the picture."""
    seen_box: Float[Array, " 4"]
    """The same of what is seen of it."""
    seen: float
    """Share of the hand's outline (wrist to tips) that is seen, 0 to 1."""


@dataclass(frozen=True, slots=True)
class RenderedScene:
    """A whole picture with its hands."""

    color: UInt8[Array, "h w 3"]
    """RGB."""
    intrinsics: Intrinsics
    """The camera."""
    hands: tuple[SceneHand, ...]
    """Those of which something is seen."""
