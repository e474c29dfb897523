"""Programs that drive the service from outside, over HTTP only."""
