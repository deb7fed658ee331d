"""`cyclelight report`: what was used and saved, from the state directories of a path's nodes."""
