"""How well modalities mix in the latent space: can a classifier tell where a latent came from?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["Mixing", "mixing", "told_apart"]

FOLDS = 5


def told_apart(clouds: list[Float[np.ndarray, "_ z"]], seed: int = 0) -> float:
    """Accuracy, cross-validated, of a classifier that says to which cloud a point belongs.

    One over the number of clouds where they are one and the same, 1 where they lie apart. The classifier is a support
    vector machine with radial basis functions, so it sees any difference in shape, not in the means alone; clouds are
    cut to the same size, so that guessing gives no advantage.

    Args:
        clouds: points of different hands; a hand in two of them would be a hint to neither.
        seed: of the folds.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    size = min(map(len, clouds))
    points = np.concatenate([cloud[:size] for cloud in clouds])
    kind = np.repeat(np.arange(len(clouds)), size)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return float(cross_val_score(make_pipeline(StandardScaler(), SVC()), points, kind, cv=folds).mean())


@dataclass(frozen=True, slots=True)
class Mixing:
    """Two modalities in one latent space."""

    accuracy: float
    """:func:`told_apart` for samples of the posteriors; 0.5 is perfect."""
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
    samples = told_apart([drawn[0][:half], drawn[1][half:]], seed)
    means = told_apart([a[0][:half], b[0][half:]], seed)
    _, nearest = KDTree(b[0]).query(a[0])
    return Mixing(samples, means, float((nearest == np.arange(len(a[0]))).mean()))
