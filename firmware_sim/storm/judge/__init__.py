"""The judge of storms: knows the truth, and what must hold whatever breaks."""
