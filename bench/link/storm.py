"""How many requests a centre gets when it comes back to many cabinets: `python -m bench.link.storm`.

The cabinets are the real clients of the link without lamps behind them; codes are left out, as they change no time.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from signal_ctrl.cabinet.desk import Desk
from signal_ctrl.cabinet.link_client import LinkClient, LinkSettings
from signal_ctrl.cabinet.outbox import Outbox
from signal_ctrl.cabinet.ports import Answer, Ask, MemoryShelf
from signal_ctrl.cabinet.signer import Signer
from signal_ctrl.cabinet.timekeeping import CabinetClock
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.link.reports import Report, ReportKind

_TICK_MS: Final = 100
_NOW_MS: Final = 1_800_000_000_000
_SETTLED_S: Final = 60
_CALM_S: Final = 10
"""It is calm once no ten seconds bring over 1.1 times the steady load any more. [s]"""
REPORT_EVERY_MS: Final = 10_000


class _PlainSigner(Signer):
    """Leaves the codes out."""

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"", etag: str = "") -> Ask:
        """Return a request without headers."""
        return Ask(method, path, query)

    def time_of(self, ask: Ask, answer: Answer) -> int | None:
        """Take every answer for genuine."""
        return self._clock.utc_ms()


class _Client(LinkClient):
    """Tells when it is worth asking again, so that thousands need not be asked ten times a second."""

    def due_ms(self) -> int:
        """Return when a request may be due if nothing else happens before; nothing is under way. [ms]"""
        if self._time_at_ms is not None:
            return max(self._quiet_until_ms, self._time_at_ms)
        may_report = self._may_report and self._outbox.waiting > self._outbox.gathered
        due_ms = min(self._poll_at_ms, self._post_at_ms) if may_report else self._poll_at_ms
        return max(self._quiet_until_ms, due_ms)


@dataclass(frozen=True, slots=True)
class Storm:
    """Arrivals at the centre. [1/s]: mean before the outage, the most in a second after it, and for how long."""

    cabinets: int
    outage_s: int
    steady_per_s: float
    peak_per_s: int
    calm_after_s: int

    @property
    def ratio(self) -> float:
        """The peak over the steady load."""
        return self.peak_per_s / self.steady_per_s


def storm(cabinets: int, outage_s: int, seed: int, poll_ms: int = 5_000, watch_s: int = 420) -> Storm:
    """Return what comes of an outage. [s] Each cabinet posts a batch every 10 s, in the outage too."""
    rng, clock = random.Random(seed), ManualClock(_NOW_MS, 0)
    clients = [_client(f"cab-{k}", clock, random.Random(rng.random()), poll_ms) for k in range(cabinets)]
    town = [_Cabin(client, outbox, rng.randrange(REPORT_EVERY_MS)) for client, outbox in clients]
    looks: dict[int, list[_Cabin]] = defaultdict(list)
    looks[1] = town
    arrivals: Counter[int] = Counter()
    down_s, up_s = _SETTLED_S, _SETTLED_S + outage_s
    for tick in range((up_s + watch_s) * 1000 // _TICK_MS):
        clock.pass_ms(_TICK_MS)
        second = tick * _TICK_MS // 1000
        for cabin in looks.pop(tick + 1, ()):
            arrivals[second] += cabin.live(clock, centre_is_up=not down_s <= second < up_s)
            looks[max(tick + 2, -(-cabin.next_look_ms // _TICK_MS))].append(cabin)
    steady = sum(arrivals[s] for s in range(_SETTLED_S - 30, _SETTLED_S)) / 30
    after = [arrivals[s] for s in range(up_s, up_s + watch_s)]
    above = [s for s in range(len(after) - _CALM_S) if sum(after[s : s + _CALM_S]) > 1.1 * steady * _CALM_S]
    return Storm(cabinets, outage_s, steady, max(after), max(above, default=-1) + 1)


_NO_DESK: Final[Desk] = Desk("none", "0" * 64, MemoryShelf(), lambda _data, _signature: False, lambda _h, _s, _r: None)


@dataclass(slots=True)
class _Cabin:
    """A client, its outbox, and when it has the next report. [ms]"""

    client: _Client
    outbox: Outbox
    report_at_ms: int

    @property
    def next_look_ms(self) -> int:
        """When there may be something to do. [ms]"""
        return min(self.report_at_ms, self.client.due_ms())

    def live(self, clock: ManualClock, centre_is_up: bool) -> int:
        """Report and ask what is due, and return how many requests arrived."""
        if clock.mono_ms() >= self.report_at_ms:
            self.report_at_ms += REPORT_EVERY_MS
            self.outbox.add(Report(ReportKind.EVENT, clock.utc_ms(), "trial"))
            self.outbox.seal(self.client.answers)
        if self.client.next_ask("") is None:
            return 0
        if not centre_is_up:
            self.client.failed()
            return 0
        self.client.answered(Answer(304), _NO_DESK, may_step=False)
        return 1


def _client(name: str, clock: ManualClock, rng: random.Random, poll_ms: int) -> tuple[_Client, Outbox]:
    own = CabinetClock(clock)
    boot = rng.randbytes(16).hex()
    outbox = Outbox(name, boot, 1, MemoryShelf())
    signer = _PlainSigner(name, b"", boot, own, rng.randbytes)
    client = _Client(signer, own, rng.randbytes, outbox, LinkSettings(poll_ms), lambda _rule, _detail: None)
    client.wait(rng.randrange(poll_ms))
    return client, outbox


def main() -> int:
    """Try outages of several lengths; exit code 1 if the peak is over twice the steady load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cabinets", type=int, default=13_000)
    parser.add_argument("--outages", type=int, nargs="+", default=[2, 10, 60, 600])
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    worst = 0.0
    for outage_s in chosen.outages:
        found = storm(chosen.cabinets, outage_s, chosen.seed)
        worst = max(worst, found.ratio)
        Console(soft_wrap=True).print(
            f"{found.cabinets} cabinets, outage {outage_s} s, seed {chosen.seed}: steady {found.steady_per_s:.0f}/s, "
            f"peak {found.peak_per_s}/s ({found.ratio:.2f} times), calm after {found.calm_after_s} s",
            highlight=False,
        )
    return int(worst > 2)


if __name__ == "__main__":
    sys.exit(main())
