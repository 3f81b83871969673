"""Whole pictures of no to four hands in a world of photographs, for detectors of hands."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from handcam.geometry import project
from handcam.synth.props import WORN
from handcam.synth.render import visibility
from handcam.synth.world import RenderedScene, SceneHand, WorldSettings
from handcam.synth.world.arms import Arm, Look, PosedHand, dressed_arms, endless_hands
from handcam.synth.world.compositing import compose
from handcam.synth.world.surfaces import Drawing, Surface, outline
from handcam.synth.world.surroundings import bodies, decoys
from handcam.types import Intrinsics, Side

__all__ = ["world_scenes"]


def world_scenes(rng: np.random.Generator, settings: WorldSettings = WorldSettings()) -> Iterator[RenderedScene]:
    """Yield whole pictures of no to four hands of 3 to 60 % of the picture, without end."""
    hands = endless_hands(rng, settings, _LOOKS)
    while True:
        yield _scene(rng, hands, settings)


_LOOKS = {Look.EGO: 0.34, Look.ABOVE: 0.22, Look.FACING: 0.34, Look.ANY: 0.1}


def _scene(rng: np.random.Generator, hands: Iterator[PosedHand], settings: WorldSettings) -> RenderedScene:
    w, h = settings.scene_px, int(settings.scene_px * (0.5625 if rng.random() < 0.3 else 0.75))
    if rng.random() < 0.3:
        w, h = h, w
    camera = Intrinsics.from_fov(w, h, float(np.radians(rng.uniform(45, 85) * w / settings.scene_px)))
    groups: list[Arm] = []
    behind: list[Surface] = []
    look = Look.ANY
    people = 0 if rng.random() < settings.empty else 1 + int(rng.random() < 0.25)
    for _ in range(people):
        posed = list(islice(hands, 1 + int(rng.random() < 0.5)))
        look = posed[0].look
        share = _share(rng, look)
        arms = dressed_arms(rng, look, posed, settings)
        z = camera.fx * 0.18 * arms[0].size / (share * max(w, h))
        group = _hands_of_one(rng, arms, look, camera, z)
        groups += group
        behind += bodies(rng, look, group, np.eye(3, dtype=np.float32), camera)
    if not people or rng.random() < 0.2:
        behind += decoys(rng, camera, settings, int(rng.integers(1, 4)))
    picture, drawing = compose(rng, groups, behind, camera, settings, look)
    labels = (_labelled(arm, number, drawing, camera) for number, arm in enumerate(groups))
    return RenderedScene(picture, camera, tuple(hand for hand in labels if hand.seen > 0.08))


def _share(rng: np.random.Generator, look: Look) -> float:
    """Length of the hand as a share of the picture's longer side."""
    low, high = {Look.EGO: (0.14, 0.6), Look.ABOVE: (0.1, 0.45), Look.FACING: (0.035, 0.5), Look.ANY: (0.05, 0.6)}[look]
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _hands_of_one(rng: np.random.Generator, arms: list[Arm], look: Look, camera: Intrinsics, z: float) -> list[Arm]:
    """One or both hands of a person in the picture: side by side, touching or crossing."""
    half = np.array([camera.width / camera.fx, camera.height / camera.fy]) / 2 * z
    reach = 0.09 * arms[0].size
    middle = rng.uniform(-1, 1, 2) * np.maximum(half - reach * rng.uniform(-0.5, 1.0), 0.02)
    first_left = rng.random() < 0.5
    if len(arms) == 1:
        return [(arms[0].mirrored() if first_left else arms[0]).placed(np.array([*middle, z]))]
    apart = rng.uniform(0.03, 0.08) if rng.random() < 0.35 else rng.uniform(0.09, 0.35)
    apart *= -1 if rng.random() < 0.12 else 1  # crossed
    offset = np.array([apart / 2, rng.normal(0, 0.03), 0.0])
    middle *= 0.7
    right = arms[0].placed(np.array([*middle, z]) + offset)
    left = arms[1].mirrored().placed(np.array([*middle, z + rng.normal(0, 0.02)]) - offset)
    return [right, left]


def _labelled(arm: Arm, number: int, drawing: Drawing, camera: Intrinsics) -> SceneHand:
    pixels = project(arm.joints_m, camera).astype(np.float32)
    skin = arm.parts[0].moved(arm.rotation, arm.origin_m)
    box, area = outline(skin.vertices_m, skin.faces[skin.segments != WORN], camera)
    mine = (drawing.owner == number) & (drawing.segments != WORN)
    seen_box = np.full(4, np.nan, np.float32)
    if mine.any():
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        seen_box = np.array([columns[0] - 0.5, rows[0] - 0.5, columns[-1] + 0.5, rows[-1] + 0.5], np.float32)
    return SceneHand(
        Side.LEFT if arm.left else Side.RIGHT, arm.joints_m, pixels,
        visibility(arm.joints_m, drawing.depth_m, camera, 0.017 * arm.size), box, seen_box,
        min(float(mine.sum()) / max(area, 1.0), 1.0),
    )  # fmt: skip
