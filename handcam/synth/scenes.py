"""Training pictures with every label: crops as a live tracker would cut them, and scenes as a camera sees them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from handcam.crop import box_around, view
from handcam.geometry import project
from handcam.hand.skeleton import MIRROR
from handcam.synth.background import Backgrounds
from handcam.synth.body import Body, build_bodies
from handcam.synth.camera_effects import CameraEffects, apply_camera_effects
from handcam.synth.light import Lights, sample_lights
from handcam.synth.poses import PoseBatch, PoseSettings, sample_poses
from handcam.synth.props import HELD, Prop, held_object, ring, sleeve, watch
from handcam.synth.render import Layer, RenderHand, composite, render_hands, visibility
from handcam.synth.skin import SkinAppearance, sample_skin
from handcam.types import Array, HandBox, HandPose, Intrinsics, Side

__all__ = [
    "PictureSettings",
    "RenderedImage",
    "compose_image",
    "crops",
    "scenes",
    "true_pose"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Contents of the pictures. Shares are of pictures."""

    size: int = 128
    """Edge of a crop, px."""
    width: int = 640
    """Width of a scene, px."""
    height: int = 480
    """Height of a scene, px."""
    fov_deg: tuple[float, float] = (45.0, 80.0)
    """Horizontal field of view of the camera, from and to."""
    poses: PoseSettings = field(default_factory=lambda: PoseSettings(bones=0.05, off_axis=0.2))
    """Poses, shapes and views."""
    camera_effects: CameraEffects = field(default_factory=CameraEffects)
    """Faults of the camera."""
    backgrounds: Path | None = None
    """Folder of photographs without hands; procedural ones are always there."""
    photo: float = 0.6
    """Share of photographs among the backgrounds, where there are any."""
    even_light: float = 0.3
    """0 for any light, 1 for friendly rooms only."""
    sleeve: float = 0.4
    """Share with a sleeve."""
    watch: float = 0.12
    """Share with a watch."""
    ring: float = 0.1
    """Share with a ring."""
    held: float = 0.15
    """Share with something held."""
    second: float = 0.06
    """Share with a second hand near the first."""
    occluder: float = 0.1
    """Share with something before the hand."""
    jitter_px: float = 0.02
    """Noise of the keypoints a crop's box is made from, as a share of the box."""
    jitter_box: float = 0.06
    """Standard deviation of a crop's centre, size and (radians, twice) angle, as a share of the box."""


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """One picture with its labels; in a crop the hand is always a right one, as everywhere behind the cropper."""

    color: UInt8[Array, "h w 3"]
    """RGB picture."""
    depth_m: Float[Array, "h w"]
    """Exact distance along z, of the background too; 0 where the view is open."""
    segments: UInt8[Array, "h w"]
    """Numbers of ``render.SEGMENTS``."""
    intrinsics: Intrinsics
    """The camera."""
    side: Side
    """Side of the hand in this picture."""
    joints_m: Float[Array, "21 3"]
    """Camera frame."""
    keypoints_px: Float[Array, "21 2"]
    """Their projection."""
    visible: Bool[Array, " 21"]
    """In the picture and not hidden by anything but the flesh around the joint."""
    angles: Float[Array, " 24"]
    """Joint angles of the rig, radians, order of ``rig.DOFS``."""
    shape: Float[Array, " 27"]
    """Size, 20 bone lengths, breadth, 5 finger thicknesses, as factors on the rig's."""
    rotation: Float[Array, "3 3"]
    """Camera from hand frame, of the right hand (before mirroring, for a left one)."""
    presence: bool = True
    """Whether there is a hand; without one the labels of joints are NaN."""
    in_view: Bool[Array, " 21"] | None = None
    """Joints inside the crop and the picture that it was cut from, hidden or not; None where none are cut off."""


_BATCH = 16


def crops(rng: np.random.Generator, settings: PictureSettings = PictureSettings()) -> Iterator[RenderedImage]:
    """Yield square crops around right hands, through the cropper's virtual cameras, without end."""
    while True:
        poses = sample_poses(rng, _BATCH, settings.poses)
        rotation, translation, cameras = poses.rotation.copy(), poses.translation_m.copy(), []
        for i in range(_BATCH):
            fov = np.radians(rng.uniform(*settings.fov_deg))
            camera = Intrinsics.from_fov(settings.width, settings.height, float(fov))
            crop = view(_box(rng, project(poses.joints_m[i], camera), settings), camera, settings.size)
            turn = crop.crop_from_camera.astype(np.float32)
            rotation[i], translation[i] = turn @ rotation[i], turn @ translation[i]
            cameras.append(crop.intrinsics)
        yield from render_poses(rng, _in_cameras(poses, rotation, translation), cameras, settings)


