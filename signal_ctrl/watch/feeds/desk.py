"""Feeds enrolled and revoked, and who of them asks: the same keys, codes and gate as cabinets have, in a ring apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.desk import DONE
from signal_ctrl.centre.link_gate import LinkGate
from signal_ctrl.centre.link_keys import KeyRing, sealed_key
from signal_ctrl.centre.link_values import LinkKey
from signal_ctrl.centre.ports import Reading, Transaction
from signal_ctrl.domain.errors import NotFoundError
from signal_ctrl.domain.link.credential import Credential
from signal_ctrl.domain.link.mac import KEY_BYTES
from signal_ctrl.domain.secrecy import Box
from signal_ctrl.watch.feeds.values import FEEDS, KEY_PREFIX, Feed, FeedKind

REFRESH_MS: Final = 20_000
"""Feeds and keys are read anew so often: a revoked one is refused within a minute on every machine. [ms]"""
MOST_FEEDS: Final = 5_000


class FeedDesk:
    """All feeds of a centre."""

    def __init__(self, centre: Centre, box: Box) -> None:
        self._centre = centre
        self._desk = centre.desk
        self._box = box
        self._ring = KeyRing(box)
        self.gate = LinkGate(self._ring, self._desk.clock)
        self._feeds: dict[str, Feed] = {}
        self._loaded_ms = 0

    def load(self) -> None:
        """Read feeds and their keys."""
        feeds, keys = self._desk.store.read(_feeds_and_keys)
        self._feeds = {feed.feed: feed for feed in sorted(feeds, key=lambda each: each.feed)}
        self._ring.load(replace(key, cabinet=key.cabinet.removeprefix(KEY_PREFIX)) for key in keys)
        self._loaded_ms = self._desk.clock.mono_ms()

    def tick(self) -> None:
        """Read anew now and then."""
        if self._desk.clock.mono_ms() - self._loaded_ms >= REFRESH_MS:
            self.load()

    def all(self) -> Sequence[Feed]:
        """Return all feeds by name, revoked ones too."""
        return tuple(self._feeds.values())

    def get(self, feed: str) -> Feed | None:
        """Return a feed, a revoked one too; None if there is none."""
        return self._feeds.get(feed)

    def of(self, feed: str) -> Feed:
        """Return a feed. Raises: NotFoundError."""
        found = self.get(feed)
        if found is None:
            raise NotFoundError(f"there is no feed {feed}; 'signal-ctrl feed enrol' adds one")
        return found

    def enrol(self, who: str, feed: str, kind: FeedKind, owner: str = "", only: Sequence[str] = ()) -> Credential:
        """Take a feed in and return its credential, which is shown this once.

        Raises: ConflictError if the name is taken; InvalidInputError for what is not valid.
        """
        credential, work = self.enrolment(who, feed, kind, owner, only)
        self._desk.act(who, "enrol feed", f"feed {feed}", work)
        self.load()
        return credential

    def enrolment(
        self, who: str, feed: str, kind: FeedKind, owner: str = "", only: Sequence[str] = ()
    ) -> tuple[Credential, Callable[[Transaction], None]]:
        """Return the credential of a feed, and what takes it in: for whoever writes more in the same transaction.

        Whoever does so calls `load` after it. Raises: as `enrol`.
        """
        now_ms = self._desk.now_ms()
        new = Feed(feed, kind, now_ms, who, owner, tuple(only))
        key = self._desk.random(KEY_BYTES)

        def work(t: Transaction) -> None:
            t.shelf(FEEDS).add(new)
            t.links.put_key(sealed_key(self._box, new.key_name, key, now_ms))
            t.record(who, "enrol feed", f"feed {feed}", kind.value, now_ms)

        return Credential(feed, key, self._centre.key.public), work

    def revoke(self, who: str, feed: str) -> Feed:
        """Take the key of a feed back: at once here, within a minute elsewhere. Raises: NotFoundError."""
        over = self._desk.act(who, "revoke feed", f"feed {feed}", self.revocation(who, feed))
        self.load()
        return over

    def revocation(self, who: str, feed: str) -> Callable[[Transaction], Feed]:
        """Return what takes the key of a feed back, for whoever writes more in the same transaction; then `load`."""
        now_ms = self._desk.now_ms()

        def work(t: Transaction) -> Feed:
            known = t.shelf(FEEDS).get(feed)
            if known is None:
                raise NotFoundError(f"there is no feed {feed}")
            over = replace(known, revoked_utc_ms=known.revoked_utc_ms or now_ms)
            t.shelf(FEEDS).put(over)
            for key in t.links.secrets():
                if key.cabinet == known.key_name and key.until_utc_ms is None:
                    t.links.put_key(replace(key, until_utc_ms=now_ms))
            t.record(who, "revoke feed", f"feed {feed}", DONE, now_ms)
            return over

        return work


def _feeds_and_keys(reading: Reading) -> tuple[tuple[Feed, ...], list[LinkKey]]:
    keys = [key for key in reading.links.secrets() if key.cabinet.startswith(KEY_PREFIX)]
    return reading.shelf(FEEDS).find(limit=MOST_FEEDS), keys
