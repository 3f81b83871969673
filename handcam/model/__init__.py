"""The cross-modal VAE: the model, its weights on disk, the latent space, modalities and nets."""
