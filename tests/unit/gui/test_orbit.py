import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handcam.gui.scene3d.orbit import Orbit

turns = st.floats(-2000, 2000)


@given(turns, turns, st.floats(-60, 60))
def test_any_drag_and_zoom_keeps_a_rigid_view_on_the_target(dx: float, dy: float, notches: float) -> None:
    orbit = Orbit().dragged(dx, dy).zoomed(notches)
    view = orbit.view_from_scene
    np.testing.assert_allclose(view[:3, :3] @ view[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(view[:3, :3]) > 0
    target = view[:3, 3]  # the scene's origin as the eye sees it: straight ahead
    np.testing.assert_allclose(target[:2], 0, atol=1e-9)
    assert 0.1 < target[2] < 3.001


def test_azimuth_and_elevation_zero_look_the_way_the_camera_looks() -> None:
    np.testing.assert_allclose(Orbit(0.0, 0.0).view_from_scene[:3, :3], np.eye(3), atol=1e-12)


def test_reset_keeps_the_target() -> None:
    moved = Orbit(target_m=np.array([0.1, 0.2, 0.3])).dragged(50, 20).zoomed(3)
    back = moved.reset()
    assert back.azimuth_rad == Orbit().azimuth_rad
    assert back.distance_m == Orbit().distance_m
    np.testing.assert_array_equal(back.target_m, moved.target_m)


def test_following_rests_within_the_slack_and_arrives_from_outside() -> None:
    orbit = Orbit(target_m=np.zeros(3))
    assert orbit.following(np.array([0.02, 0, 0]), 0.1, 0.5).target_m[0] == 0
    for _ in range(200):
        orbit = orbit.following(np.array([0.2, 0, 0]), 0.3, 0.12)
    assert 0.15 < orbit.target_m[0] <= 0.2
    assert orbit.zoom > 1.9  # two hands are looked at from further away
    far = orbit.following(np.array([2.0, 0, 0]), 0.1, 0.12)
    assert far.target_m[0] == 2.0
