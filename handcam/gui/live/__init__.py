"""Live page, its presentation mode, and snapshots of it."""
