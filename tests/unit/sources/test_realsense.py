"""The real SDK without a camera: its software device, and recordings made from it."""

import itertools
import threading
import time

import cv2
import numpy as np
import pytest

rs = pytest.importorskip("pyrealsense2")


from typed import present, seekable  # noqa: E402

from handcam.geometry import rays  # noqa: E402
from handcam.sources import Seekable, SourceSettings, open_source  # noqa: E402
from handcam.sources.realsense import Aligner, DepthSettings, devices  # noqa: E402
from handcam.sources.realsense.camera import failure_sentence, firmware_notice, set_options  # noqa: E402
from handcam.sources.realsense.frames import parse  # noqa: E402
from handcam.types import Intrinsics, SourceError  # noqa: E402

BASELINE_M = 0.015
SPHERES = ((-0.06, 0.02, 0.45), (0.05, -0.03, 0.5), (0.0, 0.06, 0.6), (0.09, 0.05, 0.42))
RADIUS_M, WALL_M = 0.02, 0.9


def lens(width=640, height=480, f=600.0, model=rs.distortion.none, coeffs=(0.0,) * 5):
    i = rs.intrinsics()
    i.width, i.height, i.fx, i.fy, i.ppx, i.ppy = width, height, f, f, width / 2 + 3.5, height / 2 - 2.25
    i.model, i.coeffs = model, list(coeffs)
    return i


