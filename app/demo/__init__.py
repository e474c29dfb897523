"""The demo company, which a newcomer signs in to."""
