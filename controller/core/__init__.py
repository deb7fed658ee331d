"""The decision core: pure rules about light on a cycle path.

Nothing here reads a clock, sleeps, logs, draws random numbers, starts threads or touches files
and sockets. Start reading at `step.py`; every other module holds one idea.
"""
