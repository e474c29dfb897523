"""Rate limiters: in the process for one node, in Valkey for many."""
