"""Train the nets: algorithm 1, its objectives, and the recipe of the weights that ship."""
