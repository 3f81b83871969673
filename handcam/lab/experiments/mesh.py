"""The graph-convolutional mesh against skinning the rig, from the true joints of hands that were not trained on.

``swing``: each bone takes the smallest turn from its parent, as the window draws skin without the net; ``convention``:
bones without a turn about themselves, as in exports; ``ik``: bones as the filter ``ik`` turns them.
"""

from collections import defaultdict
from time import thread_time

import numpy as np

from handcam.filters import ik
from handcam.hand.rotations import joint_frames, matrices
from handcam.hand.surface import surface_for_joints
from handcam.lab.experiments import Setup
from handcam.lab.train.mesh import sample_surfaces
from handcam.tracking.mesh import graph_surface
from handcam.types import HandPose, Side

__all__ = ["TITLE", "measure"]

TITLE = "Graph-convolutional mesh"
AHEAD_M = np.array([0.0, 0.0, 0.5])
"""Place of the hands, which makes no difference."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Mean distance of vertices, mm; the worst hundredth of hands; and the time of a hand, ms."""
    n = 40 if quick else 400
    joints, vertices = sample_surfaces(np.random.default_rng((setup.seed, 1, 71)), n)
    found, times = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for j, true in zip(joints, vertices, strict=True):
        solved = ik.open().apply(HandPose(Side.RIGHT, 1.0, j + AHEAD_M, True, np.zeros((21, 2)), np.zeros(21)), 0)
        assert solved.rotations is not None
        frames = {"convention": joint_frames(j, Side.RIGHT), "ik": matrices(solved.rotations)}
        for name, draw in {
            "swing": lambda j=j: surface_for_joints(j), "graph": lambda j=j: graph_surface(j),
            **{k: lambda j=j, f=f: surface_for_joints(j, Side.RIGHT, f) for k, f in frames.items()},
        }.items():  # fmt: skip
            start = thread_time()
            surface = draw()
            times[name].append(thread_time() - start)
            found[name].append(1e3 * float(np.linalg.norm(surface - true, axis=-1).mean()))
    figures = {"n": float(n)}
    for name, values in found.items():
        figures |= {f"{name}_mm": float(np.mean(values)), f"{name}_p99_mm": float(np.percentile(values, 99))}
        figures[f"{name}_ms"] = 1e3 * float(np.median(times[name]))
    return figures
