"""glTF 2.0 (binary): a skinned hand for each side with its animation, for Blender, game engines and browsers.

Metres, y up. Key frames stand at the capture times of the frames that show the hand; while it was looked for and not
seen there are none, and the hand's root is scaled to nothing. ``asset.extras.handcam`` gives the frame numbers, which
were missing and which were not processed.
"""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pygltflib as gltf  # pyright: ignore[reportMissingTypeStubs]

from handcam.hand.rotations import quaternions, rest_rotations
from handcam.hand.skeleton import JOINTS, PARENTS, WRIST
from handcam.session.export import ExportError, ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, bind_skin, motions
from handcam.types import Array
from handcam.version import __version__

__all__ = ["SUFFIX", "export"]

SUFFIX = ".glb"
_KINDS = {
    np.dtype(np.float32): gltf.FLOAT, np.dtype(np.uint16): gltf.UNSIGNED_SHORT, np.dtype(np.uint8): gltf.UNSIGNED_BYTE
}  # fmt: skip
_SHAPES: dict[tuple[int, ...], str] = {(): gltf.SCALAR, (3,): gltf.VEC3, (4,): gltf.VEC4, (4, 4): gltf.MAT4}
_SKIN_COLOUR = [0.80, 0.58, 0.47, 1.0]


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write both hands into one file."""
    hands = motions(recording, settings)
    if not hands:
        return
    if (np.diff(hands[0].seconds.astype(np.float32)) <= 0).any():
        raise ExportError("The times of this session do not rise from frame to frame; glTF cannot hold them.")
    file = _File(provenance(recording))
    for motion in hands:
        file.add(motion)
    file.write(out)


class _File:
    """The document and its one binary buffer."""

    def __init__(self, origin: dict[str, Any]) -> None:
        self._blob = bytearray()
        material = gltf.PbrMetallicRoughness(baseColorFactor=_SKIN_COLOUR, metallicFactor=0.0, roughnessFactor=0.7)
        self._doc = gltf.GLTF2(
            asset=gltf.Asset(version="2.0", generator=f"handcam {__version__}", extras={"handcam": {**origin}}),
            scene=0, scenes=[gltf.Scene(nodes=[])],
            materials=[gltf.Material(name="skin", pbrMetallicRoughness=material)],
            animations=[gltf.Animation(name="hands")],
        )  # fmt: skip

    def add(self, motion: Motion) -> None:
        """A root, its joints, the skinned mesh, and the animation of all of them."""
        doc, first = self._doc, len(self._doc.nodes)
        rest, quats = motion.rest_m, quaternions(rest_rotations(motion.side))
        doc.nodes.append(gltf.Node(name=motion.name, children=[first + 1]))
        for j, joint in enumerate(JOINTS):
            children = [first + 1 + c for c, parent in enumerate(PARENTS) if parent == j]
            doc.nodes.append(gltf.Node(
                name=f"{motion.side.value}_{joint}", children=children,
                translation=rest[j].tolist(), rotation=quats[j].tolist(),
            ))  # fmt: skip
        self._add_mesh(motion, first)
        scene = doc.scenes[0].nodes
        assert scene is not None
        scene += [first, len(doc.nodes) - 1]

        seconds = motion.seconds.astype(np.float32)
        times = self._accessor(seconds[motion.present], bounds=True)
        steps = motion.offsets_m[motion.present].astype(np.float32)
        rotations = _continuous(quaternions(motion.local[motion.present])).astype(np.float32)
        for j in range(len(JOINTS)):
            self._channel(first + 1 + j, "translation", times, steps[:, j])
            self._channel(first + 1 + j, "rotation", times, rotations[:, j])
        shown = np.repeat(motion.present[:, None], 3, axis=1).astype(np.float32)
        self._channel(first, "scale", self._accessor(seconds, bounds=True), shown, gltf.ANIM_STEP)
        doc.asset.extras["handcam"][motion.name] = {  # type: ignore[index]
            "frames": motion.index.tolist(), "missing": motion.index[~motion.present].tolist(),
            "not_processed": motion.index[~motion.looked].tolist(),
        }  # fmt: skip

    def write(self, out: Path) -> None:
        self._doc.buffers = [gltf.Buffer(byteLength=len(self._blob))]
        document: Any = self._doc  # the package's own types are incomplete
        document.set_binary_blob(bytes(self._blob))
        document.save_binary(out)

    def _add_mesh(self, motion: Motion, first: int) -> None:
        doc, surface = self._doc, bind_skin(motion.side, motion.rest_m)
        inverse_bind = np.linalg.inv(surface.bind).swapaxes(1, 2)  # glTF stores columns first
        doc.skins.append(gltf.Skin(
            name=motion.name, skeleton=first + 1 + WRIST, joints=list(range(first + 1, first + 1 + len(JOINTS))),
            inverseBindMatrices=self._accessor(inverse_bind.astype(np.float32)),
        ))  # fmt: skip
        attributes = gltf.Attributes(
            POSITION=self._accessor(surface.vertices_m.astype(np.float32), gltf.ARRAY_BUFFER, bounds=True),
            NORMAL=self._accessor(surface.normals.astype(np.float32), gltf.ARRAY_BUFFER),
            JOINTS_0=self._accessor(surface.joints.astype(np.uint8), gltf.ARRAY_BUFFER),
            WEIGHTS_0=self._accessor(surface.weights.astype(np.float32), gltf.ARRAY_BUFFER),
        )
        faces = self._accessor(surface.faces.astype(np.uint16).ravel(), gltf.ELEMENT_ARRAY_BUFFER)
        doc.meshes.append(gltf.Mesh(
            name=motion.name, primitives=[gltf.Primitive(attributes=attributes, indices=faces, material=0)]
        ))  # fmt: skip
        doc.nodes.append(gltf.Node(name=f"{motion.name}_skin", mesh=len(doc.meshes) - 1, skin=len(doc.skins) - 1))

    def _channel(self, node: int, path: str, times: int, values: Array, how: str = gltf.ANIM_LINEAR) -> None:
        animation = self._doc.animations[0]
        animation.samplers.append(gltf.AnimationSampler(input=times, output=self._accessor(values), interpolation=how))
        target = gltf.AnimationChannelTarget(node=node, path=path)
        animation.channels.append(gltf.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    def _accessor(self, values: Array, target: int | None = None, bounds: bool = False) -> int:
        """Append an array to the buffer; returns the accessor's number."""
        self._blob += b"\0" * (-len(self._blob) % 4)
        data = np.ascontiguousarray(values).tobytes()
        view = gltf.BufferView(buffer=0, byteOffset=len(self._blob), byteLength=len(data), target=target)
        self._blob += data
        low, high = (np.atleast_1d(cast(Array, end(values, axis=0))) for end in (np.min, np.max))
        self._doc.bufferViews.append(view)
        self._doc.accessors.append(gltf.Accessor(
            bufferView=len(self._doc.bufferViews) - 1, byteOffset=0, componentType=_KINDS[values.dtype],
            count=len(values), type=_SHAPES[values.shape[1:]],
            min=low.tolist() if bounds else None,
            max=high.tolist() if bounds else None,
        ))  # fmt: skip
        return len(self._doc.accessors) - 1


def _continuous(quats: Array) -> Array:
    """Quaternions (n 21 4) with signs such that each is on the near side of the one before, for linear blending."""
    dots = (quats[1:] * quats[:-1]).sum(axis=-1)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    return np.concatenate([quats[:1], quats[1:] * signs[..., None]])
