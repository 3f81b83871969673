"""Status line, and the messages over the picture."""
