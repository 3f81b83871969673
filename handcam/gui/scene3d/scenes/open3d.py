"""Open3D's Visualizer, off screen. Owns a GL context, so it lives on the main thread of a process of its own."""

import os
import sys

import cv2
import numpy as np
import open3d as o3d
from jaxtyping import UInt8

from handcam.gui.scene3d.error_rings import RINGS, STEPS, error_rings, ring_pairs
from handcam.gui.scene3d.grid import grid_lines, shadow
from handcam.gui.scene3d.hand_mesh import HandSurfaceMesh, ImplicitSurfaceMesh, SkeletonMesh
from handcam.gui.scene3d.scenes import CAMERA_EDGES, CAMERAS, HANDS, POINTS, SAMPLES, Skin
from handcam.gui.style.colours import MUTED, TRUTH, VIEW, rgb
from handcam.hand.skeleton import BONES

__all__ = ["Open3DRenderer", "open"]

_V3, _V2I, _V3I = o3d.utility.Vector3dVector, o3d.utility.Vector2iVector, o3d.utility.Vector3iVector
_BACK = np.array(rgb(VIEW)) / 255
_CAMERA = np.array(rgb(MUTED)) / 255
_SURFACE_OPACITY = 0.45
"""Opacity of the surface over the skeleton; the Visualizer knows no transparency, so two pictures are mixed."""


def open(width: int, height: int, oversample: float = 1.5) -> "Open3DRenderer":
    """A renderer for pictures of this size, drawn larger by ``oversample`` and averaged, against jagged edges.

    Raises:
        RuntimeError: there is no way to draw off screen here.
    """
    return Open3DRenderer(width, height, oversample)


def _mesh(
    triangles: np.ndarray, vertices: np.ndarray, normals: np.ndarray, colours: np.ndarray, lit: bool = True
) -> o3d.geometry.TriangleMesh:
    mesh = o3d.geometry.TriangleMesh(_V3(vertices), _V3I(triangles))
    mesh.vertex_colors = _V3(colours)
    if lit:  # without both kinds of normals a mesh is drawn unlit
        mesh.vertex_normals = _V3(normals)
        mesh.triangle_normals = _V3(np.zeros((len(triangles), 3)))
    return mesh


def _lines(count: int, pairs: np.ndarray, colours: np.ndarray) -> o3d.geometry.LineSet:
    lines = o3d.geometry.LineSet(_V3(np.zeros((count, 3))), _V2I(pairs))
    lines.colors = _V3(colours)
    return lines


