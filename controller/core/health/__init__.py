"""Health: what is wrong with sensors, lamps, meters and the host, told from the physics.

It stands beside `step` and decides nothing: what each fault does to the light is in the ladder.
`examining.py` joins the rules, one file a family; `counting.py` counts what they look at.
"""
