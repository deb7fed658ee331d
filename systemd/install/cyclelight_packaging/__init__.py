"""Makes the package that is installed on a node."""
