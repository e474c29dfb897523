"""The replay's connection: the processes of one service are asked in turn."""

import httpx

from load.replay.client import connect


def test_requests_go_to_each_process_in_turn() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url} {request.headers['host']}")
        return httpx.Response(200)

    first, second = "http://127.0.0.1:8001", "http://127.0.0.1:8002"
    with connect(first, second, transport=httpx.MockTransport(answer)) as http:
        for _ in range(3):
            http.get("/x?y=1")
    assert asked == [
        "GET http://127.0.0.1:8001/x?y=1 127.0.0.1:8001",
        "GET http://127.0.0.1:8002/x?y=1 127.0.0.1:8002",
        "GET http://127.0.0.1:8001/x?y=1 127.0.0.1:8001",
    ]
