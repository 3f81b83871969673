"""Training and evaluation data: labelled sets, splits, batches, caches."""