class Open3DRenderer:
    """Renderer with Open3D's Visualizer."""

    def __init__(self, width: int, height: int, oversample: float) -> None:
        if sys.platform.startswith("linux"):  # without a display Open3D draws through EGL and never opens a window
            os.environ.pop("DISPLAY", None)
            os.environ.pop("WAYLAND_DISPLAY", None)
        o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)
        self._size = width, height
        self._width, self._height = round(width * oversample), round(height * oversample)
        self._vis = o3d.visualization.Visualizer()
        if not self._vis.create_window("handcam", self._width, self._height, visible=False):
            raise RuntimeError("Open3D finds no OpenGL to draw with.")
        option = self._vis.get_render_option()
        option.background_color = _BACK
        option.light_on = True
        option.mesh_shade_option = o3d.visualization.MeshShadeOption.Color
        option.point_size = 2.0 * oversample
        self._build()
        self._bytes = np.empty((self._height, self._width, 3), np.uint8)
        self._mixed = np.empty((self._height, self._width, 3), np.float32)
        self._out = np.empty((height, width, 4), np.uint8)

    def _build(self) -> None:
        """Every geometry once; frames only move vertices."""
        self._skeleton = SkeletonMesh()
        s, n = self._skeleton, len(self._skeleton.colours)
        rest = np.zeros((21, 3))
        rest[:, 1] = np.linspace(0.09, -0.09, 21)
        rest[:, 0] = np.linspace(-0.05, 0.05, 21)
        rest[:, 2] = np.linspace(-0.05, 0.05, 21)[::-1]
        vertices, normals = s.pose(rest)
        triangles = np.concatenate([s.triangles + k * n for k in range(HANDS)])
        # lights sit around the bounding box of the first geometry, so it must be a hand's
        vertices, normals, colours = (np.tile(a, (HANDS, 1)) for a in (vertices, normals, s.colours))
        self._bones = _mesh(triangles, vertices, normals, colours)
        self._vis.add_geometry(self._bones)
        self._thin = SkeletonMesh(0.0009, np.array(rgb(TRUTH)) / 255)
        self._flat = SkeletonMesh(0.0028)
        t = self._thin
        triangles = np.concatenate([t.triangles + k * len(t.colours) for k in range(HANDS)])
        blank = np.zeros((HANDS * len(t.colours), 3))
        self._truths = _mesh(triangles, blank, blank, np.tile(t.colours, (HANDS, 1)), lit=False)
        self._shade = _mesh(triangles, blank, blank, np.tile(_BACK * 0.45, (len(blank), 1)), lit=False)
        self._surface_model = HandSurfaceMesh()
        blank = np.zeros((HANDS * self._surface_model.count, 3))
        triangles = np.concatenate(
            [self._surface_model.triangles + k * self._surface_model.count for k in range(HANDS)]
        )
        self._surface = _mesh(triangles, blank, blank, np.tile(self._surface_model.colour, (len(blank), 1)))
        self._implicit_model = ImplicitSurfaceMesh(self._surface_model)
        blank = np.zeros((3, 3))
        self._implicit = _mesh(np.zeros((1, 3), int), blank, blank, blank)
        points, pairs, colours = grid_lines(0.0, np.zeros(2))
        self._grid = _lines(len(points), pairs, colours)
        pairs = (np.array(BONES) + 21 * np.arange(SAMPLES)[:, None, None]).reshape(-1, 2)
        bone_rgb = np.array([self._skeleton.joint_rgb[child] for _, child in BONES])
        self._samples = _lines(21 * SAMPLES, pairs, np.tile(_BACK + 0.42 * (bone_rgb - _BACK), (SAMPLES, 1)))
        rgb_of_rings = np.repeat(_BACK + 0.5 * (self._skeleton.joint_rgb - _BACK), RINGS * STEPS, axis=0)
        self._errors = _lines(
            HANDS * 21 * RINGS * STEPS, ring_pairs(HANDS * 21 * RINGS), np.tile(rgb_of_rings, (HANDS, 1))
        )
        pairs = (np.array(CAMERA_EDGES) + 5 * np.arange(CAMERAS)[:, None, None]).reshape(-1, 2)
        self._cameras = _lines(5 * CAMERAS, pairs, np.full((len(pairs), 3), _CAMERA))
        self._cloud = o3d.geometry.PointCloud(_V3(np.zeros((POINTS, 3))))
        self._cloud.colors = _V3(np.tile(_BACK, (POINTS, 1)))
        for part in (
            self._grid, self._shade, self._errors, self._samples, self._cameras, self._truths, self._cloud,
            self._surface, self._implicit,
        ):  # fmt: skip
            self._vis.add_geometry(part, reset_bounding_box=False)

    def draw(self, scene: np.ndarray) -> UInt8[np.ndarray, "h w 4"]:
        self._set_camera(scene)
        self._pose_hands(scene)
        self._pose_rest(scene)
        self._show_surface(scene, show=False)
        picture = np.asarray(self._vis.capture_screen_float_buffer(True))
        if scene["surface"] and scene["hands"] and self._show_surface(scene, show=True):
            covered = np.asarray(self._vis.capture_screen_float_buffer(True))
            picture = cv2.addWeighted(picture, 1 - _SURFACE_OPACITY, covered, _SURFACE_OPACITY, 0, dst=self._mixed)
        np.multiply(picture, 255, out=self._bytes, casting="unsafe")
        small = self._bytes
        if small.shape[1::-1] != self._size:
            small = cv2.resize(small, self._size, interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(small, cv2.COLOR_RGB2BGRA, dst=self._out)

    def _set_camera(self, scene: np.ndarray) -> None:
        camera = o3d.camera.PinholeCameraParameters()
        f = float(scene["focal"]) * self._height
        camera.intrinsic = o3d.camera.PinholeCameraIntrinsic(
            self._width, self._height, f, f, self._width / 2 - 0.5, self._height / 2 - 0.5
        )
        camera.extrinsic = scene["view_from_scene"].astype(float)
        control = self._vis.get_view_control()
        control.convert_from_pinhole_camera_parameters(camera, True)
        control.set_constant_z_near(0.02)
        control.set_constant_z_far(6.0)

    def _pose_hands(self, scene: np.ndarray) -> None:
        n = len(self._skeleton.colours)
        vertices, normals = np.asarray(self._bones.vertices), np.asarray(self._bones.vertex_normals)
        colours = np.asarray(self._bones.vertex_colors)
        for k in range(HANDS):
            part = slice(k * n, (k + 1) * n)
            if k >= scene["hands"]:
                vertices[part] = 0.0  # nothing to see
                continue
            vertices[part], normals[part] = self._skeleton.pose(scene["joints"][k])
            own = self._skeleton.colours
            colours[part] = _BACK + 0.5 * (own - _BACK) if scene["faint"][k] else own
        self._vis.update_geometry(self._bones)

    def _pose_rest(self, scene: np.ndarray) -> None:
        n = len(self._thin.colours)
        truths, shade = np.asarray(self._truths.vertices), np.asarray(self._shade.vertices)
        truths[:], shade[:] = 0.0, 0.0
        for k in range(int(scene["truths"])):
            truths[k * n : (k + 1) * n] = self._thin.pose(scene["truth"][k])[0]
        for k in range(int(scene["hands"])):
            flat = self._flat.pose(scene["joints"][k])[0]
            shade[k * n : (k + 1) * n] = shadow(flat, float(scene["floor"]))
        samples = np.asarray(self._samples.points)
        count = int(scene["samples"])
        samples[:] = 0.0
        samples[: 21 * count] = scene["sample"][:count].reshape(-1, 3)
        cameras, count = np.asarray(self._cameras.points), int(scene["cameras"])
        cameras[:] = 0.0
        cameras[: 5 * count] = scene["camera"][:count].reshape(-1, 3)
        np.asarray(self._grid.points)[:] = grid_lines(float(scene["floor"]), scene["grid_origin"])[0]
        count = int(scene["points"])
        where, colours = np.asarray(self._cloud.points), np.asarray(self._cloud.colors)
        where[:], colours[:] = (0.0, 50.0, 0.0), _BACK  # far below, out of sight
        where[:count] = scene["point"][:count]
        colours[:count] = scene["point_rgb"][:count] / 255.0
        rings = np.asarray(self._errors.points).reshape(HANDS, -1, 3)
        for k in range(HANDS):
            shown = k < scene["hands"]
            found = error_rings(scene["joints"][k], scene["sigma"][k], scene["eye"]) if shown else np.zeros(())
            rings[k] = found.reshape(-1, 3) if shown else 0.0
        for part in (self._truths, self._shade, self._errors, self._samples, self._cameras, self._grid, self._cloud):
            self._vis.update_geometry(part)

    def _show_surface(self, scene: np.ndarray, show: bool) -> bool:
        """Show or hide the surface of all hands; False where there is none."""
        implicit = scene["surface"] == 1 + list(Skin).index(Skin.HALO)
        rigged = self._pose_surface(scene, show and not implicit)
        return self._extract_surface(scene, show and bool(implicit)) or rigged

    def _extract_surface(self, scene: np.ndarray, show: bool) -> bool:
        mesh, model = self._implicit, self._implicit_model
        if not show:
            if len(mesh.vertices) > 3:
                mesh.triangles = _V3I(np.zeros((1, 3), int))
                mesh.vertices = mesh.vertex_normals = mesh.vertex_colors = _V3(np.zeros((3, 3)))
                self._vis.update_geometry(mesh)
            return False
        hands = range(int(scene["hands"]))
        vertices, normals, triangles = model.pose(
            [(scene["joints"][k], bool(scene["left"][k]), scene["frames"][k]) for k in hands]
        )
        mesh.triangles = _V3I(triangles)
        mesh.triangle_normals = _V3(np.zeros((len(triangles), 3)))
        mesh.vertices, mesh.vertex_normals = _V3(vertices), _V3(normals)
        mesh.vertex_colors = _V3(np.tile(self._surface_model.colour, (len(vertices), 1)))
        self._vis.update_geometry(mesh)
        return len(vertices) > 0

    def _pose_surface(self, scene: np.ndarray, show: bool) -> bool:
        vertices, normals = np.asarray(self._surface.vertices), np.asarray(self._surface.vertex_normals)
        if not show and not vertices.any():
            return False
        vertices[:] = 0.0
        n = self._surface_model.count
        triangles, own = np.asarray(self._surface.triangles), self._surface_model.triangles
        for k in range(int(scene["hands"]) if show else 0):
            part, left = slice(k * n, (k + 1) * n), bool(scene["left"][k])
            frames = None if scene["surface"] == 2 else scene["frames"][k]
            vertices[part], normals[part] = self._surface_model.pose(scene["joints"][k], left, frames)
            triangles[k * len(own) : (k + 1) * len(own)] = k * n + (own[:, ::-1] if left else own)  # only fronts show
        self._vis.update_geometry(self._surface)
        return bool(vertices.any())

    def close(self) -> None:
        self._vis.destroy_window()
