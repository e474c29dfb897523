"""Goods bought: what came, what was billed for it, what went back."""
