"""How well t-SNE places new hands, with the reference set that ships. ``pytest -m slow -s`` shows figures."""

import time
from pathlib import Path

import numpy as np
import pytest

from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.projection import NeighbourProjection
from handcam.gui.map.tsne import TsneFit, load_cached, save_cached
from handcam.model.embedding import read_reference_set
from handcam.model.weights import default_weights


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_left_out_hands_are_placed_where_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openTSNE")
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path))
    embeddings = Embeddings.of(read_reference_set(default_weights()))
    start, fit = time.monotonic(), TsneFit(embeddings.z)
    while not fit.done:
        fit.poll()
        assert fit.failure is None
        time.sleep(0.05)
    took_s = time.monotonic() - start
    assert fit.points is not None
    save_cached(embeddings.digest, fit.points)
    points = load_cached(embeddings.digest, len(embeddings.z))
    assert points is not None
    width, away = np.ptp(points, axis=0).max(), []
    for pose in np.random.default_rng(0).choice(len(np.unique(embeddings.pose)), 150, replace=False):
        own = embeddings.pose == pose  # the hand through every modality is left out
        rest = NeighbourProjection(points[~own], "", embeddings.z[~own])
        away.extend(np.linalg.norm(rest.transform(embeddings.z[own]) - points[own], axis=1) / width)
    quartiles = np.percentile(away, (50, 75, 90)) * 100
    print(f"\n{len(points)} embeddings in {took_s:.0f} s; left out, placed {quartiles.round(1)} % of the width away")
    assert quartiles[0] < 2.0
    assert quartiles[1] < 6.0
