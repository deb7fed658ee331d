"""Coverage-guided fuzzing of every parser that sees bytes from outside; `make fuzz` runs long."""
