"""Second factors, security keys, and proofs of who is calling."""
