"""Where credentials of cabinets are made: over the routes of a centre that runs, or in the folder of one at rest."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from signal_ctrl.centre.cabinets import Place
from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.cli import centre_session
from signal_ctrl.cli.centre_links import opened_links
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.credential import Credential, credential_from_json
from signal_ctrl.gateways.centre_client import CentreClient


class CredentialPlace(Protocol):
    """What can be done about the credentials of cabinets."""

    def enrol(self, cabinet: str, site: str, place: Place) -> Credential:
        """Take a cabinet in with the document of its site and return its credential."""
        ...

    def rotate(self, cabinet: str, overlap_s: int) -> Credential:
        """Return a new credential; the old one counts for a while yet. [s]"""
        ...

    def revoke(self, cabinet: str) -> None:
        """Take every credential of a cabinet back."""
        ...


class FolderCredentials:
    """Credentials in a data folder."""

    def __init__(self, links: LinkAdmin) -> None:
        self._links = links
        self._by = os.environ.get("USER", "root")

    def enrol(self, cabinet: str, site: str, place: Place) -> Credential:
        """Take a cabinet in with the document of its site and return its credential."""
        return self._links.enrol(self._by, cabinet, site, place)

    def rotate(self, cabinet: str, overlap_s: int) -> Credential:
        """Return a new credential; the old one counts for a while yet. [s]"""
        return self._links.rotate(self._by, cabinet, overlap_s)

    def revoke(self, cabinet: str) -> None:
        """Take every credential of a cabinet back."""
        self._links.revoke(self._by, cabinet)


class CentreCredentials:
    """Credentials at a centre that runs, for an administrator who is logged in."""

    def __init__(self, client: CentreClient) -> None:
        self._client = client

    def enrol(self, cabinet: str, site: str, place: Place) -> Credential:
        """Take a cabinet in with the document of its site and return its credential."""
        body = {
            "cabinet": cabinet,
            "site": _document(site),
            "district": place.district,
            "corridor": place.corridor or None,
            "words": place.words,
        }
        return credential_from_json(str(self._client.post("/v1/cabinets", body)["credential"]))

    def rotate(self, cabinet: str, overlap_s: int) -> Credential:
        """Return a new credential; the old one counts for a while yet. [s]"""
        path, query = f"/v1/cabinets/{cabinet}/credential", {"overlap_s": overlap_s}
        return credential_from_json(str(self._client.request("POST", path, query=query)["credential"]))

    def revoke(self, cabinet: str) -> None:
        """Take every credential of a cabinet back."""
        self._client.delete(f"/v1/cabinets/{cabinet}/credential")


def _document(site: str) -> object:
    try:
        return json.loads(site)
    except ValueError as error:
        raise InvalidInputError(f"the site document is no JSON: {error}") from error


@contextmanager
def credentials_at(centre: str, data: Path | None, database: str) -> Iterator[CredentialPlace]:
    """Yield the credentials of a centre that runs, or of a data folder.

    Raises: InvalidInputError if both or neither are named; NotLoggedInError.
    """
    if bool(centre) == (data is not None):
        raise InvalidInputError("give --centre URL of a centre that runs, or --data FOLDER of one that does not")
    if data is not None:
        with opened_links(data, database) as links:
            yield FolderCredentials(links)
        return
    session = centre_session.kept_session()
    if session.centre.rstrip("/") != centre.rstrip("/"):
        raise InvalidInputError(f"logged in at {session.centre}; first: signal-ctrl login NAME --centre {centre}")
    with centre_session.connected() as client:
        yield CentreCredentials(client)
