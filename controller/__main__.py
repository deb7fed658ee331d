"""`python -m controller` is the command `cyclelight`."""

import sys

from controller.cli import main

sys.exit(main())
