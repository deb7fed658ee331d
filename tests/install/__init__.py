import sys
from pathlib import Path

# The updater runs on the system's Python, outside the project's packages; so does the builder.
sys.path.insert(0, str(Path(__file__).parents[2] / "systemd" / "install"))
