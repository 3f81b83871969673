"""The nets that take joints: trained in a few steps, released, the same in every runtime; and what ships is good."""

from pathlib import Path

import numpy as np
import pytest

from handcam.hand.surface import surface_for_joints
from handcam.lab.train import ik, mesh
from handcam.paths import shipped
from handcam.plugins import constants, load, names
from handcam.runtimes import check_file, deviation_from_check
from handcam.tracking.mesh import graph_surface
from handcam.types import HandcamError, Side

FOLDER = "handcam.runtimes"
RUNTIMES = [(name, p) for name in names(FOLDER) for p in constants(FOLDER, name)["PRECISIONS"]]


@pytest.mark.parametrize(("name", "precision"), RUNTIMES)
def test_every_runtime_gives_what_the_reference_gave(name, precision):
    weights = shipped("weights/kinematics.safetensors")
    try:
        runtime = load(FOLDER, name).open(weights, precision)
    except (ImportError, HandcamError) as error:
        pytest.skip(str(error))
    _, away = deviation_from_check(check_file(weights), runtime)
    runtime.close()
    assert sorted(away) == ["joints_mm", "mesh_mm"]
    assert max(value.max() for value in away.values()) < 0.1


def test_the_graph_mesh_is_nearer_than_skinning():
    joints, vertices = mesh.sample_surfaces(np.random.default_rng(99), 12)

    def error(surfaces: list[np.ndarray]) -> float:
        return 1e3 * float(np.linalg.norm(np.stack(surfaces) - vertices, axis=-1).mean())

    graph = error([graph_surface(j) for j in joints])
    assert graph < 2.0
    assert graph < 0.75 * error([surface_for_joints(j) for j in joints])


def test_a_left_hand_s_mesh_is_the_mirror_image_and_bad_joints_are_skinned():
    joints, _ = mesh.sample_surfaces(np.random.default_rng(98), 1)
    flip = np.array([-1.0, 1.0, 1.0])
    assert np.allclose(graph_surface(joints[0] * flip, Side.LEFT), graph_surface(joints[0]) * flip, atol=1e-6)
    joints[0, 7] = np.nan
    assert np.isfinite(graph_surface(joints[0])).all()


@pytest.mark.slow
@pytest.mark.parametrize(("module", "graph"), [(ik, "rotations"), (mesh, "mesh")])
def test_a_net_is_trained_and_released(module, graph, tmp_path: Path):
    settings = {ik: ik.IKSettings, mesh: mesh.MeshSettings}[module]
    made = settings(out=tmp_path / graph, steps=3, batch=4, accelerator="cpu")
    weights = module.build(made, tmp_path / "kinematics.safetensors", progress=False)
    runtime = load(FOLDER, "onnxruntime").open(weights)
    assert list(runtime.card.kinematics) == [graph]
    _, away = deviation_from_check(check_file(weights), runtime)
    assert max(value.max() for value in away.values()) < 0.1


def test_the_experiment_writes_flat_figures(tmp_path: Path):
    from handcam.cli import main

    out = tmp_path / "mano.json"
    assert main(["experiment", "mano", "--quick", "--json", str(out)]) == 0
    import json

    figures = json.loads(out.read_text())
    assert figures["forward_mm"] < 1e-3
    assert figures["fit_mm"] < 3
    assert all(isinstance(value, float) for value in figures.values())
    assert main(["experiment", "variants", "--quick", "--out", str(tmp_path)]) == 2
