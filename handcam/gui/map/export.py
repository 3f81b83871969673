"""A selection of the map as files: arrays for programs, and a JSON beside them that says what they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handcam.gui.map.embeddings import Embeddings
from handcam.model.embedding import Atlas
from handcam.paths import write_atomic
from handcam.types import HandcamError

__all__ = ["write_selection"]

_WHAT = {
    "z": "posterior mean, one row for each embedding",
    "joints": "true joints of the hand, relative to the middle knuckle, in hand lengths, camera axes (x right, y down)",
    "modality": "through which modality the hand was seen",
    "hand": "number of the hand in the atlas of these weights",
    "parameters": "what is known of the pose, by the columns in parameter_names",
    "map": "place in the map that was shown",
}


def write_selection(
    path: Path,
    atlas: Atlas,
    embeddings: Embeddings,
    numbers: Int[np.ndarray, " k"],
    points: Float[np.ndarray, "m 2"],
    about: dict[str, Any],
) -> Path:
    """Write ``NAME.npz`` and ``NAME.json``; returns the former.

    Args:
        path: what the user named; its ending is replaced.
        atlas: where the hands come from.
        embeddings: all points.
        numbers: those that are selected.
        points: where all points lie in the map.
        about: what to note: weights, kind of map.

    Raises:
        HandcamError: the disk refuses.
    """
    path = path.with_suffix(".npz")
    hands = embeddings.pose[numbers]
    arrays = {
        "z": embeddings.z[numbers], "joints": atlas.joints[hands],
        "modality": np.array(embeddings.names)[embeddings.modality[numbers]], "hand": hands,
        "parameters": atlas.parameters[hands], "map": np.asarray(points[numbers], np.float32),
    }  # fmt: skip
    told = {
        "format": "handcam.selection", "version": 1, **about, "count": len(numbers),
        "by_modality": {name: int((arrays["modality"] == name).sum()) for name in embeddings.names},
        "parameter_names": list(atlas.names), "arrays": _WHAT,
    }  # fmt: skip
    try:
        np.savez_compressed(path, **arrays)
        write_atomic(path.with_suffix(".json"), json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise HandcamError(f"{path} cannot be written: {error.strerror or error}.") from None
    return path
