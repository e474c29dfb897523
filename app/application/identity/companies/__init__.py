"""Companies: their state, their end, and exports of all that they have."""
