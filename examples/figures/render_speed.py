"""Crops that one core renders in a second, and where the time goes.

python examples/figures/render_speed.py [CROPS [SCENES]]

With a folder of scenes the hands in a world of photographs are measured beside it, in turns, as their ratio.
"""

import cProfile
import pstats
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

from handcam.synth.scenes import crops
from handcam.synth.world import WorldSettings
from handcam.synth.world.crops import world_crops
from handcam.synth.world.scenes import world_scenes

PARTS = {  # functions of handcam/synth that do not call each other
    "rays from the camera": ("cast_camera",),
    "soft shadows": ("_lit",),
    "building the scene": ("__init__",),
    "skin": ("_skin",),
    "light": ("reflect",),
    "neighbours' shade, outline": ("_openness", "_layer"),
    "hands posed and skinned": ("build_bodies", "sample_poses"),
    "props worn and held": ("_sample_props",),
    "backgrounds": ("random_crop",),
    "camera": ("compose_image",),
}


def main(count: int) -> None:
    stream = crops(np.random.default_rng(0))
    list(islice(stream, 64))
    start = time.process_time()
    list(islice(stream, count))
    each_ms = (time.process_time() - start) / count * 1000
    print(f"{1000 / each_ms:.0f} crops of 128 px a second, {each_ms:.1f} ms each")
    with cProfile.Profile() as profile:
        list(islice(stream, count))
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = sum(row[2] for row in stats.values())
    rest = 1.0
    called = {name for file, _, name in stats if "/synth/" in file}
    if unknown := {name for names in PARTS.values() for name in names} - called:
        sys.exit(f"handcam/synth calls no {', '.join(sorted(unknown))}; bring PARTS up to date.")
    for part, names in PARTS.items():
        share = sum(row[3] for (file, _, name), row in stats.items() if name in names and "/synth/" in file) / whole
        rest -= share
        print(f"{part:36} {share:4.0%}")
    print(f"{'the rest':36} {rest:4.0%}")


def compare(count: int, folder: Path) -> None:
    settings = WorldSettings(size=128, scene_px=256, scenes=folder)
    streams = {
        "crops of 128 px": crops(np.random.default_rng(0)),
        "crops of 128 px in a world": world_crops(np.random.default_rng(0), settings),
        "scenes of 256 px in a world": world_scenes(np.random.default_rng(0), settings),
    }
    spent = dict.fromkeys(streams, 0.0)
    for turn in range(6):
        for name, stream in streams.items():
            start = time.process_time()
            list(islice(stream, count // 4))
            spent[name] += (time.process_time() - start) if turn > 1 else 0.0  # first all things are read and measured
    for name, seconds in spent.items():
        ratio = spent["crops of 128 px"] / seconds
        print(f"{name:28} {count / seconds:4.0f} a second, {ratio:.2f} times the first")


if __name__ == "__main__":
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    if len(sys.argv) > 2:
        compare(pictures, Path(sys.argv[2]))
    else:
        main(pictures)
