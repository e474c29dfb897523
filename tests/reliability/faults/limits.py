"""How long and how often, in the short form and in the long one."""

import os

LONG = os.environ.get("RELIABILITY_LONG", "") == "1"

# Of each database.
KILL_ROUNDS = 20
KILL_ROUNDS_LONG = 200

PAUSE_SECONDS = 3.0
PAUSE_SECONDS_LONG = 10.0

# Longer than SQLite's writer waits (5 s).
FILE_LOCK_SECONDS = 8.0
# Longer than a command of PostgreSQL waits, which is 5 s with its group and 5 s more alone.
TABLE_LOCK_SECONDS = 11.0
TABLE_LOCK_SECONDS_LONG = 30.0

DELAYS = (0.05, 0.5)
DELAYS_LONG = (0.05, 0.5, 5.0)

STOP_SECONDS_MAX = 30.0
STOPS = 1
STOPS_LONG = 20
