"""Frames that nobody processed, a device's own clock, depth, and where a file comes from, in every format that knows
of them; read by others' libraries."""

import io
import json
from dataclasses import replace
from datetime import datetime

import cv2
import numpy as np
import pandas
import polars
import pyarrow.parquet as pq
import pygltflib
import pytest
from bvh_reader import read_bvh
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory
from moving_hands import result
from pxr import Usd, UsdGeom, UsdShade
from recorded_hands import Recorded
from typed import present

from handcam.hand.skeleton import JOINTS
from handcam.session import Recorder, open_session
from handcam.session.export import ExportSettings
from handcam.types import Side

SLOW = 2.55
"""The file was read so many times faster than it plays."""
CARD = type("Card", (), {"name": "little", "sha256": "ab" * 32})()


@pytest.fixture(scope="module")
def sparse(tmp_path_factory) -> Recorded:
    """A clip at 23.53 pictures a second, read at 60, of which every third was processed; 16-bit depth beside colour."""
    results, path = [], tmp_path_factory.mktemp("sparse") / "session"
    recorder = Recorder(path, "video:clip.mp4", CARD)
    for i in range(13):
        made = result(i)
        since = made.frame.time_ns - result(0).frame.time_ns
        depth = np.full((480, 640), 500 + i, np.uint16)
        frame = replace(
            made.frame, depth=depth, depth_unit_m=0.000125, device_time_ns=round(SLOW * since), picture=f"shot {i}.png"
        )
        made = replace(made, frame=frame)
        recorder.put_frame(frame)
        if i % 3 == 0:
            recorder.put_result(made)
        results.append((frame, made if i % 3 == 0 else None))
    recorder.close()
    return Recorded(path, results)


def seconds(recorded) -> np.ndarray:
    return np.array([frame.device_time_ns / 1e9 for frame, _ in recorded.results])


@pytest.mark.parametrize("between", ["interpolate", "hold"])
def test_animations_go_on_where_nobody_looked(sparse, tmp_path, between):
    settings = ExportSettings(between=between)
    for format in ("glb", "usd", "bvh"):
        sparse.convert(format, tmp_path / f"take.{format}", settings)
    doc = present(pygltflib.GLTF2().load(tmp_path / "take.glb"))
    shown = [c for c in doc.animations[0].channels if c.target.path == "scale"]
    assert shown, "the hand can be hidden"
    for channel in shown:
        accessor = doc.accessors[present(doc.animations[0].samplers[channel.sampler].output)]
        view = doc.bufferViews[present(accessor.bufferView)]
        values = np.frombuffer(present(doc.binary_blob()), "<f4", accessor.count * 3, present(view.byteOffset))
        assert (values == 1).all(), "a frame that nobody processed is no hidden hand"
    stage = Usd.Stage.Open(str(tmp_path / "take.usd"))
    root = UsdGeom.Imageable(stage.GetPrimAtPath("/hands/right_hand"))
    codes = seconds(sparse) * stage.GetTimeCodesPerSecond()
    assert all(root.ComputeVisibility(code) == UsdGeom.Tokens.inherited for code in codes.tolist())
    places, _, _ = read_bvh(tmp_path / "take.bvh")
    beside = json.loads((tmp_path / "take.bvh.json").read_text())
    assert beside["missing_rows"] == []
    assert beside["rows_between"] == [1, 2, 4, 5, 7, 8, 10, 11]
    wrist = places["wrist"]
    middle = (wrist[0] * 2 + wrist[3]) / 3 if between == "interpolate" else wrist[0]
    np.testing.assert_allclose(wrist[1], middle, atol=1e-5)
    assert (beside["unit"], beside["weights"]["name"]) == ("cm", "little")


def test_bvh_in_metres(sparse, tmp_path):
    for unit in ("cm", "m"):
        sparse.convert("bvh", tmp_path / f"{unit}.bvh", ExportSettings(unit=unit))
    cm, m = (read_bvh(tmp_path / f"{unit}.bvh")[0]["index_dip"] for unit in ("cm", "m"))
    np.testing.assert_allclose(m * 100, cm, atol=2e-4)
    assert json.loads((tmp_path / "m.bvh.json").read_text())["unit"] == "m"


