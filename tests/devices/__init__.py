"""The drivers, on real gpiozero and a real virtual board."""
