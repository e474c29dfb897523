"""Where files are kept that are no rows."""