def test_bvh_has_one_reading(sparse, tmp_path):
    """Only the root has positions: a reader that adds OFFSET to them and one that does not agree."""
    sparse.convert("bvh", tmp_path / "take.bvh")
    text = (tmp_path / "take.bvh").read_text()
    assert text.count("Xposition") == 1
    root = text[text.index("ROOT") : text.index("CHANNELS")]
    assert [float(v) for v in root.split("OFFSET")[1].split()] == [0, 0, 0]


def test_times_are_the_devices(sparse, tmp_path):
    truth = seconds(sparse)
    for format in ("csv", "parquet", "bvh", "glb", "usd", "rrd"):
        sparse.convert(format, tmp_path / f"take.{format}")
    for table in (pandas.read_csv(tmp_path / "take.csv"), pandas.read_parquet(tmp_path / "take.parquet")):
        np.testing.assert_allclose(table["time_s"], truth, atol=1e-6)
        assert table["picture"].tolist() == [f"shot {i}.png" for i in range(13)]
        assert table["time_ns"].tolist() == sparse.time_ns.tolist(), "the host's clock stays"
        assert table["device_time_ns"].tolist() == [frame.device_time_ns for frame, _ in sparse.results]
    _, _, frame_time = read_bvh(tmp_path / "take.bvh")
    assert frame_time == pytest.approx(SLOW / 60, rel=1e-6)
    doc = present(pygltflib.GLTF2().load(tmp_path / "take.glb"))
    for sampler in doc.animations[0].samplers:
        assert present(doc.accessors[present(sampler.input)].max)[0] == pytest.approx(truth[-1], abs=1e-5)
    stage = Usd.Stage.Open(str(tmp_path / "take.usd"))
    assert stage.GetTimeCodesPerSecond() == 24, "a rate that film tools know, next to 23.53"
    animation = stage.GetPrimAtPath("/hands/right_hand/animation").GetAttribute("translations")
    np.testing.assert_allclose(np.array(animation.GetTimeSamples()) / 24, truth, atol=1e-9)
    with open_session(sparse.path) as session:
        assert session.fps == pytest.approx(60 / SLOW, rel=1e-3)
        assert session.frames[3].picture == "shot 3.png"


def test_usd_has_a_material(sparse, tmp_path):
    (out,) = sparse.convert("usd", tmp_path / "take.usd")
    stage = Usd.Stage.Open(str(out))
    bound, _ = UsdShade.MaterialBindingAPI(stage.GetPrimAtPath("/hands/right_hand/skin")).ComputeBoundMaterial()
    surface, _, _ = bound.ComputeSurfaceSource()
    assert surface.GetIdAttr().Get() == "UsdPreviewSurface"


@pytest.mark.filterwarnings("ignore:.*GetPrototype.*|.*MessageFactory.*")
def test_mcap_counts_from_1970_and_holds_depth(sparse, tmp_path):
    (out,) = sparse.convert("mcap", tmp_path / "take.mcap", ExportSettings(pictures=True))
    with open_session(sparse.path) as session:
        created, start = datetime.fromisoformat(session.header["created"]), session.header["time_ns"]
    first = created.timestamp() + (sparse.time_ns[0] - start) / 1e9
    topics, decoder = {}, DecoderFactory()
    with out.open("rb") as file:
        reader = make_reader(file)
        (origin,) = [record.metadata for record in reader.iter_metadata()]
        for schema, channel, message in reader.iter_messages():
            decode = present(decoder.decoder_for(channel.message_encoding, schema) or json.loads)
            topics.setdefault(channel.topic, []).append((message.log_time, decode(message.data)))
    at = np.array([time for time, _ in topics["/camera/depth"]]) / 1e9
    np.testing.assert_allclose(at, first + seconds(sparse), atol=2e-3)
    assert [said["unix_time_ns"] for _, said in topics["/hands"]] == [time for time, _ in topics["/hands"]]
    for i, (_, picture) in enumerate(topics["/camera/depth"]):
        depth = present(cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_UNCHANGED))
        assert (depth.dtype, depth.min(), depth.max()) == (np.uint16, 500 + i, 500 + i)
    assert float(origin["depth_unit_m"]) == 0.000125
    assert json.loads(origin["weights"])["name"] == "little"


