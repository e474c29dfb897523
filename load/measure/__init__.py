"""The parts of the benchmark: processes and their CPU, a light client, limits, lines, the table."""
