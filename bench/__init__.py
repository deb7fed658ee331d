"""Measurements and derivations; run as scripts from the root of the project."""
