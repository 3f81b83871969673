"""Moving through the latent space: directions, walks, presets and a way back, all in numpy."""
