"""bvh, glb and usd, opened again by readers that know nothing of how they were written."""

import json

import numpy as np
import pygltflib
import pytest
from bvh_reader import read_bvh
from pxr import Usd, UsdGeom, UsdSkel
from recorded_hands import record
from typed import present

from handcam.hand.rotations import Y_UP
from handcam.hand.skeleton import JOINTS, bone_lengths
from handcam.session.export import ExportSettings
from handcam.types import Side

TENTH_MM = 1e-4
SIDES = (Side.RIGHT, Side.LEFT)


def y_up(recorded, side, raw=False):
    return recorded.joints(side, raw) @ Y_UP.T


@pytest.mark.parametrize("raw", [False, True])
def test_bvh(recorded, tmp_path, raw):
    files = recorded.convert("bvh", tmp_path / "take.bvh", ExportSettings(raw=raw, moving_bones=True))
    assert [f.name for f in files] == [f"take_{side}.bvh{end}" for side in ("left", "right") for end in ("", ".json")]
    for side in SIDES:
        out = tmp_path / f"take_{side.value}.bvh"
        places, _, frame_time = read_bvh(out)
        beside = json.loads(out.with_name(out.name + ".json").read_text())
        assert frame_time == pytest.approx(1 / 60, rel=1e-6)
        truth, rows = y_up(recorded, side, raw), recorded.index - recorded.index[0]
        found = np.stack([places[joint] for joint in JOINTS], axis=1) / 100
        assert len(found) == rows[-1] + 1, "a row for every frame number, lost ones too"
        seen = np.isfinite(truth).all((1, 2))
        assert np.abs(found[rows[seen]] - truth[seen]).max() < TENTH_MM
        missing = sorted(set(range(len(found))) - set(rows[seen].tolist()))
        assert beside["missing_rows"] == missing
        assert np.abs(found[missing][:, 0]).max() == 0, "a missing hand stands at the origin"
        assert [t for t in beside["time_ns"] if t is not None] == recorded.time_ns.tolist()
        assert [i for i, t in enumerate(beside["time_ns"]) if t is None] == [11, 12, 13]


def test_bvh_has_constant_bones_by_default_and_stays_close(recorded, tmp_path):
    recorded.convert("bvh", tmp_path / "take.bvh", ExportSettings(raw=True))
    out = tmp_path / "take_right.bvh"
    places, rows, _ = read_bvh(out)
    assert rows.shape[1] == 6 + 15 * 3
    names = [joint.replace("_tip", "_dip_end").replace("thumb_dip", "thumb_ip") for joint in JOINTS]
    found = np.stack([places[name] for name in names], axis=1) / 100
    lengths = bone_lengths(found)
    assert np.ptp(lengths, axis=0).max() < 1e-6
    truth, at = y_up(recorded, Side.RIGHT, raw=True), recorded.index - recorded.index[0]
    seen = np.isfinite(truth).all((1, 2))
    error = np.linalg.norm(found[at[seen]] - truth[seen], axis=-1)
    assert np.ptp(bone_lengths(truth[seen]), axis=0).max() > 5e-4, "the raw bones do change"
    assert error.max() < 0.01


def gltf_array(doc, number):
    accessor = doc.accessors[number]
    view = doc.bufferViews[accessor.bufferView]
    kind = {5126: "<f4", 5123: "<u2", 5121: "u1"}[accessor.componentType]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor.type]
    start = view.byteOffset + accessor.byteOffset
    return np.frombuffer(doc.binary_blob(), kind, accessor.count * width, start).reshape(accessor.count, width)


def turn(q):
    x, y, z, w = q.T.astype(float)
    rows = [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
            2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
            2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]  # fmt: skip
    return np.stack(rows, -1).reshape(-1, 3, 3)


def test_glb(recorded, tmp_path):
    (out,) = recorded.convert("glb", tmp_path / "take.glb")
    doc = present(pygltflib.GLTF2().load(out))
    curves = {}
    for channel in doc.animations[0].channels:
        sampler = doc.animations[0].samplers[channel.sampler]
        name = doc.nodes[present(channel.target.node)].name
        curves[name, channel.target.path] = gltf_array(doc, sampler.input)[:, 0], gltf_array(doc, sampler.output)
    seconds = (recorded.time_ns - recorded.time_ns[0]) / 1e9
    parent = {child: node.name for node in doc.nodes for child in node.children or []}
    number = {node.name: i for i, node in enumerate(doc.nodes)}
    for side in SIDES:
        truth = y_up(recorded, side)
        seen = np.isfinite(truth).all((1, 2))
        times, shown = curves[f"{side.value}_hand", "scale"]
        np.testing.assert_allclose(times, seconds, atol=1e-5)
        assert (shown[:, 0] == seen).all(), "hidden exactly where it was not seen"
        world = {}
        for j, joint in enumerate(JOINTS):
            name = f"{side.value}_{joint}"
            times, place = curves[name, "translation"]
            np.testing.assert_allclose(times, seconds[seen], atol=1e-5)
            local = np.tile(np.eye(4), (len(times), 1, 1))
            local[:, :3, 3], local[:, :3, :3] = place, turn(curves[name, "rotation"][1])
            above = parent[number[name]]
            world[name] = world[above] @ local if above in world else local
            assert np.abs(world[name][:, :3, 3] - truth[seen, j]).max() < TENTH_MM
        assert present(doc.asset.extras)["handcam"][f"{side.value}_hand"]["missing"] == recorded.index[~seen].tolist()
        skin_matches(doc, side, world, truth[seen])


