"""Just enough of binary glTF to read a skinned mesh."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from handcam.types import Array

__all__ = ["read_glb"]


def read_glb(path: Path) -> tuple[dict[str, Any], list[Array]]:
    """The JSON part and every accessor of a binary glTF file, as arrays (count, components)."""
    data = path.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    tree = json.loads(data[20 : 20 + length])
    blob = data[20 + length + 8 :]
    kinds = {5126: np.float32, 5121: np.uint8, 5123: np.uint16}
    widths = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
    arrays: list[Array] = []
    for a in tree["accessors"]:
        width = widths[a["type"]]
        start = tree["bufferViews"][a["bufferView"]].get("byteOffset", 0)
        flat = np.frombuffer(blob, kinds[a["componentType"]], a["count"] * width, start)
        arrays.append(flat.reshape(a["count"], width))
    return tree, arrays
