from __future__ import annotations

import pytest

from runtime.arrival import LARGEST_HEAD, LARGEST_WHOLE, Arrival, Stage, look

HEAD = b"POST /hooks/x HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("seen", "arrival"),
    [
        (b"", Arrival(Stage.HEAD, 1)),
        (HEAD, Arrival(Stage.HEAD, len(HEAD) + 1)),
        (HEAD + b"X: \r\n", Arrival(Stage.HEAD, len(HEAD) + 6)),
        (HEAD + b"\r\n", Arrival(Stage.WHOLE)),
        (HEAD + b"Content-Length: 0\r\n\r\n", Arrival(Stage.WHOLE)),
        (HEAD + b"content-LENGTH:2\r\n\r\n{}", Arrival(Stage.WHOLE)),
        (HEAD + b"Content-Length: 2\r\n\r\n{}more", Arrival(Stage.WHOLE)),
        (HEAD + b"Content-Length: 2\r\n\r\n{", Arrival(Stage.BODY, len(HEAD) + 23)),
        (HEAD + b"Content-Length: 200000\r\n\r\n{", Arrival(Stage.PARTLY)),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", Arrival(Stage.PARTLY)),
        # What cannot be understood is for the server's parser to refuse.
        (HEAD + b"Content-Length: x\r\n\r\n", Arrival(Stage.WHOLE)),
        (HEAD + b"Content-Length: -5\r\n\r\n", Arrival(Stage.WHOLE)),
        (HEAD + b"\r\nContent-Length: 9\r\n\r\n", Arrival(Stage.WHOLE)),  # a body looks like one
        (b"\xff" * LARGEST_HEAD, Arrival(Stage.TOO_LONG)),
    ],
)
def test_what_has_come_is_judged(seen, arrival):
    assert look(seen) == arrival


def test_largest_whole_request_has_room_for_the_largest_notification():
    assert LARGEST_WHOLE > 64 * 1024 + 8 * 1024
