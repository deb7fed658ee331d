"""Accounts: what a town may say of its lamps' energy, from closed records alone. Pure functions."""