def test_parquet_is_null_where_nothing_is_known_and_holds_depth(sparse, tmp_path):
    (out,) = sparse.convert("parquet", tmp_path / "take.parquet", ExportSettings(pictures=True))
    table = polars.read_parquet(out)
    unprocessed = table.filter(~polars.col("processed"))
    assert len(unprocessed) == 8
    for name in ("side", "track", "metric", "score", "wrist_x_m", "thumb_cmc_abduction_deg", "pinch_m"):
        assert unprocessed[name].null_count() == 8, name
    assert not any(table[name].is_nan().any() for name in table.columns if table[name].dtype.is_float())
    for i, row in enumerate(table.iter_rows(named=True)):
        depth = cv2.imdecode(np.frombuffer(row["depth_png"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert (depth == 500 + i).all()
        color = present(cv2.imdecode(np.frombuffer(row["color_jpeg"], np.uint8), cv2.IMREAD_COLOR))
        assert color.shape == (480, 640, 3)
        assert row["depth_unit_m"] == 0.000125
    camera = sparse.results[0][0].intrinsics
    assert table["camera_fx"].to_list() == [camera.fx] * 13
    metadata = pq.read_schema(out).metadata
    assert json.loads(metadata[b"weights"])["name"] == "little"
    assert metadata[b"estimated_by"].startswith(b"handcam ")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rrd_is_columns(recorded, sparse, tmp_path):
    chunks = pytest.importorskip("rerun.chunk")
    (out,) = recorded.convert("rrd", tmp_path / "take.rrd")
    assert out.stat().st_size < 400_000, "2 MB when every frame is a row of its own"
    (out,) = sparse.convert("rrd", tmp_path / "depth.rrd", ExportSettings(pictures=True))
    depth: dict[int, np.ndarray] = {}
    for chunk in chunks.RrdReader(out).stream():
        batch = chunk.to_record_batch()
        for name in batch.schema.names:
            if chunk.entity_path == "/camera/depth" and name.endswith(":buffer"):
                for frame, value in zip(batch.column("frame").to_pylist(), batch.column(name).to_pylist(), strict=True):
                    depth[frame] = np.array(value[0], np.uint8).view(np.uint16)
    assert sorted(depth) == sparse.index.tolist()
    for i, frame in enumerate(sorted(depth)):
        assert (depth[frame] == 500 + i).all()


def test_video_plays_at_its_own_times_in_its_own_colours(tmp_path):
    """Frames at odd moments: no constant rate is claimed, and the matrix that made the colours is named."""
    av = pytest.importorskip("av")
    recorder, times = Recorder(tmp_path / "session", "demo"), [0, 10, 55, 57, 200]
    for i, ms in enumerate(times):
        frame = result(i).frame
        recorder.put_frame(replace(frame, time_ns=frame.time_ns * 0 + ms * 1_000_000, color=np.full_like(
            present(frame.color), (200, 30, 40))))  # fmt: skip
    recorder.close()
    data = (tmp_path / "session" / "video-000.mkv").read_bytes()
    assert b"\x23\xe3\x83" not in data, "Matroska's DefaultDuration"
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        rate = stream.average_rate  # what is not claimed is None in PyAV 18 and 0/0 in PyAV 19
        assert rate is None or rate.denominator == 0
        assert (context.colorspace, context.color_range) == (6, 1), "BT.601, video range"
        assert [picture.pts for picture in container.decode(stream)] == times


def test_frames_without_a_device_clock_keep_the_hosts(recorded, tmp_path):
    (out,) = recorded.convert("parquet", tmp_path / "take.parquet")
    table = pandas.read_parquet(out)
    assert np.all(table["device_time_ns"].isna())
    assert len({*JOINTS} - {name.removesuffix("_x_m") for name in table}) == 0
    assert set(table["side"].dropna()) == {side.value for side in Side}
