"""Puts versions of cyclelight in place and takes back one that does not come up.

Needs the system's Python and its standard library only: it must work where every environment
that it looks after is broken.
"""
