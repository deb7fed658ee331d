"""Lamps and sensors: the ports that the runner talks to and their drivers."""
