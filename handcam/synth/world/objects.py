"""Things to hold: textured meshes of a folder, and cartons, cans, bottles, phones, books, pens and cups made here."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8

from handcam.hand.glb import read_glb
from handcam.hand.rig import face_sums, vertex_normals
from handcam.synth.body import tube_faces
from handcam.synth.world.photographs import PICTURE_PX, Photographs, of_split, square_picture
from handcam.synth.world.surfaces import tube_uv
from handcam.types import Array, HandcamError

__all__ = ["Objects", "Thing"]

_CLOTHS = 40
_MADE = 72


@dataclass(frozen=True, eq=False)
class Thing:
    """A mesh about its own middle."""

    name: str
    """Its file's, or the kind of those made here."""
    vertices_m: Float[Array, "n 3"]
    """Metres."""
    normals: Float[Array, "n 3"]
    """Unit, outwards."""
    faces: Int[Array, "m 3"]
    """Triangles."""
    uv: Float[Array, "m 3 2"]
    """Texture coordinates of the triangles' corners."""
    picture: int
    """Number of its picture."""
    shine: float
    """Specular strength."""


@dataclass(frozen=True)
class Objects:
    """Things with all pictures that surfaces show."""

    things: tuple[Thing, ...]
    """Those of the folder, then those made here."""
    read: int
    """How many of them are the folder's."""
    cloths: tuple[int, ...]
    """Numbers of pictures of cloth, whose mean is about a half."""
    pictures: tuple[UInt8[Array, "t _s _s 3"], ...]
    """Pictures on the surfaces, then each level half as large."""

    @staticmethod
    def load(folder: Path | None = None, split: str = "train") -> "Objects":
        """Read the meshes of ``folder/objects`` and make the others; kept for the process.

        Raises:
            HandcamError: a mesh is damaged.
        """
        return _load(folder, split)

    def random(self, rng: np.random.Generator) -> Thing:
        """One of the things; half of them are the folder's."""
        if self.read and rng.random() < 0.5:
            return self.things[rng.integers(self.read)]
        return self.things[rng.integers(self.read, len(self.things))]


@cache
def _load(folder: Path | None, split: str) -> Objects:
    photographs = Photographs.load(folder, split)
    rng = np.random.default_rng([5, len(split)])
    things: list[Thing] = []
    pictures: list[Array] = []
    for path in sorted((folder / "objects").rglob("*.glb")) if folder is not None else []:
        if of_split(path.stem, split):
            things.append(_read(path, len(pictures), pictures))
    read = len(things)
    for number in range(_MADE):
        kind = _ORDER[number % len(_ORDER)]
        pictures.append(_label(rng, photographs, kind))
        things.append(_made(rng, kind, len(pictures) - 1))
    cloths = range(len(pictures), len(pictures) + _CLOTHS)
    pictures += [_cloth(rng, photographs) for _ in cloths]
    levels = [np.stack(pictures)]
    while len(levels) < 4:
        half = [cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for p in levels[-1]]
        levels.append(np.stack(half))
    return Objects(tuple(things), read, tuple(cloths), tuple(levels))


def _read(path: Path, number: int, pictures: list[Array]) -> Thing:
    try:
        tree, (position, uv, index) = read_glb(path)
        view = tree["bufferViews"][tree["images"][0]["bufferView"]]
        data = path.read_bytes()
        start = 20 + int.from_bytes(data[12:16], "little") + 8 + view.get("byteOffset", 0)
        picture = cv2.imdecode(np.frombuffer(data, np.uint8, view["byteLength"], start), cv2.IMREAD_COLOR_RGB)
    except (OSError, ValueError, KeyError, IndexError, json.JSONDecodeError) as error:
        raise HandcamError(f"The mesh {path} cannot be read: {error}.") from None
    assert picture is not None
    pictures.append(cv2.resize(picture, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA))
    # vertices are split at the texture's seams: weld them for the normals
    welded, weld = np.unique(position.round(5), axis=0, return_inverse=True)
    faces = weld.ravel()[index.reshape(-1, 3)].astype(np.int32)
    kept = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    corners = uv[index.reshape(-1, 3)].astype(np.float32)
    return _thing(path.stem, welded, faces[kept], corners[kept], number, 0.25)


