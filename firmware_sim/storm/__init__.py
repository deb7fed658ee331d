"""Storms: six real nodes in virtual time, everything that can break, and a judge who knows all."""
