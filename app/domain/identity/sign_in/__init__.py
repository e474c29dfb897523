"""Signing in: users, passwords, sessions, and the way back in."""
