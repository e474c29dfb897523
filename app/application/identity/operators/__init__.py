"""Operators of the platform, who work for no company."""
