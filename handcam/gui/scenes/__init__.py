"""3D views. A file here paints a result in 3D: ``open3d`` in a process of its own, ``painter`` with Qt alone."""
