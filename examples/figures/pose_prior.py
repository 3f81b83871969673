"""How well a model of sampled poses keeps real ones, and how wide the sampler should be.

    python examples/figures/pose_prior.py

For each setting of the sampler a VAE of joints alone (``joints3d>joints3d``) is trained on sampled poses; then it
encodes and decodes DexYCB's poses, which nothing is trained on. Prints a Markdown table. Arguments: numbers of batches;
or ``weights``, which measures those that ship instead, joints and exact keypoints lifted.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from handcam.hand.conventions import from_order
from handcam.hand.skeleton import normalise
from handcam.lab.data.sets.poses import Noise, Poses
from handcam.lab.evaluate.metrics import HAND_MM, procrustes_errors
from handcam.model.vae import CrossModalVAE, kl, load, modality, reparameterise
from handcam.model.weights import default_weights
from handcam.synth.poses import PoseSettings, sample_poses

DATA = Path(__file__).parents[3] / "shared" / "data" / "validation" / "dexycb_poses"
NET = {"hidden": 512, "depth": 3}
SETTINGS = {
    "as it is (joints 1.6 times as free as their ranges, jitter 12 degrees)": {},
    "0.5 times, 3 degrees": {"width": 0.5, "jitter_deg": 3.0},
    "1 time, 6 degrees": {"width": 1.0, "jitter_deg": 6.0},
    "1 time, 12 degrees": {"width": 1.0},
    "1.6 times, 6 degrees": {"jitter_deg": 6.0},
    "2 times, 18 degrees": {"width": 2.0, "jitter_deg": 18.0},
    "more independent joints": {"independent": 0.8, "gesture": 0.1, "synergy": 0.1, "grasp": 0.0},
    "more grasps": {"grasp": 0.5},
    "bones spread 0.12": {"bones": 0.12},
    "any view": {"uniform_views": 1.0},
    "any roll": {"roll_deg": 180.0},
}


def real_poses() -> np.ndarray:
    """Right hands of DexYCB, camera frame, metres, every tenth."""
    return from_order(np.load(DATA / "dexycb_right.npz")["joints3d_m"].astype(float), "ho3d")[::10]


def fit(settings: PoseSettings, steps: int, batch: int = 512) -> CrossModalVAE:
    torch.manual_seed(0)
    nets = {"encoder.joints3d": NET, "decoder.joints3d": NET}
    model = CrossModalVAE({"joints3d": "mlp"}, {"joints3d": "mlp"}, 30, nets)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        hands = torch.from_numpy(
            normalise(sample_poses(np.random.default_rng((7, step)), batch, settings).joints_m)
        ).float()
        mean, log_var = model.encode("joints3d", hands)
        z = reparameterise(mean, log_var, torch.randn(mean.shape))
        loss = (modality("joints3d").loss(model.decode("joints3d", z), hands) + kl(mean, log_var)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()


@torch.inference_mode()
def kept(model: CrossModalVAE, batch: dict[str, torch.Tensor], source: str = "joints3d") -> tuple[float, float]:
    """Mean error of the joints that come back, mm: as they are, and after alignment."""
    back = model.decode("joints3d", model.encode(source, batch[source])[0]).numpy() * HAND_MM
    truth = batch["joints3d"].numpy() * HAND_MM
    return float(np.linalg.norm(back - truth, axis=-1).mean()), float(procrustes_errors(back, truth).mean())


if __name__ == "__main__":
    if sys.argv[1:] == ["weights"]:
        shipped = load(default_weights())[0].eval()
        seen = Poses(0, Noise(*[0.0] * 7)).view(np.random.default_rng(1), real_poses())
        for name in ("joints3d", "keypoints2d"):
            error, aligned = kept(shipped, seen, name)
            print(f"{name}: {error:.2f} mm, aligned {aligned:.2f} mm")
        sys.exit()
    rounds = [int(word) for word in sys.argv[1:]] or [1500]
    real = {"joints3d": torch.from_numpy(normalise(real_poses())).float()}
    print("| sampler | batches of 512 | DexYCB, mm | aligned, mm |\n|---|---|---|---|", flush=True)
    for steps in rounds:
        for name, changes in SETTINGS.items() if steps == rounds[0] else [("as it is", {})]:
            error, aligned = kept(fit(PoseSettings(**changes), steps), real)
            print(f"| {name} | {steps} | {error:.2f} | {aligned:.2f} |", flush=True)
