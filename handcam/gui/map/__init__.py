"""Map page: the latent space in two dimensions, with the embeddings of every modality and the live hand among them."""
