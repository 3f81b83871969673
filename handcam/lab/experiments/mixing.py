"""Figure 8: latents of every modality, cross-trained and separately trained; a classifier of modalities."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.lab.evaluate.results import INKS, Cell, Results, ResultTable, grid_only, panels
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import WORDS, encoded, fit, trainable
from handcam.model.vae import load
from handcam.types import HandcamError

__all__ = ["CROSS", "TITLE", "Mixing", "mixing", "modality_accuracy", "run"]

TITLE = "Cross-trained and separately trained (Fig. 8)"
DATA = ("rendered",)
_INKS = {"rgb": INKS[0], "joints3d": INKS[2], "keypoints2d": INKS[1]}
"""As in the paper: blue, green, yellow."""
SHOWN = 400
"""Hands of each modality in the figure."""
CROSS = (
    "rgb>joints3d",
    "keypoints2d>joints3d",
    "joints3d>joints3d",
    "rgb>rgb",
    "keypoints2d>keypoints2d",
    "rgb>keypoints2d",
)
"""Pairs of the cross-trained model; the separately trained one has each modality decoded from itself alone."""
FOLDS = 5
"""Of the cross-validation."""


@dataclass(frozen=True, slots=True)
class Mixing:
    """Two modalities in one latent space."""

    accuracy: float
    """:func:`modality_accuracy` for samples of the posteriors; 0.5 is perfect."""
    accuracy_means: float
    """The same for their means; a sharper encoder has wider spread ones, so these mix less."""
    matched: float
    """Share of hands of which the other modality's nearest latent is that of the same hand."""


def mixing(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray], seed: int = 0) -> Mixing:
    """Compare the posteriors (mean and log-variance, (n z) each) of the same hands in two modalities."""
    from scipy.spatial import KDTree

    half = len(a[0]) // 2  # other hands of either, so that nothing but the modality can be learnt
    rng = np.random.default_rng(seed)
    drawn = [mean + np.exp(0.5 * log_var) * rng.standard_normal(mean.shape) for mean, log_var in (a, b)]
    samples = modality_accuracy([drawn[0][:half], drawn[1][half:]], seed)
    means = modality_accuracy([a[0][:half], b[0][half:]], seed)
    _, nearest = KDTree(b[0]).query(a[0])
    return Mixing(samples, means, float((nearest == np.arange(len(a[0]))).mean()))


def modality_accuracy(latents: list[Float[np.ndarray, "_ z"]], seed: int = 0) -> float:
    """Cross-validated accuracy of a classifier that predicts a latent's modality.

    One over the number of modalities where their distributions are the same, 1 where they do not overlap. The
    classifier is a support vector machine with radial basis functions, so it sees any difference in shape, not in the
    means alone; classes are cut to the same size, so that guessing gives no advantage.

    Args:
        latents: (n z) of each modality, of different hands, so that nothing but the modality can be learnt.
        seed: of the folds.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    size = min(map(len, latents))
    points = np.concatenate([of_one[:size] for of_one in latents])
    kind = np.repeat(np.arange(len(latents)), size)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return float(cross_val_score(make_pipeline(StandardScaler(), SVC()), points, kind, cv=folds).mean())


def run(setup: Setup) -> Results:
    """Accuracy of the classifier for every two modalities, and maps of both latent spaces, or of ``setup.weights``."""
    rows: list[tuple[Cell, ...]] = []
    maps: dict[str, dict[str, np.ndarray]] = {}
    notes = [
        "Accuracy: of a classifier (support vector machine, cross-validated) that predicts a latent's modality.",
        "It sees samples of the posteriors, or their means; 0.5 is perfect mixing.",
        "Matched: share of hands of which the nearest latent of the other modality is that of the same hand.",
        *(() if setup.weights else (f"Cross-trained on {', '.join(CROSS)}; separately on each modality from itself.",)),
    ]
    for data in setup.data or DATA:
        split = setup.split(data)
        names = [m for m in ("rgb", "joints3d", "keypoints2d") if split.train.decodable(m)]
        if len(names) < 2:
            raise HandcamError(f"{data} has fewer than two modalities that can be decoded.")
        cross = tuple(pair for pair in CROSS if trainable((pair,), split.train))
        kinds = {"cross-trained": cross, "separately trained": tuple(f"{m}>{m}" for m in names)}
        shipped = None if setup.weights is None else load(setup.weights)[0]
        if setup.weights is not None and shipped is not None:
            kinds = {setup.weights.name: ()}
            names = [m for m in names if m in shipped.encoders]
        for kind, pairs in kinds.items():
            found: dict[tuple[str, str], list] = {}
            posteriors: dict[str, tuple[np.ndarray, np.ndarray]] = {}
            for seed in setup.seeds:
                model = shipped or fit(setup, split, pairs, seed)
                posteriors = {m: encoded(model, m, split.test) for m in names}
                for two in combinations(names, 2):
                    found.setdefault(two, []).append(mixing(posteriors[two[0]], posteriors[two[1]], seed))
            for (a, b), each in found.items():
                rows.append((
                    f"{split.name}, {kind}, {WORDS[a]} and {WORDS[b]}", [m.accuracy for m in each],
                    [m.accuracy_means for m in each], [m.matched for m in each],
                ))  # fmt: skip
            maps[f"{split.name}, {kind}"] = _map({m: mean[:SHOWN] for m, (mean, _) in posteriors.items()}, setup.seed)
        notes.append(split.description)
    head = ("", "accuracy, samples", "accuracy, means", "matched")

    def draw(figure) -> None:
        for axes, title, clouds in panels(figure, maps):
            for name, points in clouds.items():
                axes.scatter(*points.T, s=5, color=_INKS[name], label=WORDS[name], linewidths=0, alpha=0.7)
            axes.set(title=title, xticks=[], yticks=[], xlabel="t-SNE of the posteriors' means")
            axes.margins(0.1)
            axes.legend(loc="upper right", markerscale=2)
            grid_only(axes)

    return Results({}, (ResultTable(head, rows),), tuple(notes), draw)


def _map(clouds: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """All clouds in one t-SNE, (n 2) each."""
    from openTSNE import TSNE

    points = np.concatenate(list(clouds.values()))
    perplexity: Any = min(30.0, (len(points) - 1) / 3)  # declared int, documented as any number
    flat = np.asarray(TSNE(perplexity=perplexity, random_state=seed, n_jobs=1, neighbors="exact").fit(points))
    return dict(zip(clouds, np.split(flat, np.cumsum([len(c) for c in clouds.values()])[:-1]), strict=True))
