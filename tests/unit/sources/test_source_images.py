"""Folders of pictures: which belong together, depth bit for bit, and bad files in one sentence."""

import json
import os
import struct
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from media import FRAMES, HEIGHT, WIDTH, depth, make_images, picture
from typed import present, seekable

from handcam.pictures import read_picture
from handcam.sources import SourceSettings, open_source
from handcam.types import InputError, Intrinsics, SourceError

QUICK = SourceSettings(realtime=False)


def test_colour_and_depth_belong_together(tmp_path: Path):
    source = seekable(open_source(f"images:{make_images(tmp_path / 'a')}", QUICK))
    assert source.length == FRAMES
    for n in range(FRAMES):  # 10 comes after 9
        frame = present(source.read())
        np.testing.assert_array_equal(present(frame.color), picture(n))
        np.testing.assert_array_equal(present(frame.depth), depth(n))
        assert frame.intrinsics == Intrinsics(60.0, 61.0, 31.0, 23.0, WIDTH, HEIGHT)
        assert frame.depth_unit_m == 0.000125


def test_subfolders_do_as_well(tmp_path: Path):
    for plane, made in (("color", picture), ("depth", depth)):
        (tmp_path / plane).mkdir()
        for n in range(3):
            cv2.imwrite(
                str(tmp_path / plane / f"frame_{n}.png"),
                np.ascontiguousarray(made(n)[..., ::-1] if plane == "color" else made(n)),
            )
    source = seekable(open_source(f"images:{tmp_path}", QUICK))
    assert source.length == 3
    frame = present(source.read())
    np.testing.assert_array_equal(present(frame.color), picture(0))
    np.testing.assert_array_equal(present(frame.depth), depth(0))
    assert frame.intrinsics.assumed


def test_one_picture(tmp_path: Path):
    folder = make_images(tmp_path / "a")
    color = seekable(open_source(f"images:{folder / '3.png'}", QUICK))
    assert (color.length, present(color.read()).depth) == (1, None)
    frame = present(open_source(f"images:{folder / '3.depth.png'}", QUICK).read())
    assert frame.color is None
    np.testing.assert_array_equal(present(frame.depth), depth(3))


def test_intrinsics_follow_the_size_of_the_picture(tmp_path: Path):
    folder = make_images(tmp_path / "a", with_depth=False)
    cv2.imwrite(str(folder / "0.png"), np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8))
    frame = present(open_source(f"images:{folder}", QUICK).read())
    assert frame.intrinsics == Intrinsics(60.0, 61.0, 31.0, 23.0, WIDTH, HEIGHT).scaled(WIDTH * 2, HEIGHT * 2)


def test_depth_of_a_real_camera(shared_data: Path, tmp_path: Path):
    taken = shared_data / "validation" / "lada_sr305_depth" / "datasets" / "custom" / "20210326-231615"
    for path in taken.iterdir():
        (tmp_path / path.name).symlink_to(path)
    camera = {"fx": 476.007, "fy": 476.007, "cx": 313.683, "cy": 242.755, "width": 640, "height": 480}
    (tmp_path / "intrinsics.json").write_text(json.dumps({**camera, "depth_unit_m": 0.000125}))
    source = seekable(open_source(f"images:{tmp_path}", QUICK))
    assert source.length == 11
    frame = present(source.read())
    assert frame.color is None
    assert (present(frame.depth).dtype, present(frame.depth).shape, frame.intrinsics.fx) == (
        np.uint16,
        (480, 640),
        476.007,
    )
    distance_m = np.median(present(frame.depth)[present(frame.depth) > 0]) * frame.depth_unit_m
    assert 0.4 < distance_m < 0.9  # a person in front of a desk camera


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"fx": 1}', '{"fx":"a","fy":1,"cx":1,"cy":1,"width":2,"height":2}', "[" * 100_000,
     '{"fx":NaN,"fy":1,"cx":1,"cy":1,"width":2,"height":2}', '{"fx":1,"fy":1,"cx":1,"cy":1,"width":0,"height":2}'],
)  # fmt: skip
def test_bad_intrinsics_are_one_sentence(tmp_path: Path, text: str):
    folder = make_images(tmp_path / "a")
    (folder / "intrinsics.json").write_text(text)
    with pytest.raises(SourceError, match=r"intrinsics\.json is damaged \(.*\); it needs fx, fy, cx, cy, width"):
        open_source(f"images:{folder}", QUICK)


def test_bad_pictures_are_one_sentence_each_and_the_run_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    folder = make_images(tmp_path / "a")
    (folder / "0.png").write_bytes(b"")
    (folder / "1.png").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "2.depth.png"), depth(0)[:20])
    cv2.imwrite(str(folder / "3.depth.png"), picture(0))
    write_header(folder / "5.png", 30_000, 30_000)
    source = open_source(f"images:{folder}", QUICK)
    with caplog.at_level("WARNING"):
        assert [frame.index for frame in iter(source.read, None)] == [4, *range(6, FRAMES)]
    told = [record.message for record in caplog.records]
    for words, sentence in zip(("0.png cannot be read", "1.png cannot be read", "differ in size"), told, strict=False):
        assert words in sentence
    assert told[3:] == [f"5 of {FRAMES} frames of images:a cannot be read and were left out."]
    for name, words in {"0.png": "cannot be read", "5.png": "8192"}.items():
        with pytest.raises(SourceError, match=words):
            open_source(f"images:{folder / name}", QUICK).read()


def write_header(path: Path, width: int, height: int) -> None:
    """A grey PNG of a size, with a few of its pixels."""
    parts = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0), b"IDAT" + zlib.compress(bytes(1000))]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (100_000, 100_000), (8193, 1), (1, 10_000)])
def test_a_picture_that_is_too_large_is_refused_by_its_header(tmp_path: Path, width: int, height: int):
    write_header(tmp_path / "huge.png", width, height)
    begun = time.perf_counter()
    with pytest.raises(InputError, match="8192"):
        read_picture(tmp_path / "huge.png")
    assert time.perf_counter() - begun < 1.0


def test_a_folder_in_which_nothing_can_be_read_is_an_error(tmp_path: Path):
    for n in range(5):
        (tmp_path / f"{n}.png").write_bytes(b"no picture")
    for settings in (QUICK, SourceSettings(realtime=False, loop=True)):
        with pytest.raises(SourceError, match="None of the 5 frames"):
            open_source(f"images:{tmp_path}", settings).read()


def test_what_is_no_file_is_no_picture(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
    for name in ("pipe.png", "x" * 5000, "missing.png"):
        with pytest.raises(SourceError):
            open_source(f"images:{tmp_path / name}", QUICK)


def test_nothing_there_is_one_sentence(tmp_path: Path):
    for rest, words in {"": "Which pictures", "missing": "There is no folder", ".": "There are no pictures"}.items():
        with pytest.raises(SourceError, match=words):
            open_source(f"images:{tmp_path / rest}" if rest else "images", QUICK)
