"""LeRobot v3 data set of one episode: joints and rotations of both hands as ``observation.state``.

The rate is constant, with a row for every frame number; ``observation.tracked`` says in which a hand is known (where it
is not, its numbers are 0), ``observation.time_s`` when it was really taken. Joints are metres in the camera frame (x
right, y down, z forward), quaternions x y z w in the parent's frame, the wrist's in the camera's. With
``pictures`` the colour is ``observation.images.main``, a video; a frame without a picture repeats the one before.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]

from handcam.hand.rotations import Y_UP, forward, quaternions
from handcam.hand.skeleton import JOINTS, WRIST
from handcam.session.export import ExportSettings, Recording, provenance
from handcam.session.export._motion import Motion, even_rows, motions
from handcam.session.export.overlay import write_video
from handcam.types import Array, Side

__all__ = ["SUFFIX", "export"]

pa: Any = pyarrow  # some releases have types, incomplete ones
pq: Any = pyarrow.parquet
SUFFIX = ""
_FILE = "chunk-000/file-000.parquet"
_TEMPLATE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
_VIDEO = "observation.images.main"
_TASK = "move the hands"
_PARTS = ("x_m", "y_m", "z_m", "qx", "qy", "qz", "qw")


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the folder ``out``."""
    hands = motions(recording, settings)
    if not hands:
        return
    rows = [even_rows(hand, settings.between) for hand in hands]
    n, fps = len(rows[0].seen), 1 / rows[0].frame_time_s
    state = np.zeros((n, len(Side), len(JOINTS), len(_PARTS)), np.float32)
    tracked = np.zeros((n, len(Side)), np.float32)
    order = [Side.RIGHT, Side.LEFT]
    for hand, row in zip(hands, rows, strict=True):
        k = order.index(hand.side)
        state[row.seen, k] = _state(hand, row.local[row.seen], row.offsets_m[row.seen])
        tracked[:, k] = row.seen
    known = [(i, t) for i, t in enumerate(rows[0].time_ns) if t is not None]
    at = np.interp(np.arange(n), [i for i, _ in known], [(t - known[0][1]) / 1e9 for _, t in known])
    columns: dict[str, tuple[Array, Any]] = {
        "observation.state": (
            state.reshape(n, -1), [f"{s.value}_{j}_{part}" for s in order for j in JOINTS for part in _PARTS]
        ),
        "observation.tracked": (tracked, [side.value for side in order]),
        "observation.time_s": (at.astype(np.float32), None),
        "timestamp": ((np.arange(n) / fps).astype(np.float32), None),
        "frame_index": (np.arange(n), None),
        "episode_index": (np.zeros(n, np.int64), None),
        "index": (np.arange(n), None),
        "task_index": (np.zeros(n, np.int64), None),
    }  # fmt: skip
    video = _video(recording, out, rows[0].time_ns, fps) if settings.pictures else None
    _parquet(out / "data" / _FILE, {name: _column(values) for name, (values, _) in columns.items()})
    _parquet(out / "meta" / "tasks.parquet", {"task_index": [0], "task": [_TASK]}, index="task")
    _parquet(out / "meta" / "episodes" / _FILE, {
        "episode_index": [0], "tasks": [[_TASK]], "length": [n], "dataset_from_index": [0], "dataset_to_index": [n],
        **{f"{part}/{number}": [0] for part in ("data", "meta/episodes", *([f"videos/{_VIDEO}"] if video else []))
           for number in ("chunk_index", "file_index")},
        **({f"videos/{_VIDEO}/from_timestamp": [0.0], f"videos/{_VIDEO}/to_timestamp": [n / fps]} if video else {}),
    })  # fmt: skip
    stats = {name: _stats(values) for name, (values, _) in columns.items()}
    if video:
        stats[_VIDEO] = video[1]
    (out / "meta" / "stats.json").write_text(json.dumps(stats), encoding="utf-8")
    features = {
        name: {"dtype": str(values.dtype), "shape": [*values.shape[1:]] or [1], "names": names, "fps": fps}
        for name, (values, names) in columns.items()
    }
    if video:
        features[_VIDEO] = video[0]
    info = {
        "codebase_version": "v3.0", "robot_type": "human hands", "total_episodes": 1, "total_frames": n,
        "total_tasks": 1, "chunks_size": 1000, "data_files_size_in_mb": 100, "video_files_size_in_mb": 200,
        "fps": round(fps) if abs(fps - round(fps)) < 0.05 else fps, "splits": {"train": "0:1"},
        "data_path": f"data/{_TEMPLATE}.parquet",
        "video_path": f"videos/{{video_key}}/{_TEMPLATE}.mp4" if video else None,
        "features": features, "provenance": provenance(recording),
    }  # fmt: skip
    (out / "meta" / "info.json").write_text(json.dumps(info, indent=1), encoding="utf-8")


