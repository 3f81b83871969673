"""Values: frozen, slotted, and cameras that scale rightly."""

import dataclasses
import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import handcam.types as types
from handcam.geometry import project, unproject
from handcam.types import Controls, HandcamError, Intrinsics, Side

VALUES = [c for _, c in inspect.getmembers(types, dataclasses.is_dataclass)]
sizes = st.integers(16, 4096)


@pytest.mark.parametrize("value", VALUES, ids=lambda c: c.__name__)
def test_values_are_frozen_slotted_and_documented(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(value)
    lines = inspect.getsource(value).splitlines()
    for field in dataclasses.fields(value):
        at = next(i for i, line in enumerate(lines) if line.startswith(f"    {field.name}:"))
        assert lines[at + 1].strip().startswith('"""'), f"{value.__name__}.{field.name} says nothing"


def test_every_error_of_a_user_is_of_one_family() -> None:
    for name, error in inspect.getmembers(types, inspect.isclass):
        if name.endswith("Error"):
            assert issubclass(error, HandcamError)


def test_sides() -> None:
    assert Side.LEFT.other is Side.RIGHT
    assert Side("right").other.other is Side.RIGHT


def test_a_frozen_value_stays_as_it_is() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Controls().samples = 3  # type: ignore[misc]


@given(sizes, sizes, st.floats(0.2, 2.8))
def test_a_field_of_view_is_what_the_picture_s_edges_span(width: int, height: int, fov: float) -> None:
    camera = Intrinsics.from_fov(width, height, fov)
    longer, centre = (width, camera.cx) if width > height else (height, camera.cy)
    low, high = ((edge - centre) / camera.fx for edge in (-0.5, longer - 0.5))
    assert np.arctan(high) - np.arctan(low) == pytest.approx(fov)
    upright = Intrinsics.from_fov(height, width, fov)
    assert upright.fx == camera.fx, "a phone has one lens, however it is held"
    assert camera.fx == camera.fy
    assert camera.assumed


@given(sizes, sizes, sizes, sizes)
def test_a_scaled_camera_sees_the_same_point_at_the_same_place(w: int, h: int, width: int, height: int) -> None:
    camera = Intrinsics(500.0, 510.0, 0.4 * w, 0.6 * h, w, h)
    scaled = camera.scaled(width, height)
    point = np.array([[0.1, -0.05, 0.7]])
    before, after = project(point, camera)[0], project(point, scaled)[0]
    # the same share of the picture, edges being half a pixel before the first pixel's centre
    assert (after + 0.5) / [width, height] == pytest.approx((before + 0.5) / [w, h])
    back = scaled.scaled(w, h)
    assert (back.fx, back.fy, back.cx, back.cy) == pytest.approx((camera.fx, camera.fy, camera.cx, camera.cy))


def test_the_matrix_projects() -> None:
    camera = Intrinsics(600.0, 610.0, 300.0, 220.0, 640, 480)
    point = unproject(np.array([[123.0, 45.0]]), np.array([0.8]), camera)[0]
    pixel = camera.matrix @ point
    assert pixel[:2] / pixel[2] == pytest.approx([123.0, 45.0])