def _thing(name: str, vertices: Array, faces: Array, uv: Array, picture: int, shine: float) -> Thing:
    vertices = (vertices - (vertices.max(0) + vertices.min(0)) / 2).astype(np.float32)
    normals = vertex_normals(vertices, faces, face_sums(faces, len(vertices)))
    return Thing(name, vertices, normals.astype(np.float32), faces.astype(np.int32), uv, picture, shine)


_KINDS = {
    "carton": ((0.03, 0.05), (0.03, 0.05), (0.07, 0.13)),
    "pack": ((0.02, 0.05), (0.03, 0.08), (0.04, 0.1)),
    "phone": ((0.004, 0.006), (0.032, 0.04), (0.065, 0.085)),
    "remote": ((0.007, 0.012), (0.018, 0.028), (0.06, 0.11)),
    "book": ((0.004, 0.018), (0.05, 0.08), (0.08, 0.12)),
    "can": ((0.025, 0.037), (0.0, 0.0), (0.045, 0.08)),
    "bottle": ((0.02, 0.042), (0.0, 0.0), (0.07, 0.14)),
    "pen": ((0.0035, 0.009), (0.0, 0.0), (0.055, 0.085)),
    "cup": ((0.03, 0.045), (0.0, 0.0), (0.035, 0.06)),
    "tube": ((0.011, 0.022), (0.0, 0.0), (0.05, 0.16)),
    "ball": ((0.015, 0.05), (0.0, 0.0), (0.015, 0.05)),
    "carton with a top": ((0.03, 0.048), (0.0, 0.0), (0.09, 0.13)),
}
"""Half extents (from, to) of things made here: thickness or radius, width, height."""
_ORDER = (*_KINDS, *("carton", "carton with a top", "bottle", "can", "cup", "pack") * 2)
"""What people lift before shelves and at tables comes three times as often."""


def _made(rng: np.random.Generator, kind: str, picture: int) -> Thing:
    a, b, c = (rng.uniform(*limits) for limits in _KINDS[kind])
    shine = float(np.exp(rng.normal(-1.2, 0.8)))
    if b:
        faces = np.arange(6 * 4).reshape(6, 4)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
        return _thing(kind, *_box(np.array([a, b, c]), faces), picture, shine)
    around = 4 if kind == "carton with a top" else 24
    profiles = {
        "can": [(0.0, -1.0), (0.92, -1.0), (1.0, -0.95), (1.0, 0.93), (0.9, 1.0), (0.86, 0.97), (0.0, 0.97)],
        "bottle": [(0.0, -1.0), (0.95, -1.0), (1.0, -0.95), (1.0, 0.3), (0.85, 0.5), (0.4, 0.72), (0.36, 0.8),
                   (0.44, 0.81), (0.44, 0.99), (0.0, 1.0)],
        "pen": [(0.0, -1.0), (0.25, -0.99), (0.9, -0.85), (1.0, -0.8), (1.0, 0.2), (1.12, 0.21), (1.12, 0.98),
                (0.0, 1.0)],
        "cup": [(0.0, -1.0), (0.78, -1.0), (1.0, 1.0), (0.93, 1.0), (0.74, -0.9), (0.0, -0.9)],
        "tube": [(0.0, -1.0), (1.0, -1.0), (1.0, 1.0), (0.0, 1.0)],
        "ball": [(float(np.cos(t)), float(np.sin(t))) for t in np.linspace(-np.pi / 2, np.pi / 2, 13)],
        "carton with a top": [(0.0, -1.0), (1.4, -1.0), (1.4, 0.55), (0.75, 0.8), (0.6, 0.8), (0.6, 1.0), (0.0, 1.0)],
    }  # fmt: skip
    profile = np.array(profiles[kind]) * [a, a if kind == "ball" else c]
    sharp = np.repeat(profile, 2, 0)[1:-1] if kind != "ball" else profile  # double rows keep edges sharp
    t = (np.arange(around) + 0.5) / around * 2 * np.pi
    ring = np.stack([np.cos(t), np.sin(t), 0 * t], 1)
    rows = sharp[:, :1, None] * ring + sharp[:, 1:, None] * [0.0, 0.0, 1.0]
    if around == 4:  # flat sides: every corner twice
        rows = np.repeat(rows, 2, 1)[:, np.r_[1 : 2 * around, 0]]
    faces = tube_faces(*rows.shape[:2])
    return _thing(kind, rows.reshape(-1, 3), faces, 1 - tube_uv(faces, *rows.shape[:2]), picture, shine)


