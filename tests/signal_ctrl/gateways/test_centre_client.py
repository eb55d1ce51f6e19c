"""The command line's client: addresses, errors of our own tree, nothing sent in clear."""

import json

import httpx
import pytest

from signal_ctrl.domain import errors
from signal_ctrl.gateways.centre_client import CentreAddress, CentreClient


def client(status: int, document: object = None, **headers: str) -> CentreClient:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))
    return CentreClient(CentreAddress("http://127.0.0.1:1"), "token", transport)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "centre",
        "ftp://centre",
        "http://centre.example",
        "http://10.0.0.1:80",
        "https://u:p@centre",
        "https://c/?a=1",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInputError):
        CentreAddress(url)


@pytest.mark.parametrize("url", ["https://centre.example:8443", "http://127.0.0.1:8080", "http://localhost:1"])
def test_proper_addresses_are_taken(url: str) -> None:
    assert CentreAddress(url).url == url


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.NotLoggedInError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (413, errors.TooLargeError),
        (422, errors.InvalidInputError),
        (500, errors.BackendError),
        (503, errors.BackendError),
        (507, errors.BackendError),
    ],
)
def test_refusals_become_our_errors(status: int, kind: type[Exception]) -> None:
    with client(status, {"detail": "why not"}) as made, pytest.raises(kind, match="why not"):
        made.get("/v1/x")


def test_rules_and_delays_are_kept() -> None:
    with (
        client(409, {"detail": "C/two-person: wait", "rule": "C/two-person"}) as made,
        pytest.raises(errors.RefusedError) as refused,
    ):
        made.post("/v1/x")
    assert (refused.value.rule, refused.value.detail) == ("C/two-person", "wait")
    with client(429, {"detail": "slow"}, **{"retry-after": "7"}) as made, pytest.raises(errors.TooManyError) as many:
        made.get("/v1/x")
    assert many.value.retry_after_s == 7


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff", b"[1", b'"x"'])
def test_nonsense_is_no_answer(body: bytes) -> None:
    with client(500, body) as made, pytest.raises(errors.BackendError):
        made.get("/v1/x")
    if body and body != b'"x"':
        with client(200, body) as made, pytest.raises(errors.BackendError):
            made.get("/v1/x")


def test_who_cannot_be_reached_or_redirects_is_told() -> None:
    with CentreClient(CentreAddress("http://127.0.0.1:9")) as made, pytest.raises(errors.BackendLostError):
        made.get("/v1/x")
    with client(302, {}, location="http://evil.test/") as made, pytest.raises(errors.BackendError):
        made.get("/v1/x")


def test_an_answer_without_a_body_is_none() -> None:
    with client(204, b"") as made:
        assert made.delete("/v1/x") is None
