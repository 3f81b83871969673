"""Every format: writes all or nothing, hides nothing it was asked for, and says in a sentence what is wrong."""

import sys
from dataclasses import replace

import pytest
from moving_hands import result

from handcam.lab.experiments.mano import write_rig_model
from handcam.plugins import load, names
from handcam.session import Recorder, open_session
from handcam.session.export import ExportError, ExportSettings, RecordedResults, convert, suffix
from handcam.types import Side

FORMATS = names("handcam.session.export")
PACKAGES = {
    "c3d": "ezc3d",
    "ros2": "rosbags",
    "parquet": "pyarrow",
    "glb": "pygltflib",
    "usd": "pxr",
    "mcap": "foxglove",
    "rrd": "rerun",
}


def record(path, sides):
    recorder = Recorder(path, "demo")
    for i in range(4):
        made = result(i, sides)
        recorder.put_frame(made.frame)
        recorder.put_result(made)
    recorder.close()
    return path


@pytest.fixture(scope="module")
def session_path(tmp_path_factory):
    return record(tmp_path_factory.mktemp("formats") / "session", (Side.RIGHT,))


@pytest.fixture(scope="module")
def empty_path(tmp_path_factory):
    return record(tmp_path_factory.mktemp("formats") / "empty", ())


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> ExportSettings:
    """Settings with what a format cannot do without."""
    write_rig_model(path := tmp_path_factory.mktemp("mano") / "MANO_RIGHT.pkl")
    return ExportSettings(mano=path)


@pytest.fixture(params=FORMATS)
def format(request):
    return request.param


def test_all_the_formats_that_are_promised_are_there():
    promised = ["csv", "parquet", "json", "bvh", "glb", "usd", "mcap", "rrd", "freihand", "folder", "overlay", "sheet",
                "trc", "c3d", "coco", "ros2", "lerobot", "mano"]  # fmt: skip
    assert sorted(promised) == FORMATS


def test_the_result_is_there_and_nothing_else(format, session_path, tmp_path, given):
    steps = []
    settings = replace(given, progress=lambda done, total: steps.append((done, total)))
    with open_session(session_path) as session:
        files = convert(session, format, tmp_path / f"take{suffix(format)}", settings)
    assert sorted(tmp_path.iterdir()) == files
    assert files[0].name == f"take{suffix(format)}"
    assert all(file.is_dir() or file.stat().st_size > 50 for file in files)
    assert steps == [(i, 4) for i in range(1, 5)]
    assert load("handcam.session.export", format).__doc__


@pytest.mark.skipif(sys.platform == "win32", reason="files are limited as on Unix")
def test_a_disk_that_fills_is_told_of_in_a_sentence_and_nothing_is_left(format, tmp_path, given):
    import resource

    shown, settings = [result(n, tuple(Side)) for n in range(8)], replace(given, pictures=True)
    (tmp_path / "good").mkdir()
    good = convert(shown, format, tmp_path / "good" / f"take{suffix(format)}", settings)
    largest = max(file.stat().st_size for made in good for file in (made, *made.rglob("*")) if file.is_file())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, limits[1]))
    try:
        with pytest.raises(ExportError, match="Cannot write") as error:
            convert(shown, format, tmp_path / f"take{suffix(format)}", settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_nothing_is_overwritten_unless_asked(format, session_path, tmp_path, given):
    out = tmp_path / f"take{suffix(format)}"
    with open_session(session_path) as session:
        convert(session, format, out, given)
        before = out.read_bytes() if out.is_file() else sorted(out.rglob("*"))
        with pytest.raises(ExportError, match="--out"):
            convert(session, format, out, given)
        assert before == (out.read_bytes() if out.is_file() else sorted(out.rglob("*")))
        if out.is_file():
            assert convert(session, format, out, given, overwrite=True)
        else:
            with pytest.raises(ExportError, match="not empty"):
                convert(session, format, out, given, overwrite=True)


def test_a_session_without_a_hand_gives_an_empty_table_or_a_sentence(format, empty_path, tmp_path, given):
    out = tmp_path / f"take{suffix(format)}"
    with open_session(empty_path) as session:
        if format in ("csv", "parquet", "json", "mcap", "rrd", "overlay", "sheet", "ros2"):
            assert convert(session, format, out, given) == [out]
        else:
            with pytest.raises(ExportError, match="no hand"):
                convert(session, format, out, given)
            assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing_behind(format, session_path, tmp_path, given):
    def fail(done, total):
        if done == 3:
            raise OSError(28, "No space left on device")

    with open_session(session_path) as session, pytest.raises(ExportError, match="No space left"):
        convert(session, format, tmp_path / f"take{suffix(format)}", replace(given, progress=fail))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", PACKAGES)
def test_a_missing_package_is_named(monkeypatch, format, session_path, tmp_path):
    package = PACKAGES[format]
    for name in [n for n in sys.modules if n == package or n.startswith(package + ".")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, f"handcam.session.export.{format}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with open_session(session_path) as session, pytest.raises(ExportError, match=r'pip install -e "\.\[export\]"'):
        convert(session, format, tmp_path / "take")


def test_results_at_hand_are_written_as_a_session_of_them(format, session_path, tmp_path, given):
    """Nothing but what only a session knows (its header, lossy pictures) may differ."""
    results = [result(i, (Side.RIGHT,)) for i in range(4)]
    with open_session(session_path) as session:
        same = RecordedResults(iter(results), session.header)
        (direct, *_) = convert(same, format, tmp_path / f"direct{suffix(format)}", given)
        (stored, *_) = convert(session, format, tmp_path / f"stored{suffix(format)}", given)
    if format in ("csv", "bvh", "glb", "usd"):
        assert direct.read_bytes() == stored.read_bytes()
    elif direct.is_dir():
        ends = [sorted(path.suffix for path in folder.rglob("*")) for folder in (direct, stored)]
        assert ends[0] == ends[1]
    else:
        assert direct.stat().st_size > 0.5 * stored.stat().st_size


def test_no_results_are_a_sentence(tmp_path):
    with pytest.raises(ExportError, match="no frames"):
        convert([], "csv", tmp_path / "take.csv")


def test_unknown_formats_are_refused(session_path, tmp_path):
    with open_session(session_path) as session, pytest.raises(ExportError, match="use one of bvh, c3d"):
        convert(session, "docx", tmp_path / "take.docx")


def test_raw_poses_differ_from_refined_ones(session_path, tmp_path):
    with open_session(session_path) as session:
        for name, settings in (("raw", ExportSettings(raw=True)), ("fine", ExportSettings())):
            convert(session, "bvh", tmp_path / f"{name}.bvh", settings)
    assert (tmp_path / "raw.bvh").read_text() != (tmp_path / "fine.bvh").read_text()