def _box(half: Array, faces: Array) -> tuple[Array, Array, Array]:
    """Vertices, triangles and texture coordinates of a box; each side shows a part of the picture."""
    vertices, uv = [], []
    for axis in range(3):
        for sign in (1.0, -1.0):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            if v != 2 and axis != 2:
                u, v = v, u
            square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
            out = np.zeros((4, 3))
            out[:, axis], out[:, u], out[:, v] = sign, square[:, 0], square[:, 1]
            if np.cross(out[1] - out[0], out[2] - out[0])[axis] * sign < 0:
                out, square = out[::-1], square[::-1]
            vertices.append(out * half)
            uv.append((square * [1, -1] + 1) / 2 * [0.5, 0.8] + [0.5 if axis == 0 else 0.0, 0.1])
    corner = np.concatenate(uv)[faces].astype(np.float32)
    return np.concatenate(vertices), faces, corner


def _label(rng: np.random.Generator, photographs: Photographs, kind: str) -> UInt8[Array, "s s 3"]:
    """What is printed on a thing: plain colours, a photograph's piece, blocks and words."""
    s = PICTURE_PX
    dark = kind in {"phone", "remote"} and rng.random() < 0.7
    base = rng.uniform(5, 40, 3) if dark else rng.uniform(20, 250, 3)
    base += rng.uniform(0.1, 0.8) * (base.mean() - base)
    if rng.random() < 0.3:
        base = np.full(3, rng.uniform(15, 245))
    out = np.broadcast_to(base, (s, s, 3)).astype(np.uint8).copy()
    if rng.random() < (0.1 if dark else 0.55):
        x, y = rng.integers(0, s // 2, 2)
        piece = square_picture(rng, photographs.room(rng))
        out[y : y + s // 2, x : x + s // 2] = piece[: s // 2, : s // 2]
    for _ in range(rng.integers(0, 3 if dark else 7)):
        colour = tuple(float(c) for c in rng.uniform(0, 255, 3))
        (x, y), (w, h) = (
            rng.integers(0, s, 2).tolist(),
            np.exp(rng.uniform(np.log(8), np.log(150), 2)).astype(int).tolist(),
        )
        if rng.random() < 0.7:
            cv2.rectangle(out, (x, y), (x + w, y + h), colour, -1)
        else:
            cv2.ellipse(out, ((x, y), (w, h), float(rng.uniform(0, 180))), colour, -1, cv2.LINE_AA)
    for _ in range(rng.integers(1, 7)):
        word = "".join(chr(c) for c in rng.integers(65, 91, rng.integers(2, 9)))
        at = (int(rng.integers(-20, s // 2)), int(rng.integers(10, s)))
        size, colour = float(np.exp(rng.uniform(-1.2, 0.8))), tuple(float(c) for c in rng.uniform(0, 255, 3))
        cv2.putText(out, word, at, int(rng.integers(0, 5)), size, colour, 1 + int(2 * size), cv2.LINE_AA)
    return out


def _cloth(rng: np.random.Generator, photographs: Photographs) -> UInt8[Array, "s s 3"]:
    """A weave: a texture about its own mean; or stripes, checks, flecks; or nearly plain."""
    s = PICTURE_PX
    kind = rng.random()
    if kind < 0.4:
        piece = square_picture(rng, photographs.textures[rng.integers(len(photographs.textures))]).astype(np.float32)
        mean = piece.mean((0, 1))
        out = 150 + (piece - mean) * rng.uniform(0.5, 1.2)
    elif kind < 0.65:
        y, x = np.mgrid[:s, :s] / s * 2 * np.pi
        waves = [np.sign(np.sin(a * int(rng.integers(2, 16)) + rng.uniform(0, 6))) for a in (x, y)]
        ink = rng.uniform(-90, 60, (2, 3))
        out = 150 + waves[0][..., None] * ink[0] + (waves[1][..., None] * ink[1] if rng.random() < 0.5 else 0)
    elif kind < 0.8:
        piece = square_picture(rng, photographs.room(rng)).astype(np.float32)
        out = 150 + (piece - piece.mean((0, 1)))
    else:
        out = np.full((s, s, 3), 150.0)
    return np.clip(out + rng.normal(0, rng.uniform(1, 10), (s, s, 1)), 0, 255).astype(np.uint8)
