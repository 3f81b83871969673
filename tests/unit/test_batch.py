"""``handcam track``: the same bytes every time, nothing done twice or lost, and one file's fault is no other's."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pandas
import psutil
import pytest
from media import make_video
from typed import present

from handcam import track_file
from handcam.cli import main
from handcam.sources import SourceSettings, open_source

FRAMES = 10


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> Path:
    """Two clips of a hand at odd moments, and a file that is no video."""
    folder = tmp_path_factory.mktemp("videos")
    for seed, name in enumerate(("one", "two")):
        source = open_source("demo", SourceSettings(realtime=False, width=320, height=240, seed=seed))
        with av.open(str(folder / f"{name}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for i in range(FRAMES):
                frame = source.read()
                assert frame is not None
                picture = av.VideoFrame.from_ndarray(present(frame.color), "rgb24")
                picture.pts = i * 512 + 100 * (i % 3)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        source.close()
    return folder


def written(folder: Path) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if "done" not in file.name and file.name != "summary.json"
    }


def test_a_video_becomes_a_table_that_is_the_same_every_time(videos, tmp_path, capsys):
    arguments = [str(videos / "one.mp4"), "--to", "csv", "parquet", "glb", "sheet", "--overlay"]
    for name in ("a", "b"):
        assert main(["track", *arguments, "--out", str(tmp_path / name)]) == 0
    said = capsys.readouterr().out.split()
    assert len(said) == 10
    assert all(Path(name).is_file() for name in said)
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert first.keys() == {f"one.hands.{end}" for end in ("csv", "parquet", "glb", "jpg", "mp4")}
    for name in first.keys() - {"one.hands.mp4"}:  # an encoder promises no bytes
        assert first[name] == second[name], "to the byte"
    table = pandas.read_csv(tmp_path / "a" / "one.hands.csv")
    assert len(table) == FRAMES
    with av.open(str(videos / "one.mp4")) as container:
        pts = [float(present(picture.pts) * present(picture.time_base)) for picture in container.decode(video=0)]
    np.testing.assert_allclose(table["time_s"], np.array(pts) - pts[0], atol=1e-6)
    with av.open(str(tmp_path / "a" / "one.hands.mp4")) as container:
        drawn = [float(present(picture.pts) * present(picture.time_base)) for picture in container.decode(video=0)]
    np.testing.assert_allclose(drawn, table["time_s"], atol=1e-4)
    assert table["tracked"].mean() > 0.8


def test_what_is_done_is_kept_and_a_bad_file_is_told_of(videos, tmp_path, capsys):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    arguments = ["track", str(videos), str(bad), "--out", str(tmp_path / "out"), "--to", "csv"]
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert "bad.mp4 cannot be read" in said.err
    summary = {Path(one["input"]).name: one for one in json.loads((tmp_path / "out" / "summary.json").read_text())}
    assert {name: one["status"] for name, one in summary.items()} == {
        "one.mp4": "done", "two.mp4": "done", "bad.mp4": "failed",
    }  # fmt: skip
    assert summary["one.mp4"]["frames"] == FRAMES
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "two.hands.csv").unlink()  # as after a kill before its mark, or by the user's hand
    main(arguments)
    again = {
        Path(one["input"]).name: one["status"] for one in json.loads((tmp_path / "out" / "summary.json").read_text())
    }
    assert again == {"one.mp4": "kept", "two.mp4": "done", "bad.mp4": "failed"}
    assert (tmp_path / "out" / "one.hands.csv").stat().st_mtime_ns == before["one.hands.csv"]
    main([*arguments, "--no-smooth"])
    other = {
        Path(one["input"]).name: one["status"] for one in json.loads((tmp_path / "out" / "summary.json").read_text())
    }
    assert other["one.mp4"] == "done", "other settings, another result"
    assert not list((tmp_path / "out").glob(".*")), "nothing unfinished is left"


def test_addresses_are_read_and_written_by_fsspec(videos, tmp_path):
    pytest.importorskip("fsspec")
    assert main(["track", f"file://{videos}/one.mp4", "--out", f"file://{tmp_path}/far", "--to", "csv", "folder"]) == 0
    assert main(["track", str(videos / "one.mp4"), "--out", str(tmp_path / "near"), "--to", "csv", "folder"]) == 0
    far, near = (tmp_path / name / "one.hands.csv" for name in ("far", "near"))
    assert far.read_bytes() == near.read_bytes()
    assert (tmp_path / "far" / "one.hands.folder" / "labels.jsonl").is_file()
    assert json.loads((tmp_path / "far" / "one.hands.done.json").read_text())["status"] == "done"


def test_the_library_tracks_a_file(videos):
    smooth, plain = ([*track_file(videos / "one.mp4", smooth=how)] for how in (True, False))
    assert len(smooth) == len(plain) == FRAMES
    assert plain[-1].frame.color is not None
    assert plain[-1].draw().shape == (240, 320, 3)
    assert [r.frame.time_ns for r in smooth] == [r.frame.time_ns for r in plain]
    assert smooth[-1].hands[0].pose.joints_m == pytest.approx(plain[-1].hands[0].pose.joints_m, abs=0.05)
    assert not np.array_equal(smooth[-1].hands[0].pose.joints_m, plain[-1].hands[0].pose.joints_m)


@pytest.mark.parametrize(("arguments", "sentence"), [
    ([], "Which files"), (["nowhere.mp4"], "no file or folder nowhere.mp4"),
    (["a.mp4", "--to", "docx"], "Unknown format"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(arguments, sentence, capsys):
    assert main(["track", *arguments]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", [["--jobs", "2"], ["--ray", "local"]])
def test_with_a_worker_killed_in_the_middle_the_tables_are_the_same(how, tmp_path):
    """Two workers and six videos; one worker is killed while it works."""
    if how[0] == "--ray":
        pytest.importorskip("ray")
    folder = tmp_path / "videos"
    folder.mkdir()
    for i in range(6):
        make_video(folder / f"{i}.mp4", 60 + i)
    assert main(["track", str(folder), "--out", str(tmp_path / "alone"), "--to", "csv"]) == 0
    command = [sys.executable, "-c", "import sys; from handcam.cli import main; sys.exit(main(sys.argv[1:]))"]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    out = tmp_path / "many"
    program = subprocess.Popen(
        [*command, "track", str(folder), "--out", str(out), "--to", "csv", *how], env={**os.environ, "PYTHONPATH": path}
    )
    killed = False
    while program.poll() is None and not killed:
        for child in psutil.Process(program.pid).children(recursive=True):
            line = " ".join(child.cmdline()) if child.is_running() else ""
            busy = "ray::run" in line if how[0] == "--ray" else "spawn_main" in line
            if busy and list(out.glob("*.done.json")):
                os.kill(child.pid, signal.SIGKILL)
                killed = True
                break
        time.sleep(0.02)
    assert program.wait() == 0
    assert killed
    assert written(out) == written(tmp_path / "alone")
