"""Bodies that are too long, that break off, or that are no form: refused by every form."""

from __future__ import annotations

from io import BytesIO

import pytest

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PAGES = ("/login", "/language")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("kind", [FORM, PARTS])
@pytest.mark.parametrize("came", [b"", b"a=1"])
def test_form_that_breaks_off_is_400(visitor, path, kind, came):
    length = {"Content-Length": "70"}

    answer = visitor.post(path, input_stream=BytesIO(came), headers=length, content_type=kind)

    assert answer.status_code == 400


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("kind", [FORM, PARTS])
def test_form_that_is_too_long_is_413(visitor, path, kind):
    answer = visitor.post(path, data=b"a" * 3_000_000, content_type=kind)

    assert answer.status_code == 413
    assert "too much at once" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"a=%ff%fe&b=%00&%zz=1",
        b"csrf_token=x&" + b"&".join(b"a%d=1" % number for number in range(2000)),
        b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n\xff\r\n--x--',
        b"--x\r\n" * 2000,
    ],
)
@pytest.mark.parametrize("kind", [FORM, PARTS, "text/plain", "application/json"])
def test_what_is_no_form_of_ours_is_refused(visitor, body, kind):
    assert visitor.post("/login", data=body, content_type=kind).status_code in (400, 413)
