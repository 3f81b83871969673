"""The window starts in time and within its memory; slow, and only meaningful on a quiet machine."""

import pytest

from handcam.cli._bench_window import measure_start
from handcam.model.weights import default_weights


@pytest.mark.slow
def test_the_start_is_measured(tmp_path, monkeypatch):
    if not default_weights().is_file():
        pytest.skip("the weights are not here")
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    found = measure_start(1)
    assert 0 < found["visible_s"] < found["skeleton_s"]
    assert 200 < found["rss_mb"] < 1200
    assert 0 < found["gui_ms"] < 40
    assert not (tmp_path / "settings.json").exists()
