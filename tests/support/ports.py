"""Ports for servers that tests and benchmarks start."""

import socket
from contextlib import suppress
from secrets import randbelow


def free_port() -> int:
    """A free loopback port for a server that is about to start.

    It lies below the ports that the system gives to connections: one of those may be taken by a
    connection before the server starts.
    """
    while True:
        port = 15_000 + randbelow(17_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
