"""One rule for which labelled hand a found hand is: optimal assignment of keypoints in the picture.

The window, the report of a run without one, and every evaluation use it. It stands below all of them, in numpy and
scipy alone, so that none has to import another.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from handcam.types import Array

__all__ = ["MATCH_LIMIT", "assign", "match_hands", "relative_distances"]

MATCH_LIMIT = 1.0
"""Mean keypoint distance, in sizes of the labelled hand, above which a found hand is another hand or none."""


def relative_distances(
    found_px: Sequence[Float[Array, "k 2"]],
    true_px: Sequence[Float[Array, "k 2"]],
    sizes_px: Sequence[float] | None = None,
) -> Float[Array, "t f"]:
    """Mean distance of corresponding keypoints of every labelled and every found hand.

    Args:
        found_px: keypoints of the hands that were found, pixels.
        true_px: keypoints of the labelled hands, pixels.
        sizes_px: size of each labelled hand, the unit of the distances; default the longer edge of its bounding box.
    """
    out = np.full((len(true_px), len(found_px)), np.inf)
    for i, true in enumerate(true_px):
        size = float(np.ptp(true, axis=0).max()) if sizes_px is None else sizes_px[i]
        for k, found in enumerate(found_px):
            out[i, k] = np.linalg.norm(found - true, axis=-1).mean() / max(size, 1e-9)
    return out


def assign(distances: Float[Array, "t f"], limit: float = MATCH_LIMIT) -> dict[int, int]:
    """Assign found hands to labelled ones, one to one, with the least sum of distances (Kuhn 1955).

    Returns:
        Index of the found hand by that of the labelled one. Pairs farther apart than ``limit`` are left out, as are
        those whose distance is not finite.
    """
    import scipy.optimize  # pyright: ignore[reportMissingTypeStubs]  a fifth of a second that the start need not wait

    allowed = distances <= limit
    cost = np.where(allowed, distances, (limit + 1.0) * (1 + min(distances.shape)))  # as many real pairs as possible
    solve = cast(Any, scipy.optimize.linear_sum_assignment)  # pyright: ignore[reportUnknownMemberType]
    return {int(i): int(k) for i, k in zip(*solve(cost), strict=True) if allowed[i, k]}


def match_hands(found_px: Sequence[Float[Array, "21 2"]], true_px: Sequence[Float[Array, "21 2"]]) -> dict[int, int]:
    """Index of the found hand by that of the labelled one; labelled hands that were missed are left out."""
    return assign(relative_distances(found_px, true_px))
