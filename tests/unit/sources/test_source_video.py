"""Videos: order, pace, seeking, turning, and every kind of bad file in one sentence."""

from pathlib import Path
from time import perf_counter

import av
import numpy as np
import pytest
from media import FRAMES, HEIGHT, WIDTH, make_video, picture
from typed import present, seekable

from handcam.sources import SourceSettings, open_source
from handcam.types import Frame, SourceError

QUICK = SourceSettings(realtime=False)


def open_quick(path: Path):
    return open_source(f"video:{path}", QUICK)


@pytest.mark.parametrize(
    ("name", "codec", "format"),
    [("a.mp4", "libx264", None), ("a.avi", "mpeg4", None), ("a.mkv", "ffv1", None), ("a.h264", "libx264", "h264")],
)
def test_every_picture_once_in_order(tmp_path: Path, name: str, codec: str, format: str | None):
    source = seekable(open_quick(make_video(tmp_path / name, codec=codec, format=format)))
    assert source.length == FRAMES
    frames = [present(source.read()) for _ in range(FRAMES)]
    assert source.read() is None
    for n, frame in enumerate(frames):
        assert frame.index == n
        assert np.abs(present(frame.color).astype(int) - picture(n)).mean() < 8
    for n in (7, 2, 11, 3, 4):
        source.seek(n)
        np.testing.assert_array_equal(present(present(source.read()).color), present(frames[n].color))


def number(frame: Frame) -> int:
    """Number of the picture, modulo 20, by its red."""
    return round((int(present(frame.color)[30, 30, 0]) - 30) / 10) % 20


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.ts", "libx264"),
        ("a.ts", "mpeg2video"),
        ("a.mpg", "mpeg2video"),
        ("a.mpg", "mpeg1video"),
        ("a.mp4", "libx264"),
    ],
)
def test_containers_without_an_index_lose_nothing_and_jump_rightly(tmp_path: Path, name: str, codec: str):
    """MPEG-TS and MPEG-PS: a jump lands anywhere there, even one to the start."""
    source = seekable(open_quick(make_video(tmp_path / name, 300, codec)))
    assert source.length == 300
    assert [number(present(source.read())) for _ in range(300)] == [n % 20 for n in range(300)]
    for n in (0, 299, 131, 130, 250, 1, 77, 200, 13):
        source.seek(n)
        frame = present(source.read())
        assert (frame.index, number(frame)) == (n, n % 20)


def test_joined_files_are_played_to_their_end(tmp_path: Path):
    """Their times begin anew with each part, so that pictures are counted."""
    part = make_video(tmp_path / "a.ts", 60).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part * 3)
    source = seekable(open_quick(tmp_path / "joined.ts"))
    frames = [present(source.read()) for _ in range(source.length)]
    assert source.length >= 3 * 60 - 4, "at a joint the parser may lose one"
    assert {number(frame) for frame in frames[-50:]} == set(range(20))
    source.seek(100)
    assert number(present(source.read())) == number(frames[100])


def test_pace_and_speed(tmp_path: Path):
    source = seekable(open_source(f"video:{make_video(tmp_path / 'a.mp4')}", SourceSettings(realtime=True)))
    start = perf_counter()
    first, second = present(source.read()), present(source.read())
    assert perf_counter() - start > 0.02  # 1/30 s apart
    assert second.time_ns - first.time_ns > 20_000_000
    assert present(second.device_time_ns) - present(first.device_time_ns) == pytest.approx(1e9 / 30, rel=0.05)
    source.speed = 0.5
    source.read()
    start = perf_counter()
    source.read()
    assert perf_counter() - start > 0.04
    source.speed = 1e9
    assert source.speed == 100


def test_a_pause_is_not_caught_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from handcam.sources import _file_reader

    now = [100.0]
    monkeypatch.setattr(_file_reader, "perf_counter", lambda: now[0])
    source = open_source(f"video:{make_video(tmp_path / 'a.mp4')}", SourceSettings(realtime=True))
    assert isinstance(source, _file_reader.FileSource)
    source.read()
    now[0] += 60  # the user made a pause
    assert source._due(1 / 30) == now[0]
    assert source._due(2 / 30) == pytest.approx(now[0] + 1 / 30)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_upright_as_the_metadata_says(tmp_path: Path, turn: int):
    plain = make_video(tmp_path / "plain.mp4")
    turned = tmp_path / "turned.mp4"
    data = bytearray(plain.read_bytes())
    at = data.index(b"tkhd") + 44  # the display matrix of the track header, 16.16 fixed point
    sine, cosine = {90: (1, 0), 180: (0, -1), 270: (-1, 0)}[turn]
    one = 1 << 16
    for offset, value in ((0, cosine), (4, sine), (12, -sine), (16, cosine)):
        data[at + offset : at + offset + 4] = (value * one).to_bytes(4, "big", signed=True)
    turned.write_bytes(data)
    upright = present(open_quick(turned).read())
    assert present(upright.color).shape == ((WIDTH, HEIGHT, 3) if turn != 180 else (HEIGHT, WIDTH, 3))
    assert (upright.intrinsics.height, upright.intrinsics.width) == present(upright.color).shape[:2]
    blue = (
        np.argwhere(present(upright.color)[..., 2] > 200).mean(0) / present(upright.color).shape[:2]
    )  # was at the upper left
    expected = {90: (0.17, 0.83), 180: (0.83, 0.87), 270: (0.87, 0.17)}[turn]  # a clockwise turn
    np.testing.assert_allclose(blue, expected, atol=0.06)


def cut(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def test_a_cut_off_video_plays_up_to_the_cut(tmp_path: Path):
    whole = make_video(tmp_path / "a.mkv", frames=60, codec="ffv1")
    source = seekable(open_quick(cut(whole, 0.5)))
    frames = [present(source.read()) for _ in range(source.length)]
    assert 20 < source.length < 40
    assert [frame.index for frame in frames if frame is not None][:20] == list(range(20))


def test_damage_in_the_middle_is_skipped(tmp_path: Path):
    path = make_video(tmp_path / "a.mkv", frames=60, codec="ffv1")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = np.random.default_rng(0).bytes(300)
    path.write_bytes(data)
    source = open_quick(path)
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame.index)
    assert len(frames) > 20
    assert frames == sorted(frames)


def test_bad_files_are_one_sentence(tmp_path: Path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    cut(make_video(tmp_path / "cut.mp4"), 0.6)  # without its index, which stands at the end
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    for rest, words in {
        "": "Which video",
        "missing.mp4": "There is no video file",
        ".": "is a folder",
        "empty.mp4": r"is empty \(0 bytes\)",
        "noise.mp4": "cannot be read|no pictures|No picture",
        "cut.mp4": "cut off",
        "sound.wav": "only sound",
    }.items():
        with pytest.raises(SourceError, match=words) as caught:
            open_source(f"video:{tmp_path / rest}" if rest else "video", QUICK)
        assert str(caught.value).count("\n") == 0


def test_the_real_clip(shared_data: Path):
    source = seekable(open_quick(shared_data / "clips" / "asl_hand" / "asl_hand.25fps.mp4"))
    assert (source.length, source.fps) == (325, 25)
    source.seek(300)
    assert present(present(source.read()).color).shape == (1080, 620, 3)
