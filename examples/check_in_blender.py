"""Compare what Blender imports with what was recorded. Needs Blender's Python module, in an environment of its own:

handcam convert SESSION --to glb --out hands.glb     (and usd, bvh, csv)
python -m pip install bpy
python examples/check_in_blender.py hands
"""

import csv
import sys
from pathlib import Path

import bpy  # type: ignore[import-not-found]
import numpy as np

stem = Path(sys.argv[1])
with stem.with_suffix(".csv").open() as table:
    every = list(csv.DictReader(table))
start_s = float(every[0]["time_s"])
side = next(row["side"] for row in every if row["tracked"] == "1")
rows = [row for row in every if row["tracked"] == "1" and row["side"] == side]
JOINTS = [name.removesuffix("_x_m") for name in rows[0] if name.endswith("_x_m")][:21]


def recorded(row: dict[str, str]) -> dict[str, np.ndarray]:
    """Joints in Blender's axes: x right, y away, z up."""
    of = {joint: [float(row[f"{joint}_{axis}_m"]) for axis in "xyz"] for joint in JOINTS}
    return {joint: np.array([x, z, -y]) for joint, (x, y, z) in of.items()}


def imported(armature: bpy.types.Object) -> dict[str, np.ndarray]:
    names = {bone.name.removeprefix(f"{side}_"): bone for bone in armature.pose.bones}
    return {joint: np.array(armature.matrix_world @ bone.head) for joint, bone in names.items() if joint in JOINTS}


for suffix, first, load in (
    (".glb", 0, bpy.ops.import_scene.gltf),
    (".usd", 0, bpy.ops.wm.usd_import),
    (".bvh", 1, lambda filepath: bpy.ops.import_anim.bvh(filepath=filepath, global_scale=0.01, update_scene_fps=True)),
):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    if suffix == ".usd":  # its rate is not taken over
        scene.render.fps = 30
    load(filepath=str(stem.with_suffix(suffix)))
    armature = next(each for each in bpy.data.objects if each.type == "ARMATURE")
    worst, seen = [], {}
    for row in rows:
        frame = first + (float(row["time_s"]) - start_s) * scene.render.fps / scene.render.fps_base
        scene.frame_set(int(frame), subframe=frame % 1)
        seen, truth = imported(armature), recorded(row)
        worst.append(max(float(np.linalg.norm(seen[joint] - truth[joint])) for joint in seen))
    print(f"Blender {bpy.app.version_string}, {suffix}: {len(seen)} joints, at most {1e3 * max(worst):.3f} mm off")
