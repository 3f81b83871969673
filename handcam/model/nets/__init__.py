"""Architectures. A file here defines ``encoder(shape, latent, **settings)``, ``decoder(...)``, or both.

An encoder maps a batch of one modality to ``(mean, log_var)``, each (b z); a decoder maps (b z) to the modality.
``shape`` is the modality's tensor shape without the batch. Only plain tensors go in and out, so that export sees them.
"""

RENAMED = {"sketch": "capsule_splat", "sight": "features"}
"""Names of version 0.1."""
