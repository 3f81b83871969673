"""Train, evaluate and export the model."""
