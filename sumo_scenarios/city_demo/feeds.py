"""The feeds of a city: each with a key of its own, over HTTP, as feeds of a real city report."""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.link.identity import ID_BYTES
from signal_ctrl.gateways.cabinet_wire import CabinetWire
from signal_ctrl.gateways.feed_sender import FeedSender
from signal_ctrl.watch.feeds.values import FeedKind
from sumo_scenarios.over_http.centre import RunCentre

TRIES: Final = 3
"""A batch is tried so often before the city goes on; it is tried again with the next one."""
PAUSE_S: Final = 0.2


class Sense(NamedTuple):
    """What a feed reports: its kind, and what it sees between two times of the simulation [s], at an instant [ms]."""

    kind: FeedKind
    look: Callable[[float, float, int], Sequence[dict[str, Any]]]


class Feeds:
    """The feeds of a centre, by name."""

    def __init__(self, centre: RunCentre, clock: Clock, senses: Mapping[str, Sense]) -> None:
        self._clock = clock
        self._senses = senses
        self._wire = CabinetWire(centre.address)
        self._senders = {name: self._sender(centre, name, sense.kind) for name, sense in senses.items()}

    def _sender(self, centre: RunCentre, name: str, kind: FeedKind) -> FeedSender:
        credential = centre.watch.feeds.enrol("run", name, kind)
        boot = secrets.token_bytes(ID_BYTES).hex()
        signer = Signer(credential.cabinet, credential.key, boot, self._clock, secrets.token_bytes)
        return FeedSender(self._wire, signer, random.random, _pause)

    def step(self, before_s: float, now_s: float) -> None:
        """Look, and send what there is. [s]"""
        utc_ms = self._clock.utc_ms()
        for name, sense in self._senses.items():
            self._send(self._senders[name], sense.look(before_s, now_s, utc_ms))

    def _send(self, sender: FeedSender, items: Sequence[dict[str, Any]]) -> None:
        for item in items:
            sender.put(item)
        if items:
            tries = sender.sent.tries
            sender.flush(lambda: sender.sent.tries - tries >= TRIES)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


def _pause(wait_s: float) -> None:
    time.sleep(min(wait_s, PAUSE_S))
