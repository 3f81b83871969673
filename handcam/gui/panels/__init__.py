"""Panels of the dock: latent sliders, joint angles, timing."""
