"""Sliders along directions of the latent space, for the Explorer and the latent panel."""
