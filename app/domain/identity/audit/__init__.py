"""The audit trail, its seals, refusals, and the actions of operators."""
