"""Whole training pictures: crops as a live tracker would cut them, and scenes as a camera would see them."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from handcam.crop import box_around, view
from handcam.geometry import project
from handcam.synth.background import Backgrounds
from handcam.synth.body import Body, bodies
from handcam.synth.camera_effects import LensSettings, develop
from handcam.synth.light import Lights, sample_lights
from handcam.synth.poses import Poses, sample
from handcam.synth.props import HELD, Thing, held, ring, sleeve, watch
from handcam.synth.render import Layer, over, shade_hands, visibility
from handcam.synth.rendered import PictureSettings, Rendered
from handcam.synth.skin import SkinLook, sample_skin
from handcam.types import HandBox, Intrinsics, Side

__all__ = ["PictureSettings", "Rendered", "crops", "mirrored", "paint", "scenes"]

_BATCH = 16


def crops(rng: np.random.Generator, settings: PictureSettings = PictureSettings()) -> Iterator[Rendered]:
    """Endless square crops around right hands, seen by the cropper's virtual cameras."""
    while True:
        poses = sample(rng, _BATCH, settings.poses)
        rotation, translation, lenses = poses.rotation.copy(), poses.translation_m.copy(), []
        for i in range(_BATCH):
            fov = np.radians(rng.uniform(*settings.fov_deg))
            camera = Intrinsics.from_fov(settings.width, settings.height, float(fov))
            crop = view(_box(rng, project(poses.joints_m[i], camera), settings), camera, settings.size)
            turn = crop.crop_from_camera.astype(np.float32)
            rotation[i], translation[i] = turn @ rotation[i], turn @ translation[i]
            lenses.append(crop.intrinsics)
        yield from _pictures(rng, _moved(poses, rotation, translation), lenses, settings)


def scenes(rng: np.random.Generator, settings: PictureSettings = PictureSettings()) -> Iterator[Rendered]:
    """Endless whole pictures of one labelled hand, left or right, anywhere in view."""
    while True:
        poses = sample(rng, _BATCH, settings.poses)
        fovs = np.radians(rng.uniform(*settings.fov_deg, _BATCH))
        lenses = [Intrinsics.from_fov(settings.width, settings.height, float(fov)) for fov in fovs]
        for picture in _pictures(rng, poses, lenses, settings):
            yield _flipped(picture) if rng.random() < 0.5 else picture


def paint(
    rng: np.random.Generator, layer: Layer, background: UInt8[np.ndarray, "h w 3"], lens: LensSettings
) -> UInt8[np.ndarray, "h w 3"]:
    """Composite and develop; sometimes the hand throws a shadow on what is behind it."""
    if rng.random() < 0.3:
        h, w = layer.alpha.shape
        move = np.float32([[1, 0, rng.normal(0, 0.08) * w], [0, 1, abs(rng.normal(0, 0.08)) * h]])
        shadow = cv2.warpAffine(layer.alpha, move, (w, h))
        shadow = cv2.GaussianBlur(shadow, (0, 0), float(w * rng.uniform(0.01, 0.06)))
        background = (background * (1 - rng.uniform(0.1, 0.6) * shadow[..., None])).astype(np.uint8)
    return develop(rng, over(layer, background), lens)


def mirrored(body: Body) -> Body:
    """The left hand that is a right one's mirror image in the plane x = 0 of the camera frame."""
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    return replace(body, vertices_m=body.vertices_m * flip, normals=body.normals * flip)


def _pictures(
    rng: np.random.Generator, poses: Poses, lenses: list[Intrinsics], settings: PictureSettings
) -> Iterator[Rendered]:
    pool = Backgrounds.load(settings.backgrounds)
    n = len(lenses)
    surfaces = bodies(poses, rng.normal(0, [0.35, 0.18], (n, 2)))
    for i, camera in enumerate(lenses):
        body, joints = surfaces[i], poses.joints_m[i]
        background = pool.cut(rng, camera.width, camera.height, settings.photo)
        lights = _tinted(rng, sample_lights(rng, settings.even_light), background)
        exposure = np.exp(rng.normal(-0.05, 0.3)) / (lights.ambient.mean() + 0.5 * lights.colours.mean(1).sum())
        look = sample_skin(rng)
        size = float(poses.shape.size[i])
        people = [(body, look, _things(rng, body, joints, poses.rotation[i], size, settings))]
        if rng.random() < settings.second and n > 1:
            people.append(_second(rng, surfaces[i - 1], poses.joints_m[i - 1], joints, look))
        layer = shade_hands(rng, people, camera, lights, float(exposure))
        wall = max(float(layer.depth_m.max()), float(joints[:, 2].max())) + rng.exponential(0.5) + 0.03
        depth, segments = layer.depth_m, layer.segments
        plane = _plane(rng, camera, wall)
        depth = np.where(depth > 0, depth, plane if rng.random() < 0.8 else 0).astype(np.float32)
        if rng.random() < settings.cover:
            layer, depth, segments = _covered(rng, layer, depth, pool, settings)
        color = paint(rng, layer, background, settings.lens)
        yield Rendered(
            color, depth, segments, camera, Side.RIGHT, joints, project(joints, camera).astype(np.float32),
            visibility(joints, depth, camera, 0.017 * size), poses.angles[i], _shape_row(poses, i), poses.rotation[i],
        )  # fmt: skip


