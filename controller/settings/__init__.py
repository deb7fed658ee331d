"""Path, node and profile files, validated, with every fault named at its place."""