def scenes(rng: np.random.Generator, settings: PictureSettings = PictureSettings()) -> Iterator[RenderedImage]:
    """Yield whole pictures of one labelled hand, left or right, anywhere in view, without end."""
    while True:
        poses = sample_poses(rng, _BATCH, settings.poses)
        fovs = np.radians(rng.uniform(*settings.fov_deg, _BATCH))
        cameras = [Intrinsics.from_fov(settings.width, settings.height, float(fov)) for fov in fovs]
        for picture in render_poses(rng, poses, cameras, settings):
            yield _mirrored(picture) if rng.random() < 0.5 else picture


def compose_image(
    rng: np.random.Generator, layer: Layer, background: UInt8[Array, "h w 3"], effects: CameraEffects
) -> UInt8[Array, "h w 3"]:
    """Composite over a background and apply the camera's effects; three in ten hands throw a shadow on it."""
    if rng.random() < 0.3:
        h, w = layer.alpha.shape
        move = np.array([[1, 0, rng.normal(0, 0.08) * w], [0, 1, abs(rng.normal(0, 0.08)) * h]], np.float32)
        shadow = cv2.warpAffine(layer.alpha, move, (w, h))
        shadow = cv2.GaussianBlur(shadow, (0, 0), float(w * rng.uniform(0.01, 0.06)))
        background = (background * (1 - rng.uniform(0.1, 0.6) * shadow[..., None])).astype(np.uint8)
    return apply_camera_effects(rng, composite(layer, background), effects)


def true_pose(side: Side, right_joints_m: Float[Array, "21 3"], camera: Intrinsics) -> HandPose:
    """Ground truth of a frame from the joints of a right hand, of which a left one is the mirror image at x = 0."""
    joints_m = right_joints_m.astype(float) * (MIRROR if side is Side.LEFT else 1.0)
    return HandPose(side, 1.0, joints_m, True, project(joints_m, camera), np.zeros(21))


def render_poses(
    rng: np.random.Generator, poses: PoseBatch, cameras: list[Intrinsics], settings: PictureSettings
) -> Iterator[RenderedImage]:
    pool = Backgrounds.load(settings.backgrounds)
    n = len(cameras)
    surfaces = build_bodies(poses, rng.normal(0, [0.35, 0.18], (n, 2)))
    for i, camera in enumerate(cameras):
        body, joints = surfaces[i], poses.joints_m[i]
        background = pool.random_crop(rng, camera.width, camera.height, settings.photo)
        lights = _tinted(rng, sample_lights(rng, settings.even_light), background)
        exposure = float(np.exp(rng.normal(-0.05, 0.3)) / lights.level)
        appearance = sample_skin(rng)
        size = float(poses.shape.size[i])
        props = _sample_props(rng, body, joints, poses.rotation[i], size, settings)
        hands: list[RenderHand] = [(body, appearance, props)]
        if rng.random() < settings.second and n > 1:
            hands.append(_second_hand(rng, surfaces[i - 1], poses.joints_m[i - 1], joints, appearance))
        layer = render_hands(rng, hands, camera, lights, exposure)
        wall = max(float(layer.depth_m.max()), float(joints[:, 2].max())) + rng.exponential(0.5) + 0.03
        depth, segments = layer.depth_m, layer.segments
        plane = _wall(rng, camera, wall)
        depth = np.where(depth > 0, depth, plane if rng.random() < 0.8 else 0).astype(np.float32)
        if rng.random() < settings.occluder:
            layer, depth, segments = _occluded(rng, layer, depth, pool, settings)
        color = compose_image(rng, layer, background, settings.camera_effects)
        yield RenderedImage(
            color, depth, segments, camera, Side.RIGHT, joints, project(joints, camera).astype(np.float32),
            visibility(joints, depth, camera, 0.017 * size), poses.angles[i], _shape_row(poses, i), poses.rotation[i],
        )  # fmt: skip


def _sample_props(
    rng: np.random.Generator, body: Body, joints: Array, rotation: Array, size: float,
    settings: PictureSettings,
) -> list[Prop]:  # fmt: skip
    out = []
    draw = rng.random(4)
    if draw[0] < settings.sleeve:
        out.append(sleeve(rng, body))
    if draw[1] < settings.watch:
        out.append(watch(rng, body))
    if draw[2] < settings.ring:
        out.append(ring(rng, joints, size))
    if draw[3] < settings.held:
        prop = held_object(rng, joints, rotation)
        out += [prop] if prop is not None else []
    return out


def _second_hand(
    rng: np.random.Generator, body: Body, its_joints: Array, joints: Array, appearance: SkinAppearance
) -> RenderHand:
    """Another pose's body as the other hand of the same person, beside or behind the first."""
    beside = rng.standard_normal(3) * [1.0, 0.7, 0.3]
    beside *= rng.uniform(0.09, 0.18) / max(np.linalg.norm(beside[:2]), 1e-3)
    other = body.mirrored()
    move = joints.mean(0) + beside - its_joints.mean(0) * MIRROR
    vertices = (other.vertices_m + move).astype(np.float32)
    return replace(other, vertices_m=vertices), appearance, []


