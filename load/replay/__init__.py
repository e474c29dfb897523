"""The replay of a trading year: one retail file, read one way, booked through the public API."""