def _state(hand: Motion, local: Array, offsets_m: Array) -> Array:
    """Joints and quaternions (n 21 7), out of y-up axes into the camera's."""
    turned = local.copy()
    turned[:, WRIST] = Y_UP @ local[:, WRIST]
    return np.concatenate([forward(local, offsets_m) @ Y_UP, quaternions(turned)], axis=-1)


def _video(
    recording: Recording, out: Path, time_ns: list[int | None], fps: float
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Write a picture for every row; returns what info.json and stats.json say of it, None where there are none."""
    entries = {entry.capture_ns: entry.n for entry in recording.frames if entry.has_color}
    first = next((color for n in entries.values() if (color := recording.pictures(n)[0]) is not None), None)
    if first is None:
        return None
    seen: list[Array] = []

    def pictures() -> Iterator[tuple[float, Array]]:
        last = first
        for row, time in enumerate(time_ns):
            color = recording.pictures(entries[time])[0] if time in entries else None
            last = last if color is None or color.shape != first.shape else color
            seen.append(np.stack([last.mean((0, 1)), last.std((0, 1)), last.min((0, 1)), last.max((0, 1))]) / 255)
            yield row / fps, last

    path = out / "videos" / _VIDEO / "chunk-000" / "file-000.mp4"
    path.parent.mkdir(parents=True)
    size = write_video(path, pictures(), fps)
    assert size is not None
    about = {
        "video.height": size[0], "video.width": size[1], "video.codec": "h264", "video.pix_fmt": "yuv420p",
        "video.is_depth_map": False, "video.fps": round(fps), "video.channels": 3, "has_audio": False,
    }  # fmt: skip
    rows = np.array(seen)
    mean, spread = rows[:, 0].mean(0), np.sqrt((rows[:, 1] ** 2).mean(0) + rows[:, 0].var(0))
    figures = {"mean": mean, "std": spread, "min": rows[:, 2].min(0), "max": rows[:, 3].max(0)}
    stats = {name: value.reshape(3, 1, 1).tolist() for name, value in figures.items()} | {"count": [len(seen)]}
    names = ["height", "width", "channels"]
    return {"dtype": "video", "shape": [*size, 3], "names": names, "info": about}, stats


def _column(values: Array) -> Any:
    return pa.array(values) if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(values.ravel(), values.shape[1])


def _parquet(path: Path, columns: dict[str, Any], index: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if index is not None:  # as pandas marks the index of a table
        kind = {"name": index, "field_name": index, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
        about = {"index_columns": [index], "column_indexes": [], "columns": [kind], "pandas_version": "2.0"}
        table = table.replace_schema_metadata({"pandas": json.dumps(about)})
    pq.write_table(table, path)


def _stats(values: Array) -> dict[str, Any]:
    flat = values.reshape(len(values), -1).astype(float)
    found = {"min": flat.min(0), "max": flat.max(0), "mean": flat.mean(0), "std": flat.std(0)}
    return {name: value.tolist() for name, value in found.items()} | {"count": [len(values)]}
