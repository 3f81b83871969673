"""Ray casting: hits lie where the geometry says, and joined meshes keep their triangles apart."""

import numpy as np

from handcam.geometry import project
from handcam.synth.body import tube_faces
from handcam.synth.props import box, place_primitive
from handcam.synth.ray_casting import RayCaster, join
from handcam.types import Intrinsics

CAMERA = Intrinsics(100.0, 100.0, 31.5, 23.5, 64, 48)


def cube(at: list[float], half_m: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    (mesh,) = place_primitive(box, np.array(at), np.eye(3), np.full(3, half_m), clear=np.full((1, 3), 9.0))
    return mesh


def test_a_camera_sees_the_near_face_of_a_box() -> None:
    vertices, faces = cube([0.02, 0.0, 1.0])
    hits = RayCaster(vertices, faces).cast_camera(CAMERA)
    np.testing.assert_allclose(hits.points_m[:, 2], 0.9, atol=1e-6)
    rows, columns = np.nonzero(hits.hit)
    pixels = np.stack([columns + hits.left, rows + hits.top], 1)
    np.testing.assert_allclose(project(hits.points_m.astype(float), CAMERA), pixels, atol=1e-4)
    np.testing.assert_allclose(hits.weights.sum(1), 1.0, atol=1e-6)
    corners = vertices[faces[hits.face]]
    np.testing.assert_allclose((corners * hits.weights[..., None]).sum(1), hits.points_m, atol=1e-6)


def test_joined_meshes_hide_each_other() -> None:
    caster = RayCaster(*join([cube([0.0, 0.0, 1.0]), cube([0.0, 0.0, 2.0], 0.5)]))
    along = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.2, 0.0, 1.0], [0, 0, 0, 1, 0, 0]], np.float32)
    found = caster.cast(along)
    np.testing.assert_allclose(found["t_hit"], [0.9, 1.5, np.inf], rtol=1e-6)
    assert found["primitive_ids"][0] < 12 <= found["primitive_ids"][1] < 24
    assert caster.occluded(along).tolist() == [True, True, False]


def test_a_tube_is_closed_around_and_open_at_its_ends() -> None:
    faces = tube_faces(4, 6)
    edges = np.sort(np.concatenate([faces[:, [i, (i + 1) % 3]] for i in range(3)]), 1)
    _, times = np.unique(edges, axis=0, return_counts=True)
    assert len(faces) == 2 * 3 * 6
    assert sorted(set(times.tolist())) == [1, 2]
    assert (times == 1).sum() == 2 * 6, "the rims of the two ends"
