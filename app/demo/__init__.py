"""The demo company for a first look."""
