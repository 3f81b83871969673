"""Turn a training into weights that ship: calibrate, export, quantise, prune, pack."""
