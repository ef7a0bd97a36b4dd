"""The local endpoint leaves nothing open behind it, however early it is told to stop."""

from __future__ import annotations

import gc
import socket

import pytest

from interviewer.bench.endpoint import Completion, serving

REQUEST = b"POST /v1 HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"


@pytest.mark.parametrize("sent", [b"", REQUEST])
def test_a_connection_that_comes_as_the_endpoint_stops_is_closed(sent: bytes, recwarn: pytest.WarningsRecorder) -> None:
    for _ in range(20):
        with serving(lambda path, request: Completion("Hello.")) as url:
            host, port = url.removeprefix("http://").split(":")
            client = socket.create_connection((host, int(port)))
            client.sendall(sent)
        client.close()
    gc.collect()  # an unclosed socket warns when it is dropped, and a warning fails the test
    assert not recwarn.list
