"""How well a model of sampled poses keeps real ones, and how wide the sampler should be: python tests/pose_prior.py

For each setting of the sampler a VAE of joints alone (``joints3d>joints3d``) is trained on sampled poses; then it
encodes and decodes DexYCB's poses, which nothing is trained on. Prints a Markdown table. Arguments: numbers of batches.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from handcam.hand.skeleton import from_order, normalise
from handcam.learn.metrics import procrustes_errors
from handcam.synth.poses import PoseSettings, sample
from handcam.vae import CrossModalVAE, kl, modality, reparameterise

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "validation" / "dexycb_poses"
HAND_MM = 185.0
NET = {"hidden": 512, "depth": 3}
SETTINGS = {
    "as it is": {},
    "half the freedom": {"width": 0.5, "jitter_deg": 3.0, "independent": 0.1},
    "joints 1.3 times as free": {"width": 1.3},
    "joints 1.6 times as free": {"width": 1.6},
    "jitter 12 degrees": {"jitter_deg": 12.0},
    "joints 1.6 times, jitter 12 degrees": {"width": 1.6, "jitter_deg": 12.0},
    "joints 2 times, jitter 18 degrees": {"width": 2.0, "jitter_deg": 18.0},
    "more independent joints": {"independent": 0.8, "gesture": 0.1, "synergy": 0.1, "grasp": 0.0},
    "more grasps": {"grasp": 0.5},
    "bones spread 0.12": {"bones": 0.12},
    "any view": {"anywhere": 1.0},
    "any roll": {"roll_deg": 180.0},
}


def real_poses() -> torch.Tensor:
    """Right hands of DexYCB, normalised, every tenth."""
    data = np.load(DATA / "dexycb_right.npz")
    return torch.from_numpy(normalise(from_order(data["joints3d_m"].astype(float), "ho3d"))[::10]).float()


def fit(settings: PoseSettings, steps: int, batch: int = 512) -> CrossModalVAE:
    torch.manual_seed(0)
    nets = {"encoder.joints3d": NET, "decoder.joints3d": NET}
    model = CrossModalVAE({"joints3d": "mlp"}, {"joints3d": "mlp"}, 30, nets)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        hands = torch.from_numpy(normalise(sample(np.random.default_rng((7, step)), batch, settings).joints_m)).float()
        mean, log_var = model.encode("joints3d", hands)
        z = reparameterise(mean, log_var, torch.randn(mean.shape))
        loss = (modality("joints3d").loss(model.decode("joints3d", z), hands) + kl(mean, log_var)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()


@torch.inference_mode()
def kept(model: CrossModalVAE, joints: torch.Tensor) -> tuple[float, float]:
    """Mean error of what comes back, mm: as it is, and after alignment."""
    back = model.decode("joints3d", model.encode("joints3d", joints)[0]).numpy() * HAND_MM
    truth = joints.numpy() * HAND_MM
    return float(np.linalg.norm(back - truth, axis=-1).mean()), float(procrustes_errors(back, truth).mean())


if __name__ == "__main__":
    rounds = [int(word) for word in sys.argv[1:]] or [1500]
    real = real_poses()
    print("| sampler | batches of 512 | DexYCB, mm | aligned, mm |\n|---|---|---|---|", flush=True)
    for steps in rounds:
        for name, changes in SETTINGS.items() if steps == rounds[0] else [("as it is", {})]:
            error, aligned = kept(fit(PoseSettings(**changes), steps), real)
            print(f"| {name} | {steps} | {error:.2f} | {aligned:.2f} |", flush=True)