def _tinted(rng: np.random.Generator, lights: Lights, background: Array) -> Lights:
    """Lamps that take on some of the background's colour, as walls and sky do."""
    mean = (background.reshape(-1, 3)[::97].mean(0) / 255 + 0.05) ** 2.2
    tint = np.clip((mean / mean.mean()) ** rng.uniform(0.0, 0.4), 0.75, 1.35)
    tint = tint.astype(np.float32)
    return replace(lights, ambient=lights.ambient * tint, slope=lights.slope * tint, colours=lights.colours * tint**0.5)


def _wall(rng: np.random.Generator, camera: Intrinsics, at: float) -> Float[Array, "h w"]:
    """Depth of a tilted wall that stays behind ``at``."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    a, b = rng.normal(0, 0.4, 2)
    slope = 1 + np.clip(a * x[None, :] + b * y[:, None], -0.6, 2.0)
    return (at / slope * slope.max()).astype(np.float32)


def _occluded(
    rng: np.random.Generator, layer: Layer, depth: Array, pool: Backgrounds, settings: PictureSettings
) -> tuple[Layer, Array, Array]:
    """Put a patch of another picture in front of a part of the hand."""
    h, w = depth.shape
    rows, columns = np.nonzero((layer.segments > 0) & (layer.segments < 7))
    if not len(rows):
        return layer, depth, layer.segments
    k = rng.integers(len(rows))
    centre = np.array([columns[k], rows[k]]) + rng.normal(0, 0.1, 2) * w
    t = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 12))))
    reach = max(np.ptp(columns), np.ptp(rows)) * rng.uniform(0.12, 0.4)
    points = centre + np.stack([np.cos(t), np.sin(t)], 1) * (reach * rng.uniform(0.5, 1.2, (len(t), 1)))
    mask = np.zeros((h, w), np.float32)
    cv2.fillPoly(mask, [points.astype(np.int32)], (1.0,), cv2.LINE_AA)
    picture = pool.random_crop(rng, w, h, settings.photo)
    m = mask[..., None]
    solid = mask > 0.5
    near = float(layer.depth_m[rows, columns].min())
    cover = Layer(
        layer.color * (1 - m) + picture * m, np.maximum(layer.alpha, mask), layer.depth_m,
        np.where(solid, np.uint8(HELD), layer.segments).astype(np.uint8),
    )  # fmt: skip
    return cover, np.where(solid, np.float32(near * rng.uniform(0.7, 0.97)), depth), cover.segments


def _box(rng: np.random.Generator, keypoints: Array, settings: PictureSettings) -> HandBox:
    """The box a tracker would cut: from noisy keypoints of the picture before, sometimes a detector's rough one."""
    box = box_around(keypoints, Side.RIGHT)
    box = box_around(keypoints + rng.normal(0, settings.jitter_px * box.size_px, keypoints.shape), Side.RIGHT)
    rough = settings.jitter_box * (2.0 if rng.random() < 0.25 else 1.0)
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, rough, 2) * box.size_px,
        size_px=float(box.size_px * np.exp(rng.normal(0.0, 1.5 * rough))),
        angle_rad=float(box.angle_rad + rng.normal(0, 3 * rough)),
    )  # fmt: skip


def _in_cameras(poses: PoseBatch, rotation: Array, translation: Array) -> PoseBatch:
    """The same hands in turned camera frames."""
    hand = (poses.joints_m - poses.translation_m[:, None]) @ poses.rotation
    joints = hand @ rotation.swapaxes(1, 2) + translation[:, None]
    return PoseBatch(poses.angles, poses.shape, rotation, translation, joints)


def _shape_row(poses: PoseBatch, i: int) -> Array:
    s = poses.shape
    return np.concatenate([s.size[i : i + 1], s.lengths[i], s.breadth[i : i + 1], s.thickness[i]]).astype(np.float32)


def _mirrored(picture: RenderedImage) -> RenderedImage:
    """The picture in a mirror: the hand becomes a left one."""
    camera = picture.intrinsics
    keypoints = picture.keypoints_px.copy()
    keypoints[:, 0] = camera.width - 1 - keypoints[:, 0]
    return replace(
        picture, color=np.ascontiguousarray(picture.color[:, ::-1]),
        depth_m=np.ascontiguousarray(picture.depth_m[:, ::-1]),
        segments=np.ascontiguousarray(picture.segments[:, ::-1]), side=Side.LEFT,
        intrinsics=replace(camera, cx=camera.width - 1 - camera.cx), joints_m=picture.joints_m * MIRROR,
        keypoints_px=keypoints,
    )  # fmt: skip
