"""mcap and rrd, opened again by their own libraries."""

import json

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from handcam.session.export import ExportSettings
from handcam.types import Side

TENTH_MM = 1e-4


@pytest.mark.filterwarnings("ignore:.*GetPrototype.*|.*MessageFactory.*")  # the decoder with protobuf 4
def test_mcap(recorded, tmp_path):
    (out,) = recorded.convert("mcap", tmp_path / "take.mcap", ExportSettings(pictures=True))
    topics: dict[str, list] = {}
    foxglove = DecoderFactory()
    with out.open("rb") as file:
        for schema, channel, message in make_reader(file).iter_messages():
            assert schema is not None
            decode = foxglove.decoder_for(channel.message_encoding, schema) or json.loads
            topics.setdefault(channel.topic, []).append((schema.name, message.log_time, decode(message.data)))
            if channel.message_encoding == "json":
                json.loads(schema.data)
    looked_at = [(frame, seen) for frame, seen in recorded.results if seen is not None]
    for topic, raw in (("/hands", False), ("/hands/raw", True)):
        messages = topics[topic]
        start_ns = messages[0][1] - looked_at[0][0].time_ns
        assert [time - start_ns for _, time, _ in messages] == [frame.time_ns for frame, _ in looked_at]
        for (_, _, said), (frame, seen) in zip(messages, looked_at, strict=True):
            assert said["frame"] == frame.index
            assert [hand["side"] for hand in said["hands"]] == [hand.pose.side.value for hand in seen.hands]
            for hand, truth in zip(said["hands"], seen.hands, strict=True):
                joints = (truth.raw if raw else truth.pose).joints_m
                assert np.abs(np.array(hand["joints_m"]) - joints).max() < TENTH_MM
    for (name, _, scene), (_, seen) in zip(topics["/hands/scene"], looked_at, strict=True):
        assert name == "foxglove.SceneUpdate"
        assert scene.deletions[0].type == 1, "what was there before is taken away"
        for entity, hand in zip(scene.entities, seen.hands, strict=True):
            drawn = np.array([[getattr(sphere.pose.position, a) for a in "xyz"] for sphere in entity.spheres])
            assert np.abs(drawn - hand.pose.joints_m).max() < TENTH_MM
            assert len(entity.lines[0].points) == 40
    assert [m[0] for m in topics["/camera/calibration"]] == ["foxglove.CameraCalibration"]
    assert len(topics["/camera/image"]) == len(recorded.results)


def test_rrd(recorded, tmp_path):
    chunks = pytest.importorskip("rerun.chunk")
    (out,) = recorded.convert("rrd", tmp_path / "take.rrd")
    rows: dict[str, dict[int, object]] = {}
    for chunk in chunks.RrdReader(out).stream():
        batch = chunk.to_record_batch()
        for name in batch.schema.names:
            if "frame" in chunk.timeline_names and name.endswith("Points3D:positions"):
                frames, values = batch.column("frame").to_pylist(), batch.column(name).to_pylist()
                there = {frame: value for frame, value in zip(frames, values, strict=True) if value}
                rows.setdefault(chunk.entity_path, {}).update(there)
    for side in Side:
        found, truth = rows[f"/hands/{side.value}/joints"], recorded.joints(side)
        for index, joints in zip(recorded.index.tolist(), truth, strict=True):
            assert (index in found) == bool(np.isfinite(joints).all())
            if index in found:
                assert np.abs(np.array(found[index]) - joints).max() < TENTH_MM
