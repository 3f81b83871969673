"""The 3D view: build the scene, render it with Open3D in a child process, orbit it."""
