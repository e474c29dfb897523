"""Storage of files outside the database."""
