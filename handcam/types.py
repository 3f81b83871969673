"""The values that flow through handcam, and the conventions they share.

Two frames of reference:

* **camera**: metres, OpenCV axes (x right, y down, z forward), origin at the optical centre;
* **pixels**: continuous picture coordinates; (0, 0) is the *centre* of the first pixel.

Colour is RGB from the source on. Times are ``time.perf_counter_ns`` of this process, plus the device's own clock
where it has one. A hand's side is always the real person's, never that of a mirrored picture. Joints come in the
order of :mod:`handcam.hand.skeleton`. Every value is frozen; an array is read-only once it has been handed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Literal

from jaxtyping import Float, UInt8, UInt16
from msgspec import Meta

from handcam.cameras import Array, Intrinsics, View
from handcam.errors import HandcamError, InputError, RecordingError, SourceError, WeightsError, shorten
from handcam.ranges import DepthUnit, HandLength, HandSigma, Instant, Name

__all__ = [
    "NOMINAL_HAND_LENGTH_M", "Array", "Bones", "Controls", "Frame", "GestureEvent", "HandBox", "HandCrop", "HandPose",
    "HandcamError", "InputError", "Intrinsics", "Posterior", "RecordingError", "Result", "Side", "SourceError",
    "TrackedHand", "View", "WeightsError", "shorten",
]  # fmt: skip

NOMINAL_HAND_LENGTH_M = 0.19
"""Length of an adult's hand, wrist to middle fingertip along the bones: assumed where nobody says how long it is."""


class Side(Enum):
    """Side of the real, unmirrored person."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> "Side":
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class HandPose:
    """One hand in the camera frame."""

    side: Side
    """Side of the real person."""
    score: float
    """Confidence that this is a hand, 0 to 1."""
    joints_m: Float[Array, "21 3"]
    """Joints in the camera frame, metres."""
    metric: bool
    """True when the scale was measured (a depth sensor, several cameras, a measured hand); False when it rests on an
    assumed hand size."""
    keypoints_px: Float[Array, "21 2"]
    """Joints in the picture, pixels."""
    sigma_m: Float[Array, " 21"]
    """Standard deviation of each joint's position relative to the root, along one axis (RMS of the three), metres."""
    sigma_axes_m: Float[Array, "21 2"] | None = None
    """The same across the ray from the camera to the joint (along either axis) and along it; None if not known."""
    rotations: Float[Array, "21 4"] | None = None
    """Of each bone, x y z w, as inverse kinematics solved them; None: by :mod:`handcam.hand.rotations`."""

    def __repr__(self) -> str:
        scale = "measured" if self.metric else "assumed"
        return f"HandPose({self.side.value}, score={self.score:.2f}, {self.joints_m[0, 2]:.3f} m away, scale {scale})"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a source. At least one of ``color`` and ``depth`` is there."""

    index: Instant
    """Number of the frame since the source was opened; gaps are frames that the device lost."""
    time_ns: Instant
    """Time when the pixels reached this process, ``time.perf_counter_ns``."""
    intrinsics: Intrinsics
    """The camera of both planes: depth is aligned to colour."""
    color: UInt8[Array, "h w 3"] | None = None
    """RGB picture."""
    depth: UInt16[Array, "h w"] | None = None
    """Distance along z in units of ``depth_unit_m``; 0 means no reading."""
    depth_unit_m: DepthUnit = 0.001
    """Metres per depth count."""
    device_time_ns: Instant | None = None
    """The device's own clock, where it has one."""
    truth: tuple[HandPose, ...] = ()
    """The true hands, known for rendered and labelled frames only; never shown to the model."""
    picture: str = ""
    """File name of the picture, for folders of pictures."""
    recorded: "tuple[TrackedHand, ...] | None" = None
    """Hands that a session holds for this frame, none where it was not processed; None where the session holds no hands
    at all, and for all other sources."""
    views: tuple[View, ...] = ()
    """The cameras, where there are several: ``color`` holds their pictures side by side, ``intrinsics`` are the first
    one's for the whole of it, and the first one's frame is the camera frame of every joint."""

    def split(self) -> "tuple[Frame, ...]":
        """The frame of each camera on its own, with a part of these very pixels."""
        if not self.views or self.color is None:
            return (self,)
        return tuple(
            Frame(
                self.index, self.time_ns, view.intrinsics,
                self.color[: view.intrinsics.height, view.left : view.left + view.intrinsics.width],
                device_time_ns=self.device_time_ns,
            )
            for view in self.views
        )  # fmt: skip

    def __repr__(self) -> str:
        planes = [name for name, plane in (("color", self.color), ("depth", self.depth)) if plane is not None]
        size = f"{self.intrinsics.width}x{self.intrinsics.height}"
        return f"Frame({', '.join([str(self.index), self.picture or size, *planes])})"


