"""USD with UsdSkel: a skinned hand for each side, for film tools, Omniverse and usdview.

Metres, y up. Time codes count at the usual rate next to the session's (24, 25, 30, 60, ...); samples stand at the true
capture times, so they need not be whole. Where a hand was looked for and not seen its joints are blocked (they have no
value at all) and the hand is invisible.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdSkel, Vt

from handcam.hand.rotations import quaternions, rest_rotations
from handcam.hand.skeleton import JOINTS, PARENTS
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, bind_skin, motions
from handcam.types import Array

__all__ = ["SUFFIX", "export"]

SUFFIX = ".usd"
_SHADE: Any = import_module("pxr.UsdShade")  # the package's own types leave it out
_RATES = (24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 120.0)
"""Rates that film tools and game engines know."""
_SKIN_COLOUR = Gf.Vec3f(0.80, 0.58, 0.47)


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write both hands into one stage. A name that ends in ``.usda`` gives text."""
    hands = motions(recording, settings)
    if not hands:
        return
    fps = min(_RATES, key=lambda rate: abs(np.log(rate / recording.fps)))
    stage = Usd.Stage.CreateNew(str(out))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    stage.SetTimeCodesPerSecond(fps)
    stage.SetFramesPerSecond(fps)
    stage.SetStartTimeCode(0.0)
    stage.SetEndTimeCode(float(hands[0].seconds[-1] * fps))
    world = UsdGeom.Xform.Define(stage, "/hands").GetPrim()
    world.SetCustomDataByKey("handcam", json.dumps(provenance(recording)))
    stage.SetDefaultPrim(world)
    material = _SHADE.Material.Define(stage, "/hands/skin")
    shader = _SHADE.Shader.Define(stage, "/hands/skin/preview")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(_SKIN_COLOUR)
    shader.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(0.7)
    material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    for motion in hands:
        _add(stage, motion, motion.seconds * fps, material)
    stage.GetRootLayer().Save()


def _add(stage: Any, motion: Motion, codes: Array, material: Any) -> None:
    """A SkelRoot with skeleton, animation and skinned mesh."""
    path = f"/hands/{motion.name}"
    root = UsdSkel.Root.Define(stage, path)
    skeleton = UsdSkel.Skeleton.Define(stage, f"{path}/skeleton")
    animation = UsdSkel.Animation.Define(stage, f"{path}/animation")
    surface = bind_skin(motion.side, motion.rest_m)
    names = Vt.TokenArray([_path(j) for j in range(len(JOINTS))])

    skeleton.CreateJointsAttr(names)
    skeleton.CreateBindTransformsAttr(_matrices(surface.bind))
    rest = np.tile(np.eye(4), (len(JOINTS), 1, 1))
    rest[:, :3, :3], rest[:, :3, 3] = rest_rotations(motion.side), motion.rest_m
    skeleton.CreateRestTransformsAttr(_matrices(rest))
    UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])

    animation.CreateJointsAttr(names)
    attributes = animation.CreateTranslationsAttr(), animation.CreateRotationsAttr(), animation.CreateScalesAttr()
    attributes[2].Set(Vt.Vec3hArray([Gf.Vec3h(1, 1, 1)] * len(JOINTS)))
    rotations, visibility = quaternions(motion.local), root.CreateVisibilityAttr()
    for i, code in enumerate(codes.tolist()):
        visibility.Set(UsdGeom.Tokens.inherited if motion.present[i] else UsdGeom.Tokens.invisible, code)
        if motion.present[i]:
            attributes[0].Set(Vt.Vec3fArray.FromNumpy(motion.offsets_m[i].astype(np.float32)), code)
            attributes[1].Set(Vt.QuatfArray([Gf.Quatf(w, x, y, z) for x, y, z, w in rotations[i].tolist()]), code)
        else:
            attributes[0].Set(Sdf.ValueBlock(), code)
            attributes[1].Set(Sdf.ValueBlock(), code)
    root.GetPrim().SetCustomDataByKey("handcam:frames", Vt.Int64Array(motion.index.tolist()))
    root.GetPrim().SetCustomDataByKey("handcam:missing", Vt.Int64Array(motion.index[~motion.present].tolist()))

    mesh = UsdGeom.Mesh.Define(stage, f"{path}/skin")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(surface.vertices_m.astype(np.float32)))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(surface.normals.astype(np.float32)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray([3] * len(surface.faces)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(surface.faces.astype(np.int32).ravel()))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDisplayColorAttr(Vt.Vec3fArray([_SKIN_COLOUR]))
    _SHADE.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(material)
    binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([skeleton.GetPath()])
    binding.CreateJointIndicesPrimvar(False, 4).Set(Vt.IntArray.FromNumpy(surface.joints.astype(np.int32).ravel()))
    weights = surface.weights.astype(np.float32).ravel()
    binding.CreateJointWeightsPrimvar(False, 4).Set(Vt.FloatArray.FromNumpy(weights))


def _path(joint: int) -> str:
    """The joint with all that it hangs on, as UsdSkel names joints: ``wrist/index_mcp/index_pip``."""
    parent = PARENTS[joint]
    return JOINTS[joint] if parent < 0 else f"{_path(parent)}/{JOINTS[joint]}"


def _matrices(columns: Array) -> Any:
    """USD multiplies row vectors: its matrices are ours transposed."""
    return Vt.Matrix4dArray([Gf.Matrix4d(m.T.tolist()) for m in columns])
