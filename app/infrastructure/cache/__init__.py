"""In-memory state shared by several nodes: Valkey."""
