"""Codes: an invertible generator, read, moved and kept beside the weights that it was made for."""

from pathlib import Path

import numpy as np
import pytest

from handcam.model.embedding import ReferenceSet
from handcam.model.latent.codes import (
    CODES,
    LAYERS,
    Codes,
    code_directions,
    couple,
    read_codes,
    uncouple,
    write_codes,
)
from handcam.model.weights import default_weights
from handcam.paths import shipped
from handcam.types import WeightsError

C = len(CODES)


def parts(size: int, wild: float = 1.0) -> dict[str, np.ndarray]:
    rng, half, hidden = np.random.default_rng(3), size // 2, 5
    out: dict[str, np.ndarray] = {"mix": np.eye(size) + 0.2 * wild * rng.normal(size=(size, size))}
    for i in range(LAYERS):
        shapes = {
            "in": (half, hidden),
            "bias": (hidden,),
            "out": (hidden, 2 * (size - half)),
            "last": (2 * (size - half),),
        }
        out |= {f"{name}{i}": 0.4 * wild * rng.normal(size=shape) for name, shape in shapes.items()}
        out[f"order{i}"] = rng.permutation(size)
    return out


def codes(wild: float = 1.0) -> Codes:
    """Ten of twelve dimensions in use."""
    rng = np.random.default_rng(4)
    axes = np.linalg.qr(rng.normal(size=(12, 12)))[0][:, :10] * rng.uniform(0.5, 2.0, 10)
    return Codes(parts(10, wild), rng.normal(size=12), axes, np.full(C, 0.9))


def test_couplings_are_undone_and_know_their_volume() -> None:
    part, x = parts(4), np.random.default_rng(5).normal(size=(3, 4))
    u, volume = couple(part, x)
    back, same = uncouple(part, u)
    assert np.allclose(back, x)
    assert np.allclose(same, volume)
    step = 1e-6
    for i in range(3):
        jacobian = [(couple(part, x[i : i + 1] + step * e)[0][0] - u[i]) / step for e in np.eye(4)]
        assert np.linalg.slogdet(np.array(jacobian))[1] == pytest.approx(volume[i], abs=1e-4)


def test_without_couplings_codes_are_coordinates_along_the_axes() -> None:
    flat = codes(wild=0.0)
    z = np.random.default_rng(6).normal(size=(5, 12))
    order = np.arange(10)
    for i in range(LAYERS):
        order = order[np.argsort(np.argsort(flat.parts[f"order{i}"]))]
    along = (z - flat.middle) @ flat.axes / np.square(flat.axes).sum(0)
    read = flat.read(z)
    assert np.allclose(np.sort(read, axis=1), np.sort(along, axis=1)), "in another order"
    assert np.allclose(flat.made(read, z), z)


def test_a_code_moves_alone() -> None:
    known, rng = codes(), np.random.default_rng(7)
    shape = rng.normal(size=(12, 63))
    references = ReferenceSet(
        {"joints3d": rng.normal(size=(30, 12)).astype(np.float32)}, {"joints3d": np.ones(12, np.float32)},
        np.zeros((30, 21, 3)), np.zeros((30, 1)), ("none",),
    )  # fmt: skip
    found = code_directions(known, references, lambda z: (z @ shape).reshape(-1, 21, 3))
    assert [one.name for one in found] == [name.partition(" [")[0] for name in CODES]
    assert (found[1].unit, found[1].r2) == ("°", pytest.approx(0.81))
    one, z = found[1], rng.normal(size=12)
    there = one.moved(z, 1.5)
    before, after = known.read(z[None])[0], known.read(there[None])[0]
    assert one.at(there) == pytest.approx(1.5)
    assert np.allclose(np.delete(after, 1), np.delete(before, 1))
    outside = np.eye(12) - known.axes @ np.linalg.pinv(known.axes)
    assert np.allclose(outside @ there, outside @ z), "what is not in use stays"
    assert (one.moved(z, one.at(z) + 1e-4) - z) @ one.slope(z) == pytest.approx(1e-4, rel=0.02)


def test_codes_of_other_weights_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "kinematics.safetensors"
    for name in (weights.name, "kinematics.json"):
        (tmp_path / name).symlink_to(shipped(f"weights/{name}"))
    with pytest.raises(WeightsError, match="missing; make them with handcam train infogan"):
        read_codes(weights)
    path = write_codes(weights, codes())
    z = np.random.default_rng(8).normal(size=(4, 12))
    assert np.allclose(read_codes(weights).read(z), codes().read(z), atol=1e-3), "as they were written"
    arrays = dict(np.load(path))
    np.savez(path, **arrays | {"weights_sha256": np.array("another")})  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match="belong to other weights"):
        read_codes(weights)
    np.savez(path, **{name: a for name, a in arrays.items() if name != "part.mix"})
    with pytest.raises(WeightsError, match="damaged"):
        read_codes(weights)


def test_those_that_ship_fit_the_weights_that_ship() -> None:
    found = read_codes(default_weights())
    assert found.correlation[1:5].min() > 0.85, "curls of the four fingers"
    z = np.random.default_rng(9).normal(size=(6, len(found.middle)))
    assert np.allclose(found.made(found.read(z), z), z, atol=1e-6)