def scene(camera: Intrinsics, x_m: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Exact distance along z, metres, and the number of the sphere seen (0 is the wall), from a camera at x."""
    u, v = np.meshgrid(np.arange(camera.width, dtype=float), np.arange(camera.height, dtype=float))
    d = rays(np.stack([u, v], -1), camera)
    z, label = np.full(u.shape, WALL_M), np.zeros(u.shape, int)
    for n, (cx, cy, cz) in enumerate(SPHERES, 1):
        c = np.array([cx - x_m, cy, cz])
        a, b = (d * d).sum(-1), d @ c
        disc = b * b - a * (c @ c - RADIUS_M**2)
        t = np.where(disc > 0, (b - np.sqrt(np.maximum(disc, 0))) / a, np.inf)
        nearer = t < z
        z[nearer], label[nearer] = t[nearer], n
    return z, label


class Soft:
    """A software camera: depth in the origin, colour beside it."""

    def __init__(self, depth_lens, color_lens, unit_m=0.001):
        self.device, self.unit_m = rs.software_device(), unit_m
        self.sensors = self.device.add_sensor("Depth"), self.device.add_sensor("Color")
        self.profiles = []
        for n, (sensor, stream, i, bpp, fmt) in enumerate(
            zip(self.sensors, (rs.stream.depth, rs.stream.color), (depth_lens, color_lens), (2, 3),
                (rs.format.z16, rs.format.rgb8), strict=True)
        ):  # fmt: skip
            v = rs.video_stream()
            v.type, v.index, v.uid, v.width, v.height, v.fps = stream, 0, n, i.width, i.height, 30
            v.bpp, v.fmt, v.intrinsics = bpp, fmt, i
            self.profiles.append(sensor.add_video_stream(v))
        self.sensors[0].add_read_only_option(rs.option.depth_units, unit_m)
        self.sensors[0].add_read_only_option(rs.option.stereo_baseline, 50.0)
        e = rs.extrinsics()
        e.rotation, e.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [-BASELINE_M, 0, 0]
        self.profiles[0].register_extrinsics_to(self.profiles[1], e)

    def put(self, number, time_ms, depth, color):
        for sensor, profile, picture in zip(self.sensors, self.profiles, (depth, color), strict=True):
            f = rs.software_video_frame()
            f.pixels, f.bpp = picture, picture.strides[1]
            f.stride, f.timestamp, f.frame_number = picture.strides[0], time_ms, number
            f.domain, f.profile = rs.timestamp_domain.hardware_clock, profile.as_video_stream_profile()
            if picture.ndim == 2:
                f.depth_units = self.unit_m
            sensor.on_video_frame(f)

    def frames(self, aligner, pictures):
        """Push ``(number, time_ms, depth, color)`` through syncer and aligner."""
        sync, out = rs.syncer(), []
        for sensor, profile in zip(self.sensors, self.profiles, strict=True):
            sensor.open(profile)
            sensor.start(sync)
        for picture in pictures:
            self.put(*picture)
            ok, frameset = sync.try_wait_for_frames(200)
            while ok:
                out.append(aligner.frame(frameset.as_frameset()))
                ok, frameset = sync.try_wait_for_frames(5)
        for sensor in self.sensors:
            sensor.stop()
            sensor.close()
        return [f for f in out if f is not None]


def pinhole(i):
    return Intrinsics(i.fx, i.fy, i.ppx, i.ppy, i.width, i.height)


def see(depth_lens, color_lens, unit_m=0.001, settings=DepthSettings(), n=3):
    """Frames of the still scene, and what the colour camera should see."""
    depth = np.round(scene(pinhole(depth_lens))[0] / unit_m).astype(np.uint16)
    exact, label = scene(pinhole(color_lens), BASELINE_M)
    color = np.repeat((label * 50).astype(np.uint8)[..., None], 3, -1)
    pictures = [(100 + k, 5000 + k * 1000 / 30, depth, color) for k in range(n)]
    return Soft(depth_lens, color_lens, unit_m).frames(Aligner(settings), pictures), exact, label


def shift_px(z, exact, sphere):
    """How far the readings on a sphere are moved, along y and x: least squares over the slopes of its surface."""
    inside = cv2.erode(sphere.astype(np.uint8), np.ones((7, 7)), borderValue=(0,)) > 0
    assert (z[inside] > 0).mean() > 0.99
    inside &= z > 0
    slope = np.stack([g[inside] for g in np.gradient(exact)], -1)
    return np.linalg.lstsq(slope, (exact - z)[inside], rcond=None)[0]


@pytest.mark.parametrize("unit_m", [0.001, 0.000125])
def test_depth_is_aligned_to_colour_and_exact(unit_m):
    frames, exact, label = see(lens(), lens(), unit_m)
    frame = frames[-1]
    assert frame.depth_unit_m == pytest.approx(unit_m)
    z = frame.depth * frame.depth_unit_m
    for n in range(1, len(SPHERES) + 1):
        assert np.abs(shift_px(z, exact, label == n)).max() < 0.5
        # around the sphere's nearest point the surface is flat: the reading itself is tested, to one unit
        v, u = np.unravel_index(np.where(label == n, exact, 9).argmin(), exact.shape)
        patch = np.s_[v - 1 : v + 2, u - 1 : u + 2]
        assert np.abs(z[patch] - exact[patch]).max() < unit_m + 1e-4
    wall = (label == 0) & (z > 0.85)
    assert wall.mean() > 0.8
    assert np.abs(z[wall] - WALL_M).max() <= unit_m


def test_alignment_of_a_slope_is_within_half_a_pixel():
    frame, unit = see(lens(), lens())[0][-1], 0.001
    camera = frame.intrinsics
    # z = 0.5 + x: at unit slope the reading says where it was taken
    u, _v = np.meshgrid(np.arange(640.0), np.arange(480.0))
    x = (u - camera.cx) / camera.fx
    soft = Soft(lens(), lens())
    depth = np.round(0.5 / (1 - x) / unit).astype(np.uint16)
    color = np.zeros((480, 640, 3), np.uint8)
    frame = soft.frames(Aligner(), [(1, 0.0, depth, color), (2, 33.0, depth, color)])[-1]
    z = frame.depth * unit
    exact = (0.5 + BASELINE_M) / (1 - x)  # the same plane seen from 15 mm to the right
    per_px = np.gradient(exact, axis=1)
    inside = (z > 0) & (u > 60) & (u < 580)
    off_px = (z - exact)[inside] / per_px[inside]
    tolerance = 0.5 + unit / per_px[inside]
    assert (np.abs(off_px) <= tolerance).mean() > 0.98
    assert abs(np.median(off_px)) < 0.2


def test_times_numbers_and_copies():
    frames, _, _ = see(lens(), lens(), n=20)
    numbers = [f.index for f in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(frames) >= 19, "the syncer may hold back one of the first pair"
    first = round(frames[0].device_time_ns / 1e6 * 30 / 1000 - 150)
    assert [f.device_time_ns for f in frames] == pytest.approx(
        [5e9 + (first + k) * 1e9 / 30 for k in range(len(frames))], abs=2e3
    )
    assert all(b.time_ns > a.time_ns for a, b in itertools.pairwise(frames))
    assert all(f.color.base is None and f.depth.base is None for f in frames), "nothing of the SDK's pool is kept"


def test_intrinsics_are_the_colour_cameras():
    frame = see(lens(f=380.0), lens(f=600.0))[0][-1]
    assert frame.intrinsics == Intrinsics(600.0, 600.0, 323.5, 237.75, 640, 480)


def test_a_distorted_colour_lens_is_straightened():
    bent = lens(model=rs.distortion.brown_conrady, coeffs=(0.12, -0.2, 0.001, -0.001, 0.05))
    exact, label = scene(pinhole(bent), BASELINE_M)
    # the bent camera's picture: each of its pixels looks along a ray found from the SDK's own model
    u, v = np.meshgrid(np.arange(640), np.arange(480))
    ray = np.array([rs.rs2_deproject_pixel_to_point(bent, [float(a), float(b)], 1.0) for a, b in zip(u.flat, v.flat, strict=True)])  # fmt: skip # noqa: E501
    source = np.round(ray[:, :2] * 600 + [bent.ppx, bent.ppy]).astype(int).reshape(480, 640, 2)
    inside = (source >= 0).all(-1) & (source < [640, 480]).all(-1)
    color = np.zeros((480, 640, 3), np.uint8)
    color[inside] = (label * 50).astype(np.uint8)[source[inside][:, 1], source[inside][:, 0], None]
    depth = np.round(scene(pinhole(lens()))[0] * 1000).astype(np.uint16)
    frame = Soft(lens(), bent).frames(Aligner(), [(1, 0.0, depth, color), (2, 33.0, depth, color)])[-1]
    z = frame.depth * frame.depth_unit_m
    for n in range(1, len(SPHERES) + 1):
        assert np.abs(shift_px(z, exact, label == n)).max() < 0.5
        v, u = np.argwhere(label == n).mean(0)
        near = np.s_[round(v) - 45 : round(v) + 46, round(u) - 45 : round(u) + 46]
        if n != 2 and n != 4:  # those two overlap
            colored = frame.color[near][..., 0] > 25 * n
            assert np.abs(np.argwhere(colored).mean(0) - np.argwhere(label[near] == n).mean(0)).max() < 0.5


def test_filters_act_and_keep_the_geometry():
    settings = DepthSettings(near_m=0.2, far_m=0.7, spatial=True, temporal=True)
    frames, exact, _ = see(lens(), lens(), settings=settings, n=4)
    z = frames[-1].depth * 0.001
    assert z.max() <= 0.7, "the wall is cut away"
    v, u = np.unravel_index(exact.argmin(), exact.shape)
    assert abs(z[v, u] - exact[v, u]) < 0.003


def test_settings_in_the_name():
    got = parse("near_m=0.2&temporal=on&emitter=off")
    assert (got.near_m, got.temporal, got.emitter, got.spatial) == (0.2, True, False, False)
    for wrong in ("colour=red", "near_m=close", "spatial=perhaps"):
        with pytest.raises(SourceError, match=r"near_m=number.*emitter=on\|off"):
            parse(wrong)


def test_preset_projector_and_exposure_reach_the_sensor():
    sensor = rs.software_device().add_sensor("Depth")
    options = {"visual_preset": (0, 9, 0), "emitter_enabled": (0, 1, 1), "enable_auto_exposure": (0, 1, 1),
               "exposure": (1, 200_000, 8_500)}  # fmt: skip
    for name, (low, high, usual) in options.items():
        span = rs.option_range()
        span.min, span.max, span.default, span.step = low, high, usual, 1
        sensor.add_option(getattr(rs.option, name), span, True)
    set_options(sensor, parse("preset=high_accuracy&emitter=off&exposure_us=4000"))
    got = [sensor.get_option(getattr(rs.option, name)) for name in options]
    assert got == [float(rs.rs400_visual_preset.high_accuracy.value), 0, 0, 4000]
    set_options(rs.software_device().add_sensor("Depth"), parse("preset=hand"))  # a model without options
    with pytest.raises(SourceError, match=r"preset=default\|hand"):
        parse("preset=best")


@pytest.mark.parametrize(
    ("own", "wanted", "older"),
    [("5.12.7.100", "5.16.0.1", True), ("5.16.0.1", "5.16.0.1", False), ("5.9.1", "", False)],
)
def test_old_firmware_is_named(own, wanted, older):
    device = rs.software_device()
    device.register_info(rs.camera_info.firmware_version, own)
    if wanted:
        device.register_info(rs.camera_info.recommended_firmware_version, wanted)
    notice = firmware_notice(device)
    assert bool(notice) is older
    assert not older or ("5.12.7.100, older than 5.16.0.1" in notice and "\n" not in notice)


def test_without_a_camera_it_says_so_at_once():
    if devices():
        pytest.skip("a RealSense camera is plugged in")
    start = time.monotonic()
    with pytest.raises(SourceError, match="No RealSense camera was found"):
        open_source("realsense")
    with pytest.raises(SourceError, match="No RealSense camera was found"):
        open_source("realsense:0123456789?spatial=on")
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("xioctl(VIDIOC_S_FMT) failed, errno=16 Last Error: Device or resource busy", "in use by another program"),
        ("Device disconnected. Failed to recconect: No such device", "was unplugged"),
        ("failed to open usb interface: 0, error: RS2_USB_STATUS_ACCESS", "udev rules"),
        ("Frame metadata is odd\nsecond line", r"failed \(Frame metadata is odd\)"),
    ],
)
def test_what_the_sdk_says_becomes_one_sentence(error, sentence):
    with pytest.raises(SourceError, match=sentence) as caught:
        raise SourceError(failure_sentence(error, "D435 42"))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("D435 42")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """30 frames at 30 fps, numbers from 1000; depth and colour say which frame they are."""
    path = tmp_path_factory.mktemp("rs") / "hand.db3"
    soft = Soft(lens(), lens())
    recorder = rs.recorder(str(path), soft.device)
    sensors, sink = recorder.query_sensors(), rs.frame_queue(1)
    for s in sensors:
        s.open(s.get_stream_profiles()[0])
        s.start(sink)
    start = time.monotonic()
    for k in range(30):
        depth, color = np.full((480, 640), 500 + k, np.uint16), np.full((480, 640, 3), 3 * k, np.uint8)
        time.sleep(max(0.0, start + k / 30 - time.monotonic()))
        soft.put(1000 + k, 5000 + k * 1000 / 30, depth, color)
    while sensors:
        sensor = sensors.pop()
        sensor.stop()
        sensor.close()
        del sensor
    del recorder  # the destructor writes the end of the file
    return path


def drain(source):
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def test_every_frame_of_a_recording(recorded):
    source = seekable(open_source(f"realsense:{recorded}", SourceSettings(realtime=False)))
    assert isinstance(source, Seekable)
    assert not source.live
    frames = drain(source)
    assert [f.index for f in frames] == list(range(30))
    assert [int(f.depth[240, 320]) for f in frames] == [500 + k for k in range(30)]
    assert [int(f.color[9, 9, 1]) for f in frames] == [3 * k for k in range(30)]
    assert [f.device_time_ns for f in frames] == pytest.approx([5e9 + k * 1e9 / 30 for k in range(30)], abs=2e3)
    assert np.diff([f.time_ns for f in frames]) == pytest.approx(1e9 / 30, abs=4e3), "the recorded pace"
    assert source.length == 30
    assert source.read() is None


def test_a_recording_in_real_time(recorded):
    source = open_source(f"realsense:{recorded}", SourceSettings(realtime=True))
    start = time.monotonic()
    frames = drain(source)
    assert 0.8 < time.monotonic() - start < 3
    index = [f.index for f in frames]
    assert len(frames) >= 15, "a busy machine may lose some"
    assert index == sorted(set(index))
    assert all(int(f.depth[0, 320]) == 500 + f.index for f in frames if f.depth[0, 320])
    assert all(f.color[9, 9, 0] == 3 * f.index for f in frames)


def test_seek_is_exact_also_after_the_end(recorded):
    source = seekable(open_source(f"realsense:{recorded}", SourceSettings(realtime=False)))
    for index in (20, 3, 29, 0, 12):
        source.seek(index)
        assert source.position == index
        frame = present(source.read())
        assert (frame.index, int(present(frame.depth)[240, 320]), source.position) == (index, 500 + index, index + 1)
    while source.read() is not None:
        pass
    source.seek(-4)
    assert present(source.read()).index == 0
    source.close()
    source.close()


def test_loop_goes_on_counting(recorded):
    source = open_source(f"realsense:{recorded}", SourceSettings(realtime=False, loop=True))
    frames = [present(source.read()) for _ in range(65)]
    source.close()
    assert [f.index for f in frames] == list(range(65))
    assert [int(present(f.depth)[240, 320]) for f in frames] == [500 + k % 30 for k in range(65)]
    assert all(b.time_ns > a.time_ns for a, b in itertools.pairwise(frames))


def test_close_ends_a_waiting_read(recorded):
    source = open_source(f"realsense:{recorded}", SourceSettings(realtime=True, loop=True))
    frames = []
    thread = threading.Thread(target=lambda: frames.extend(drain(source)))
    thread.start()
    time.sleep(0.3)
    source.close()
    thread.join(2)
    assert not thread.is_alive()
    assert frames


def test_files_that_are_no_recordings(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        open_source(f"realsense:{tmp_path / 'none.bag'}")
    (tmp_path / "text.bag").write_text("not a recording")
    with pytest.raises(SourceError, match="not a recording that the RealSense SDK can play") as caught:
        open_source(f"realsense:{tmp_path / 'text.bag'}")
    assert "\n" not in str(caught.value)
