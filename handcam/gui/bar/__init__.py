"""Tool bar: where frames come from, what drives the latent, how long the hand is, record and play."""
