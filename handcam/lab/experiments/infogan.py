"""Codes of the latent tied to properties of the hand (semi-supervised InfoGAN), on hands that were not trained on.

Trains the codes (:mod:`handcam.lab.train.infogan`, minutes) where the weights have none. ``read``: correlation of a
code with the property of the true hand; ``held``: what the latent itself holds, the correlation of the property of the
decoded hand with that of the true one, above which no code can be; ``ridge`` and ``pose``: the same labels, regressed
on the latent and on the decoded pose, which is where Q begins; ``made``: of codes drawn at random with the property of
the generated hand; ``moved``: of codes set on held-out hands with the property of what comes out. ``others`` is how
much a code correlates with the properties of other codes, at most. With ``--data crops:FOLDER`` (``handcam
synthesize``) also what the latent says of side and skin.
"""

from collections.abc import Callable
from dataclasses import replace
from time import process_time

import numpy as np
import torch
from jaxtyping import Float

from handcam.hand.anatomy import violations_deg
from handcam.lab.data.rendered import find_packs, read_crop_pack
from handcam.lab.evaluate.clip import VISIBLE_DEG
from handcam.lab.experiments import Setup
from handcam.lab.train.infogan import InfoGANSettings, correlations, hands, read_by, train
from handcam.model.latent.codes import CODES, read_codes
from handcam.model.latent.directions import PARAMETERS, parameters_of
from handcam.model.vae import load
from handcam.model.weights import default_weights
from handcam.runtimes import CropBatch, open_named
from handcam.types import WeightsError

__all__ = ["TITLE", "measure"]

TITLE = "Codes of the latent (semi-supervised InfoGAN)"
_PALM = [0, 5, 9, 13, 17]
"""Joints about which a picture shows skin."""
_LABELS = 200
"""Pictures with labels for side and skin."""


def measure(setup: Setup, quick: bool) -> dict[str, float]:
    """Correlations; see the module."""
    weights, settings = setup.weights or default_weights(), InfoGANSettings(out=setup.out / "infogan")
    figures: dict[str, float] = {}
    try:
        codes = read_codes(weights)
    except WeightsError as error:
        print(f"{error} They are trained now.")
        start = process_time()
        codes = train(replace(settings, steps=200, hands=8000) if quick else settings, weights)
        figures["core_minutes"] = (process_time() - start) / 60
    model, _ = load(weights)
    model.requires_grad_(False).eval()
    rng, c = np.random.default_rng(setup.seed), len(CODES)
    known = hands(model, 1000 if quick else 8000, settings.seed + 2)
    labels = round(settings.labelled * settings.hands)
    given = hands(model, labels, settings.seed)  # as many as the codes were trained with

    def decode(z: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n 21 3"]:
        return model.decode_output("joints3d", torch.from_numpy(z.astype(np.float32))).numpy()

    def properties(z: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n c"]:
        return parameters_of(decode(z))[:, [PARAMETERS.index(name) for name in CODES]]

    def seen(z: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n k"]:
        return read_by(torch.from_numpy(decode(z))).numpy().astype(float)

    read = codes.read(known.z)
    drawn = rng.standard_normal(read.shape)
    made = properties(codes.made(drawn))
    moved = np.empty((len(read), c))
    for k in range(c):
        other = read.copy()
        other[:, k] = drawn[:, k]
        moved[:, k] = properties(codes.made(other, known.z))[:, k]
    every = np.asarray(np.corrcoef(np.concatenate([drawn[:, :c], made], 1).T))
    across = np.abs(every[:c, c:] * (1 - np.eye(c)))
    found = {
        "read": correlations(read[:, :c], known.properties),
        "held": correlations(properties(known.z), known.properties),
        "ridge": correlations(_ridge(given.z, given.properties)(known.z), known.properties),
        "pose": correlations(_ridge(seen(given.z), given.properties)(seen(known.z)), known.properties),
        "made": correlations(drawn[:, :c], made), "moved": correlations(drawn[:, :c], moved), "others": across.max(1),
    }  # fmt: skip
    for name, values in found.items():
        short = [code.partition(" [")[0].replace(" ", "_") for code in CODES]
        figures |= {f"{name}_{code}": float(value) for code, value in zip(short, values, strict=True)}
    for name, z in (("true", known.z), ("made", codes.made(drawn)), ("prior", rng.standard_normal(known.z.shape))):
        figures[f"impossible_{name}_percent"] = 100 * float((violations_deg(decode(z)) > VISIBLE_DEG).any(1).mean())
    for data in setup.data:
        figures |= _pictures(weights, data.partition(":")[2], 400 if quick else 1500)
    return {"hands": float(len(known.z)), "labels": float(labels), **figures}


def _ridge(x: Float[np.ndarray, "n k"], y: Float[np.ndarray, "n c"]) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge regression of columns on rows."""
    middle, weights = (
        x.mean(0),
        np.linalg.solve(np.cov(x.T) * len(x) + np.eye(x.shape[1]), (x - x.mean(0)).T @ (y - y.mean(0))),
    )
    return lambda other: (other - middle) @ weights


def _pictures(weights, folder: str, n: int) -> dict[str, float]:
    """What can be read of side (half the crops are mirrored) and of the skin's brightness, by ridge regression."""
    runtime = open_named("onnxruntime:float32", weights)
    z, heads, truth = list[np.ndarray](), list[float](), list[tuple[float, float]]()
    for pack in map(read_crop_pack, find_packs(folder, "all")):
        for i in np.flatnonzero(pack.presence & pack.visible[:, _PALM].all(1))[: n - len(z)].tolist():
            picture = pack.pictures([i], runtime.card.crop_px)
            at = ((pack.keypoints[i, _PALM] + 1) / 2 * (picture.shape[1] - 1)).astype(int)
            light = float(np.median(picture[0, at[:, 1], at[:, 0]].mean(-1)))
            left = len(truth) % 2
            seen = runtime.encode(CropBatch(pack.half_tan[i : i + 1], picture[:, :, ::-1].copy() if left else picture))
            z.append(seen.means["rgb"][0])
            heads.append(float(seen.right[0]))
            truth.append((float(left), light))
        if len(z) >= n:
            break
    runtime.close()
    latents, known = np.array(z, float), np.array(truth)
    said = _ridge(latents[:_LABELS], known[:_LABELS])(latents[_LABELS:])
    side, skin = np.abs(correlations(said, known[_LABELS:]))
    head = abs(float(np.corrcoef(np.array(heads)[_LABELS:], known[_LABELS:, 0])[0, 1]))
    return {"pictures": float(len(z)), "latent_side": float(side), "latent_skin": float(skin), "head_side": head}