@dataclass(frozen=True, slots=True)
class HandBox:
    """Detection of a hand in the picture: a rotated square."""

    side: Side
    """Side of the real person."""
    centre_px: Float[Array, " 2"]
    """Centre of the square, pixels."""
    size_px: float
    """Edge of the square, pixels."""
    angle_rad: float
    """Turn of the square: 0 when the hand points up in the picture, positive clockwise."""
    score: float
    """Confidence, 0 to 1."""
    sided: bool = True
    """False from a detector that does not know the side; the first crop then says."""
    distance_m: float | None = None
    """Distance of the hand's centre, where a detector in depth measured it."""


@dataclass(frozen=True, slots=True)
class HandCrop:
    """A square view of one hand through a virtual camera that looks at the box's centre.

    Left hands are mirrored here, so the nets only ever see right hands: ``crop_from_camera`` then has determinant -1.
    """

    box: HandBox
    """The square that was cut."""
    crop_from_image: Float[Array, "3 3"]
    """Homography from picture pixels to crop pixels."""
    crop_from_camera: Float[Array, "3 3"]
    """Orthogonal matrix that turns camera directions into the crop's camera frame."""
    intrinsics: Intrinsics
    """The virtual camera's own intrinsics."""
    color: UInt8[Array, "s s 3"] | None = None
    """RGB crop."""
    depth_m: Float[Array, "s s"] | None = None
    """Distance along the virtual camera's z, metres; 0 means no reading."""
    root_depth_m: float | None = None
    """Measured distance of the hand's centre along the virtual camera's z, metres."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """A diagonal Gaussian in the latent space."""

    mean: Float[Array, " z"]
    """Mean."""
    log_var: Float[Array, " z"]
    """Logarithm of the variance."""


@dataclass(frozen=True, slots=True)
class Bones:
    """The 20 bone lengths of one person's hand, which do not change."""

    lengths: Float[Array, " 20"]
    """In hand lengths, in the order of the bones' far joints."""
    sigma: Float[Array, " 20"]
    """Standard deviation of each, hand lengths."""


@dataclass(frozen=True, slots=True)
class TrackedHand:
    """One hand of a result: the pose and where it came from."""

    track: int
    """Stays the same while the hand stays in view."""
    pose: HandPose
    """The pose after the filters."""
    raw: HandPose
    """The pose before the filters."""
    posterior: Posterior
    """The latent posterior that was decoded, before the user's offsets."""
    posteriors: Mapping[str, Posterior]
    """Posterior of each modality on its own."""
    z: Float[Array, " z"]
    """The latent that was decoded, with the user's offsets."""
    samples_m: Float[Array, "n 21 3"]
    """Joints decoded from samples of the posterior, camera frame, metres."""
    crop: HandCrop | None = None
    """Crop that was encoded; None for a pose that was decoded without a picture."""
    decoded: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """Other modalities decoded from the same ``z``, by name."""
    bones: Bones | None = None
    """The bone lengths of the pose: the user's, or those estimated over the first seconds of the track."""
    filled: bool = False
    """Not seen in this frame but put between those before and after it; whole clips only."""
    edited: bool = False
    """The pose is decoded from a latent that the user has set or moved: it was not measured. Its place is."""

    def __repr__(self) -> str:
        marks = ", filled" * self.filled + ", edited" * self.edited
        return f"{type(self).__name__}(track={self.track}, pose={self.pose}{marks})"


