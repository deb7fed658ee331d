"""The virtual board: what is wired to a node, as a process of its own.

The board owns the state of every pin and of the light sensor. The controller's side is a gpiozero
pin factory (`factory`), the outside is whoever else connects to the Unix socket (`messages`).
Killing the controller leaves the board, which then reports what the lamps do by themselves.
"""
