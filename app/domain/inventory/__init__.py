"""Places, quantities and the value of what is on hand."""
