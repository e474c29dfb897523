"""API keys of companies, and the signing keys of the service."""
