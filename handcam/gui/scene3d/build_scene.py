"""Build the scene record that the 3D renderers paint, from a result."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from handcam.calibration.triangulation import inverse_pose, transform
from handcam.geometry import unproject
from handcam.gui.scene3d.grid import CELL_M
from handcam.gui.scene3d.orbit import FOCAL, Orbit
from handcam.gui.scene3d.scenes import CAMERAS, HANDS, POINTS, SAMPLES, Skin
from handcam.hand.halo import implausible, load_nets
from handcam.hand.rotations import matrices
from handcam.types import Frame, HandcamError, HandPose, Result, Side, TrackedHand, View

__all__ = ["SceneOptions", "build_scene", "hands_centre", "skin_note", "visible_hands"]

_FLOOR_M = 0.13
"""Height of the target above the floor."""
_CAMERA_M = 0.04
"""Distance of a camera's picture from its optical centre, as it is drawn."""
_REACH_M = 0.14
"""Measured points further than this from the hand's middle are not the hand."""


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """Parts of the scene that are switched on."""

    surface: bool = False
    """The hand's surface."""
    skin: Skin = Skin.RIG
    """How it is drawn."""
    error: bool = True
    """How far off each joint may be."""
    samples: bool = True
    """Posterior samples, when there are any."""
    sample_gain: float = 1.0
    """Calibration of the samples' spread, the one that the error has."""
    points: bool = True
    """Measured points, when there are any."""
    truth: bool = False
    """The true hands, when they are known."""


def visible_hands(result: Result) -> tuple[TrackedHand, ...]:
    """Hands in view, or else the one that is explored."""
    return result.hands[:HANDS] or ((result.explored,) if result.explored is not None else ())


def hands_centre(result: Result) -> tuple[Float[np.ndarray, " 3"], float] | None:
    """The middle of the hands (camera frame, metres) and how far they reach from it; None without a hand."""
    hands = [h.pose.joints_m for h in visible_hands(result) if np.isfinite(h.pose.joints_m).all()]
    if not hands:
        return None
    middle = np.mean([joints.mean(0) for joints in hands], axis=0)
    return middle, float(np.linalg.norm(np.concatenate(hands) - middle, axis=1).max())


