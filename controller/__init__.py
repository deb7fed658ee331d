"""cyclelight: the edge controller of adaptive cycle-path lighting."""

__version__ = "0.1.0"
