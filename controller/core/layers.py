"""Layers of settings: what holds for a tenant, for one of its paths, and for one node of it."""

from typing import Literal

Layer = Literal["tenant", "path", "node"]
LAYERS: tuple[Layer, ...] = ("tenant", "path", "node")
"""The layers, the most general first: each is laid over those before."""
