"""Who works for a company, in which role, and how somebody comes to."""
