"""Small mistakes in the core, and whether its tests notice them."""