@dataclass(frozen=True, slots=True)
class Controls:
    """Settings that the user changes while the app runs. Defaults give the plain estimate."""

    drive: Name = "auto"
    """Modality whose posterior is decoded: a name, ``fused``, or ``auto`` for what the weights recommend."""
    latent: Float[Array, " z"] | None = None
    """An absolute latent that replaces the live mean of one hand (frozen or explored)."""
    offset: Float[Array, " z"] | None = None
    """Added to the latent of that hand."""
    edited_side: Side | None = None
    """Side of the hand that ``latent`` and ``offset`` set, where two are in view; None for the first."""
    samples: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Number of posterior samples to decode for display."""
    decode: tuple[Name, ...] = ()
    """Further modalities to decode from the same latent."""
    filters: tuple[Name, ...] = ("one_euro",)
    """Filters to apply, in order."""
    hand_length_m: HandLength = NOMINAL_HAND_LENGTH_M
    """The user's hand, wrist crease to tip of the straight middle finger; sets the scale where no sensor does."""
    hand_sigma_m: HandSigma | None = None
    """Standard deviation of that length where it was measured; None where it is assumed."""
    bones: Float[Array, " 20"] | None = None
    """The user's own bone lengths, hand lengths; None to estimate those of each tracked hand."""
    lock_side: Side | None = None
    """Treat every hand as this one."""
    max_hands: Annotated[int, Meta(ge=1, le=4)] = 2
    """Number of hands to track, 1 to 4."""
    recorded: bool = False
    """Live: give the hands that a session holds (``Frame.recorded``) instead of estimating them anew."""

    @property
    def edits(self) -> bool:
        """True where the user has set or moved the latent of a hand."""
        return self.latent is not None or self.offset is not None

    def for_hands(self, sides: Sequence[Side]) -> "list[Controls]":
        """Controls of each hand in view, by their sides: the user's latent is one hand's, the others are measured."""
        mine = next((k for k, side in enumerate(sides) if self.edited_side in (None, side)), 0)
        plain = replace(self, latent=None, offset=None) if self.edits else self
        return [self if k == mine else plain for k in range(len(sides))]


@dataclass(frozen=True, slots=True)
class GestureEvent:
    """A taught gesture (:mod:`handcam.gestures`) starts, is held, or ends."""

    name: str
    """As it was taught."""
    phase: Literal["start", "hold", "end"]
    """A motion is known when it is over, and has an ``end`` alone."""
    track: int
    """``TrackedHand.track`` of the hand, which may be gone at the end."""
    side: Side
    """Side of the hand."""
    probability: float
    """That it is this gesture and not another or none, 0 to 1."""
    held_s: float
    """Time since it started; of a motion, how long it took."""


@dataclass(frozen=True, slots=True)
class Result:
    """Hands estimated in one frame."""

    frame: Frame
    """The very frame the result was made from."""
    hands: tuple[TrackedHand, ...]
    """Up to ``Controls.max_hands``."""
    times_ms: Mapping[str, float]
    """Duration of each section: wait, detect, crop, predict, decode, refine."""
    time_ns: int
    """Time when the result was ready, ``time.perf_counter_ns``."""
    explored: TrackedHand | None = None
    """The pose decoded from the user's latent while no hand is in view."""
    controls: Controls = field(default_factory=Controls)
    """Settings of the user at that frame."""
    gestures: tuple[GestureEvent, ...] = ()
    """Taught gestures that start, are held or end in this frame."""

    def __repr__(self) -> str:
        return f"Result({self.frame}, hands={list(self.hands)})"
