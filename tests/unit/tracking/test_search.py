"""Searches: parts of the picture in turn or at once, the place of a lost hand first, one box a hand."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from typed import present

from handcam.tracking.parts import WHOLE, Part, distinct, part_around, parts_of
from handcam.tracking.search import SEARCH_EVERY, SEARCH_SECOND_EVERY, Search
from handcam.tracking.track import Track
from handcam.types import Frame, HandBox, Intrinsics, Side


def frame(width: int = 640, height: int = 480) -> Frame:
    """A dark picture whose red and green say the column and row."""
    y, x = np.mgrid[:height, :width]
    color = np.stack([x // 8, y // 8, np.full_like(x, 20)], -1).astype(np.uint8)
    return Frame(0, 0, Intrinsics.from_fov(width, height, 1.0), color)


@dataclass
class SmallHands:
    """Finds a hand only where it fills enough of what is shown; remembers what it was shown."""

    hands: list[HandBox]
    in_parts: bool = True
    shown: list[Frame] = field(default_factory=list)

    def find(self, frame, max_hands=2):
        self.shown.append(frame)
        height, width = frame.color.shape[:2]
        left, top = (int(frame.color[0, 0, k]) * 8 for k in (0, 1))
        out = []
        for hand in self.hands:
            at = hand.centre_px - [left, top]
            if (at > 0).all() and (at < [width, height]).all() and hand.size_px > 0.2 * max(width, height):
                out.append(HandBox(hand.side, at, hand.size_px, 0.0, hand.score))
        return out[:max_hands]

    def close(self): ...


def hand(x: float, y: float, size: float = 70.0, score: float = 0.9) -> HandBox:
    return HandBox(Side.RIGHT, np.array([float(x), float(y)]), size, 0.0, score)


TRACK = Track(1, hand(600, 300))


def edges(detector: SmallHands) -> list[int]:
    return [max(present(shown.color).shape[:2]) for shown in detector.shown]


def test_without_a_clock_all_parts_are_searched_until_there_are_enough_hands():
    detector = SmallHands([hand(100, 100), hand(560, 400), hand(330, 240, 200.0)])
    search = Search([detector])
    assert search.ask_if_due(frame(), [], 4)
    found = search.answer(0.0)
    assert sorted(box.centre_px.tolist() for box in found) == [[100, 100], [330, 240], [560, 400]]
    assert len(detector.shown) == 1 + len(parts_of(frame()))
    detector.shown.clear()
    search.forget()
    search.ask_if_due(frame(), [], 1)
    assert len(detector.shown) == 1, "one hand is wanted, and the whole picture shows it"


def test_while_a_hand_is_tracked_one_part_is_searched_at_a_time():
    detector = SmallHands([hand(100, 100)])
    search = Search([detector])
    found = []
    for _ in range(SEARCH_SECOND_EVERY * 2 * len(parts_of(frame()))):
        before = len(detector.shown)
        search.ask_if_due(frame(), [TRACK], 2)
        assert len(detector.shown) - before <= 1
        found += search.answer(0.0)
    assert edges(detector)[:4] == [640, 320, 640, 320]
    assert found, "a small hand is found in its turn"


def test_live_every_frame_without_a_hand_costs_one_look():
    detector = SmallHands([hand(100, 100)])
    search = Search([detector], live=True)
    found = []
    for i in range(2 * len(parts_of(frame()))):
        assert search.ask_if_due(frame(), [], 2)
        found += search.answer(5.0)
        assert len(detector.shown) == i + 1
    assert [box.centre_px.tolist() for box in found] == [[100, 100]] * len(found)
    assert found


def test_a_lost_hand_is_searched_where_it_was_in_the_next_frame():
    detector = SmallHands([hand(480, 100, 60.0)])
    search = Search([detector])
    search.ask_if_due(frame(), [TRACK], 2)
    search.answer(0.0)
    search.count_frame([hand(470, 110, 60.0)])
    assert search.ask_if_due(frame(), [TRACK], 2)
    assert edges(detector)[-1] < 150
    (box,) = search.answer(0.0)
    assert box.centre_px.tolist() == pytest.approx([480, 100], abs=8)


def test_a_detector_of_whole_pictures_is_shown_no_parts():
    detector = SmallHands([], in_parts=False)
    search = Search([detector])
    for _ in range(2 * SEARCH_EVERY):
        search.ask_if_due(frame(), [], 2)
        search.answer(0.0)
    search.count_frame([hand(100, 100)])
    search.ask_if_due(frame(), [], 2)
    assert set(edges(detector)) == {640}
    assert len(detector.shown) == 3, "every third frame, lost or not"


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (1280, 720), (500, 500), (3840, 2160), (3, 2)])
def test_tiles_cover_the_picture(width, height):
    shown = np.zeros((height, width), bool)
    for part in parts_of(frame(width, height)):
        if part.edge:
            assert 0 <= part.left <= max(width - part.edge, 0)
            assert 0 <= part.top <= max(height - part.edge, 0)
            shown[part.top : part.top + part.edge, part.left : part.left + part.edge] = True
    assert shown.all()


def test_a_part_has_its_own_camera_and_boxes_go_back():
    whole = frame()
    part = Part(200, 100, 120)
    seen = part.of(whole)
    color = present(seen.color)
    assert color.shape == (120, 120, 3)
    assert color[0, 0].tolist() == [25, 12, 20]
    ray = [(200 - whole.intrinsics.cx) / whole.intrinsics.fx, (100 - whole.intrinsics.cy) / whole.intrinsics.fy]
    assert [-seen.intrinsics.cx / seen.intrinsics.fx, -seen.intrinsics.cy / seen.intrinsics.fy] == pytest.approx(ray)
    assert part.in_frame([hand(10, 20)])[0].centre_px.tolist() == [210, 120]
    assert WHOLE.of(whole) is whole
    assert present(Part(bright=True).of(whole).color).mean() > 2 * present(whole.color).mean()


def test_the_part_around_a_hand_stays_in_the_picture():
    for at in ((0.0, 0.0), (639.0, 479.0), (300.0, 200.0)):
        part = part_around(hand(*at, 100.0), frame())
        assert present(part.of(frame()).color).shape[:2] == (160, 160)
    whole = part_around(hand(300, 200, 3000.0), frame()).of(frame())
    assert present(whole.color).shape[:2] == (480, 640)


def test_of_two_boxes_of_one_hand_the_first_stays():
    boxes = [hand(100, 100, 70, 0.5), hand(110, 95, 80, 0.8), hand(200, 100, 70, 0.6)]
    assert distinct(boxes) == [boxes[0], boxes[2]]


def test_a_doubted_hand_is_looked_at_again_though_no_hand_is_missing():
    detector = SmallHands([hand(480, 100, 60.0)])
    search = Search([detector])
    doubted = Track(1, hand(480, 100, 60.0), presence=0.1)
    for _ in range(30):
        search.ask_if_due(frame(), [doubted], 1)
        search.answer(0.0)
    assert len(detector.shown) == 6
    assert set(edges(detector)) == {96}, "where it is, and nowhere else"
    for _ in range(30):
        assert not search.ask_if_due(frame(), [TRACK], 1)
