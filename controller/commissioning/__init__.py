"""Setting a node up: `init` writes its files, `selftest` tries everything that is wired to it."""
