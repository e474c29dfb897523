"""Rate limiters: in the process for one node."""
