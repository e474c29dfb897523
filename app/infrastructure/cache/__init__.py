"""What several nodes share in memory: Valkey."""
