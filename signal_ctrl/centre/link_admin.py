"""Credentials of cabinets, and the word on which of two is the true one: acts of people, each with its audit record."""

from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.centre.cabinets import Cabinet, Place, cabinet_of, enrolled
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import DONE
from signal_ctrl.centre.identity import Actor, Right, require
from signal_ctrl.centre.link import DOUBLE, Link
from signal_ctrl.centre.link_keys import sealed_key
from signal_ctrl.centre.link_values import Start
from signal_ctrl.centre.order_values import Delivery
from signal_ctrl.centre.ports import Transaction
from signal_ctrl.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.identity import is_boot_id
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.secrecy import Box
from signal_ctrl.domain.site_parts import is_whole

OVERLAP_S: Final = 24 * 3600
"""For so long both keys count when one is changed, if nobody says otherwise. [s]"""
_MOST_OVERLAP_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LinkAdmin:
    """What people do about links."""

    centre: Centre
    link: Link
    box: Box

    def enrol(self, who: str, cabinet: str, site: str, place: Place) -> Credential:
        """Take a cabinet in with the document of its site, and return its credential, which is shown this once.

        Raises: ConflictError if the name is taken; InvalidInputError for what is not valid.
        """
        now_ms = self.centre.desk.now_ms()
        new: Cabinet = enrolled(cabinet, site, place, now_ms)
        key = self.centre.desk.random(KEY_BYTES)

        def work(t: Transaction) -> Delivery:
            delivery = self.centre.registry.enrol_within(t, who, new)
            t.links.put_key(sealed_key(self.box, cabinet, key, now_ms))
            return delivery

        self.centre.orders.serve([self.centre.desk.act(who, "enrol cabinet", f"cabinet {cabinet}", work)])
        self.link.reload_keys()
        return Credential(cabinet, key, self.centre.key.public)

    def enrol_by(self, actor: Actor, cabinet: str, site: str, place: Place) -> Credential:
        """Take a cabinet in, as a person asks for it. Raises: ForbiddenError; else as `enrol`."""
        require(actor, Right.MANAGE_USERS, self.centre.desk.now_ms())
        if not actor.reaches(place.district):
            raise ForbiddenError(f"{actor.login} acts in district {actor.district} alone, not in {place.district}")
        return self.enrol(actor.login, cabinet, site, place)

    def rotate(self, who: str, cabinet: str, overlap_s: int = OVERLAP_S) -> Credential:
        """Return a new credential; the old one counts for a while yet, so that the cabinet can be visited.

        Raises: NotFoundError; InvalidInputError if the while is no whole number of seconds up to 30 days.
        """
        if not is_whole(overlap_s, (0, _MOST_OVERLAP_S)):
            raise InvalidInputError(f"both keys may count for 0 to {_MOST_OVERLAP_S} s, got {overlap_s}")
        now_ms, key = self.centre.desk.now_ms(), self.centre.desk.random(KEY_BYTES)

        def work(t: Transaction) -> None:
            cabinet_of(t, cabinet)
            self._end_keys(t, cabinet, now_ms + 1000 * overlap_s)
            t.links.put_key(sealed_key(self.box, cabinet, key, now_ms))
            t.record(who, "rotate credential", f"cabinet {cabinet}", f"old one ends in {overlap_s} s", now_ms)

        self.centre.desk.act(who, "rotate credential", f"cabinet {cabinet}", work)
        self.link.reload_keys()
        return Credential(cabinet, key, self.centre.key.public)

    def revoke(self, who: str, cabinet: str) -> None:
        """Take every credential of a cabinet back. It counts at once here, within a minute elsewhere.

        Raises: NotFoundError.
        """
        now_ms = self.centre.desk.now_ms()

        def work(t: Transaction) -> None:
            cabinet_of(t, cabinet)
            self._end_keys(t, cabinet, now_ms)
            t.record(who, "revoke credential", f"cabinet {cabinet}", DONE, now_ms)

        self.centre.desk.act(who, "revoke credential", f"cabinet {cabinet}", work)
        self.link.reload_keys()

    def _end_keys(self, t: Transaction, cabinet: str, until_utc_ms: int) -> None:
        for key in t.links.secrets():
            ends_ms = until_utc_ms if key.until_utc_ms is None else min(key.until_utc_ms, until_utc_ms)
            if key.cabinet == cabinet:
                t.links.put_key(replace(key, until_utc_ms=ends_ms))

    def resolve(self, actor: Actor, cabinet: str, boot: str) -> None:
        """Name the true start of a cabinet that is there twice; the others get no orders any more.

        Raises: ForbiddenError; NotFoundError if there is no such cabinet; ConflictError if it is there once;
        InvalidInputError if the start is none of those that were seen.
        """
        now_ms = self.centre.desk.now_ms()
        require(actor, Right.MANAGE_USERS, now_ms)
        double = self.link.starts.double(cabinet)
        if double is None:
            raise ConflictError(f"cabinet {cabinet} is not there twice")
        if not is_boot_id(boot) or boot not in double.boots:
            raise InvalidInputError(f"the true start is one of {', '.join(double.boots)}")

        def work(t: Transaction) -> None:
            for other in double.boots:
                known = t.links.start(cabinet, other) or Start(cabinet, other, now_ms)
                t.links.put_start(replace(known, banned=other != boot))
            t.links.drop_double(cabinet)
            self.centre.alarms.clear(t, DOUBLE, cabinet, f"{actor.login} named the true start {boot}")
            t.record(actor.login, "name true cabinet", f"cabinet {cabinet}", f"start {boot}", now_ms)

        self.centre.desk.act(actor.login, "name true cabinet", f"cabinet {cabinet}", work)
        self.link.starts.resolved(cabinet, boot)