def _things(
    rng: np.random.Generator, body: Body, joints: np.ndarray, rotation: np.ndarray, size: float,
    settings: PictureSettings,
) -> list[Thing]:  # fmt: skip
    out = []
    draw = rng.random(4)
    if draw[0] < settings.sleeve:
        out.append(sleeve(rng, body))
    if draw[1] < settings.watch:
        out.append(watch(rng, body))
    if draw[2] < settings.ring:
        out.append(ring(rng, joints, size))
    if draw[3] < settings.held:
        thing = held(rng, joints, rotation)
        out += [thing] if thing is not None else []
    return out


def _second(
    rng: np.random.Generator, body: Body, its_joints: np.ndarray, joints: np.ndarray, look: SkinLook
) -> tuple[Body, SkinLook, list[Thing]]:
    """Another pose's body as the other hand of the same person, beside or behind the first."""
    beside = rng.standard_normal(3) * [1.0, 0.7, 0.3]
    beside *= rng.uniform(0.09, 0.18) / max(np.linalg.norm(beside[:2]), 1e-3)
    other = mirrored(body)
    move = joints.mean(0) + beside - its_joints.mean(0) * [-1.0, 1.0, 1.0]
    vertices = (other.vertices_m + move).astype(np.float32)
    return replace(other, vertices_m=vertices), look, []


def _tinted(rng: np.random.Generator, lights: Lights, background: np.ndarray) -> Lights:
    """Lamps that take on some of the background's colour, as walls and sky do."""
    mean = (background.reshape(-1, 3)[::97].mean(0) / 255 + 0.05) ** 2.2
    tint = np.clip((mean / mean.mean()) ** rng.uniform(0.0, 0.4), 0.75, 1.35)
    tint = tint.astype(np.float32)
    return replace(lights, ambient=lights.ambient * tint, slope=lights.slope * tint, colours=lights.colours * tint**0.5)


def _plane(rng: np.random.Generator, camera: Intrinsics, at: float) -> Float[np.ndarray, "h w"]:
    """Depth of a tilted wall that stays behind ``at``."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    a, b = rng.normal(0, 0.4, 2)
    slope = 1 + np.clip(a * x[None, :] + b * y[:, None], -0.6, 2.0)
    return (at / slope * slope.max()).astype(np.float32)


def _covered(
    rng: np.random.Generator, layer: Layer, depth: np.ndarray, pool: Backgrounds, settings: PictureSettings
) -> tuple[Layer, np.ndarray, np.ndarray]:
    """Something with a piece of another picture on it in front of a part of the hand."""
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
    cv2.fillPoly(mask, [points.astype(np.int32)], 1.0, cv2.LINE_AA)
    picture = pool.cut(rng, w, h, settings.photo)
    m = mask[..., None]
    solid = mask > 0.5
    near = float(layer.depth_m[rows, columns].min())
    cover = Layer(
        layer.color * (1 - m) + picture * m, np.maximum(layer.alpha, mask), layer.depth_m,
        np.where(solid, np.uint8(HELD), layer.segments).astype(np.uint8),
    )  # fmt: skip
    return cover, np.where(solid, np.float32(near * rng.uniform(0.7, 0.97)), depth), cover.segments


def _box(rng: np.random.Generator, keypoints: np.ndarray, settings: PictureSettings) -> HandBox:
    """The box a tracker would look at: from noisy keypoints of the picture before, sometimes a detector's rough one."""
    box = box_around(keypoints, Side.RIGHT)
    box = box_around(keypoints + rng.normal(0, settings.jitter_px * box.size_px, keypoints.shape), Side.RIGHT)
    rough = settings.jitter_box * (2.0 if rng.random() < 0.25 else 1.0)
    return replace(
        box, centre_px=box.centre_px + rng.normal(0, rough, 2) * box.size_px,
        size_px=float(box.size_px * np.exp(rng.normal(0.0, 1.5 * rough))),
        angle_rad=float(box.angle_rad + rng.normal(0, 3 * rough)),
    )  # fmt: skip


def _moved(poses: Poses, rotation: np.ndarray, translation: np.ndarray) -> Poses:
    """The same hands in turned camera frames."""
    hand = (poses.joints_m - poses.translation_m[:, None]) @ poses.rotation
    joints = hand @ rotation.swapaxes(1, 2) + translation[:, None]
    return Poses(poses.angles, poses.shape, rotation, translation, joints)


def _shape_row(poses: Poses, i: int) -> np.ndarray:
    s = poses.shape
    return np.concatenate([s.size[i : i + 1], s.lengths[i], s.breadth[i : i + 1], s.thickness[i]]).astype(np.float32)


def _flipped(picture: Rendered) -> Rendered:
    """The picture in a mirror: the hand becomes a left one."""
    camera, flip = picture.intrinsics, np.array([-1.0, 1.0, 1.0], np.float32)
    keypoints = picture.keypoints_px.copy()
    keypoints[:, 0] = camera.width - 1 - keypoints[:, 0]
    return replace(
        picture, color=np.ascontiguousarray(picture.color[:, ::-1]),
        depth_m=np.ascontiguousarray(picture.depth_m[:, ::-1]),
        segments=np.ascontiguousarray(picture.segments[:, ::-1]), side=Side.LEFT,
        intrinsics=replace(camera, cx=camera.width - 1 - camera.cx), joints_m=picture.joints_m * flip,
        keypoints_px=keypoints,
    )  # fmt: skip
