"""Reads one component of a Rerun recording back."""

from pathlib import Path

import pytest


def read_rrd(path: Path, component: str) -> dict[str, dict[int, list]]:
    """Values of a component, e.g. ``Points3D:positions``, by entity and frame; skips where Rerun has no such reader."""
    chunks = pytest.importorskip("rerun.chunk")
    found: dict[str, dict[int, list]] = {}
    for chunk in chunks.RrdReader(path).stream():
        batch = chunk.to_record_batch()
        if component in batch.schema.names and "frame" in chunk.timeline_names:
            rows = zip(batch.column("frame").to_pylist(), batch.column(component).to_pylist(), strict=True)
            found.setdefault(chunk.entity_path, {}).update({frame: value for frame, value in rows if value})
    return found
