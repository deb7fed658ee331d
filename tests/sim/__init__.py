"""The virtual board: its lines, its process, its pins."""
