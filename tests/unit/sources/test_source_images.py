"""Folders of pictures: which belong together, depth bit for bit, and bad files in one sentence."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from media import FRAMES, HEIGHT, WIDTH, depth, make_images, picture
from typed import present, seekable

from handcam.sources import SourceSettings, open_source
from handcam.types import Intrinsics, SourceError

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
    with pytest.raises(SourceError, match=r"intrinsics\.json (is damaged|holds impossible)"):
        open_source(f"images:{folder}", QUICK)


def test_bad_pictures_are_one_sentence_each(tmp_path: Path):
    folder = make_images(tmp_path / "a")
    (folder / "0.png").write_bytes(b"")
    (folder / "1.png").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "2.depth.png"), depth(0)[:20])
    cv2.imwrite(str(folder / "3.depth.png"), picture(0))
    source = open_source(f"images:{folder}", QUICK)
    for words in (r"0\.png cannot be read", r"1\.png cannot be read", "differ in size", "not a 16-bit grey"):
        with pytest.raises(SourceError, match=words):
            source.read()
    assert present(source.read()).index == 4  # and the rest goes on


def test_nothing_there_is_one_sentence(tmp_path: Path):
    for rest, words in {"": "Which pictures", "missing": "There is no folder", ".": "There are no pictures"}.items():
        with pytest.raises(SourceError, match=words):
            open_source(f"images:{tmp_path / rest}" if rest else "images", QUICK)
