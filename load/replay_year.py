#!/usr/bin/env python3
"""Replays a trading year from a retail file through the HTTP API.

    python load/replay_year.py FILE --base-url http://127.0.0.1:8000

Statements go to standard output (and to ``--statements DIR``), progress and times to standard
error. Exit code 0: every month agrees. 1: something was refused or does not agree. 2: wrong usage.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Started as a script, Python looks for modules next to it and not in the repository.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from load.replay.cli import main

if __name__ == "__main__":
    sys.exit(main())