def build_scene(scene: np.ndarray, result: Result | None, orbit: Orbit, options: SceneOptions) -> None:
    """Fill ``scene`` (a :data:`~handcam.gui.scene3d.scenes.SCENE` record) for this result and view."""
    target = orbit.target_m
    scene["view_from_scene"], scene["focal"] = orbit.view_from_scene, FOCAL
    floor = np.round((target[1] + _FLOOR_M) / CELL_M) * CELL_M  # in steps, so that it does not follow the hand
    scene["floor"], scene["grid_origin"] = floor - target[1], -target[[0, 2]]
    scene["surface"], scene["eye"] = options.surface * (1 + list(Skin).index(options.skin)), -target
    scene["hands"] = scene["truths"] = scene["samples"] = scene["points"] = scene["cameras"] = 0
    if result is None:
        return
    cameras = [camera_points(view) for view in result.frame.views if view.camera_from_first is not None][:CAMERAS]
    scene["cameras"] = len(cameras)
    for k, points in enumerate(cameras):
        scene["camera"][k] = points - target
    hands = [h for h in visible_hands(result) if np.isfinite(h.pose.joints_m).all()]
    scene["hands"] = len(hands)
    samples: list[np.ndarray] = []
    for k, hand in enumerate(hands):
        scene["joints"][k], scene["sigma"][k] = hand.pose.joints_m - target, _sigma_axes(hand, options)
        solved = hand.pose.rotations
        scene["frames"][k] = np.nan if solved is None else matrices(solved)
        scene["left"][k], scene["faint"][k] = hand.pose.side is Side.LEFT, not result.hands
        if options.samples:
            middle = hand.pose.joints_m
            samples += list(middle + options.sample_gain * (hand.samples_m[: SAMPLES // len(hands)] - middle))
    if samples:
        finite = [s for s in samples if np.isfinite(s).all()]
        scene["samples"] = len(finite)
        scene["sample"][: len(finite)] = np.array(finite).reshape(-1, 21, 3) - target
    recorded = result.frame.recorded
    ghosts = [hand.pose for hand in recorded or ()] if recorded is not result.hands else []
    thin = [*ghosts, *(result.frame.truth if options.truth else ())][:HANDS]
    scene["truths"] = len(thin)
    for k, pose in enumerate(thin):
        scene["truth"][k] = pose.joints_m - target
    if options.points and result.frame.depth is not None and hands:
        points, colours = hand_points(result.frame, [h.pose for h in hands])
        scene["points"] = len(points)
        scene["point"][: len(points)], scene["point_rgb"][: len(points)] = points - target, colours


def skin_note(result: Result | None, options: SceneOptions) -> str:
    """Say why a hand has the rig's skin in place of HALO's; empty where none has."""
    if result is None or not options.surface or options.skin is not Skin.HALO:
        return ""
    try:
        load_nets()
    except HandcamError as error:
        return f"Skin of the rig: {error}"
    hands = [hand.pose.joints_m for hand in visible_hands(result) if np.isfinite(hand.pose.joints_m).all()]
    why = next(filter(None, map(implausible, hands)), None)
    return "" if why is None else f"Skin of the rig over joints that no hand has: {why}."


def _sigma_axes(hand: TrackedHand, options: SceneOptions) -> Float[np.ndarray, "21 2"]:
    """Standard deviations across the ray and along it; zeros where none is shown, or nothing was measured."""
    if not options.error or hand.edited:
        return np.zeros((21, 2))
    axes = hand.pose.sigma_axes_m
    return np.stack([hand.pose.sigma_m] * 2, axis=1) if axes is None else axes


def camera_points(view: View) -> Float[np.ndarray, "5 3"]:
    """A camera's optical centre and the corners of its picture before it, first camera's frame, metres."""
    assert view.camera_from_first is not None
    camera = view.intrinsics
    corners = np.array([[0, 0], [camera.width, 0], [camera.width, camera.height], [0, camera.height]]) - 0.5
    own = np.vstack([np.zeros(3), unproject(corners, np.full(4, _CAMERA_M), camera)])
    return transform(inverse_pose(view.camera_from_first), own)


def hand_points(frame: Frame, poses: list[HandPose]) -> tuple[np.ndarray, np.ndarray]:
    """Measured points near the hands and their colours, at most :data:`POINTS` in all."""
    assert frame.depth is not None
    height, width = frame.depth.shape
    points, colours = [np.zeros((0, 3))], [np.zeros((0, 3), np.uint8)]
    for pose in poses:
        low, high = pose.keypoints_px.min(0), pose.keypoints_px.max(0)
        margin = 0.15 * float((high - low).max())
        x0, y0 = np.clip(low - margin, 0, [width, height]).astype(int)
        x1, y1 = np.clip(high + margin, 0, [width, height]).astype(int)
        budget = POINTS // len(poses)
        step = max(1, int(np.ceil(np.sqrt((x1 - x0) * (y1 - y0) / budget))))
        v, u = np.mgrid[y0:y1:step, x0:x1:step]
        depth_m = frame.depth[v, u] * frame.depth_unit_m
        middle = float(pose.joints_m[:, 2].mean())
        keep = (depth_m > 0) & (np.abs(depth_m - middle) < _REACH_M)
        u, v, depth_m = u[keep][:budget], v[keep][:budget], depth_m[keep][:budget]
        points.append(unproject(np.stack([u, v], -1).astype(float), depth_m, frame.intrinsics))
        grey = np.full((len(u), 3), 150, np.uint8)
        colours.append(grey if frame.color is None else frame.color[v, u])
    return np.concatenate(points), np.concatenate(colours)