def skin_matches(doc, side, world, truth):
    """The skin must lie around the joints in every frame."""
    node = doc.nodes[[n.name for n in doc.nodes].index(f"{side.value}_hand_skin")]
    attributes, skin = doc.meshes[node.mesh].primitives[0].attributes, doc.skins[node.skin]
    points = gltf_array(doc, attributes.POSITION).astype(float)
    joints, weights = gltf_array(doc, attributes.JOINTS_0), gltf_array(doc, attributes.WEIGHTS_0)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    inverse_bind = gltf_array(doc, skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
    matrices = np.stack([world[doc.nodes[j].name] for j in skin.joints], 1) @ inverse_bind
    homogeneous = np.c_[points, np.ones(len(points))]
    moved = np.einsum("tnkij,nj,nk->tni", matrices[:, joints], homogeneous, weights)[..., :3]
    distance = np.linalg.norm(moved[:, :, None] - truth[:, None], axis=-1)
    assert distance.min(axis=1).max() < 0.02, "every joint has skin near it"
    assert distance.min(axis=2).max() < 0.06, "no skin is far from all joints"


def test_usd(recorded, tmp_path):
    (out,) = recorded.convert("usd", tmp_path / "take.usd")
    stage = Usd.Stage.Open(str(out))
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    codes = (recorded.time_ns - recorded.time_ns[0]) / 1e9 * stage.GetTimeCodesPerSecond()
    for side in SIDES:
        truth, cache = y_up(recorded, side), UsdSkel.Cache()
        seen = np.isfinite(truth).all((1, 2))
        root = UsdSkel.Root.Get(stage, f"/hands/{side.value}_hand")
        cache.Populate(root, Usd.PrimDefaultPredicate)
        skeleton = UsdSkel.Skeleton.Get(stage, f"{root.GetPath()}/skeleton")
        query = cache.GetSkelQuery(skeleton)
        names = [str(name).rpartition("/")[2] for name in query.GetJointOrder()]
        assert names == list(JOINTS)
        animation = UsdSkel.Animation.Get(stage, f"{root.GetPath()}/animation")
        for i, code in enumerate(codes.tolist()):
            visible = UsdGeom.Imageable(root).ComputeVisibility(code) != UsdGeom.Tokens.invisible
            assert visible == seen[i]
            if not seen[i]:
                assert animation.GetTranslationsAttr().Get(code) is None, "blocked, not repeated"
                continue
            places = np.array([m.ExtractTranslation() for m in query.ComputeJointSkelTransforms(code)])
            assert np.abs(places - truth[i]).max() < TENTH_MM
        skinning = cache.GetSkinningQuery(stage.GetPrimAtPath(f"{root.GetPath()}/skin"))
        assert skinning.HasJointInfluences()
        assert list(root.GetPrim().GetCustomDataByKey("handcam:missing")) == recorded.index[~seen].tolist()


def test_usd_passes_the_formats_own_validators(recorded, tmp_path):
    validation = pytest.importorskip("pxr.UsdValidation")
    (out,) = recorded.convert("usd", tmp_path / "take.usd")
    context = validation.ValidationContext(validation.ValidationRegistry().GetOrLoadAllValidators())
    assert [error.GetMessage() for error in context.Validate(Usd.Stage.Open(str(out)))] == []


def test_bvh_knows_the_rate_from_the_frame_numbers(tmp_path):
    """A source that gives every third frame number still plays at the right speed."""
    recorded = record(tmp_path / "session", [(3 * i, (Side.RIGHT,)) for i in range(5)])
    recorded.convert("bvh", tmp_path / "take.bvh")
    places, _, frame_time = read_bvh(tmp_path / "take.bvh")
    assert frame_time == pytest.approx(1 / 60, rel=1e-6)
    assert len(places["wrist"]) == 13


def test_bvh_follows_the_times_where_the_source_was_opened_anew(tmp_path):
    """Frame numbers begin again at 0 after a pause of 10 frames; the BVH keeps the pause."""
    recorded = record(tmp_path / "session", [(i, (Side.RIGHT,)) for i in (40, 41, 42, 53, 54)])
    lines = [json.loads(line) for line in (recorded.path / "frames.jsonl").read_text().splitlines()]
    for line in lines:
        if line.get("index", 0) >= 53:
            line["index"] -= 53
    (recorded.path / "frames.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    recorded.convert("bvh", tmp_path / "take.bvh")
    beside = json.loads((tmp_path / "take.bvh.json").read_text())
    assert [row for row, time_ns in enumerate(beside["time_ns"]) if time_ns is not None] == [0, 1, 2, 13, 14]
    assert beside["rows_between"] == list(range(3, 13))
