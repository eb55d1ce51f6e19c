"""What an override and a plan for a whole city cost the centre: how long the writer is held, and how many statements.

A centre with so many cabinets, each with a site and a plan of its own, prepares an override for all of them, has it
approved, releases it, issues a new plan to all of them, and is started anew. Each step is timed as its caller sees it
and in the writer's thread, where every other write waits meanwhile; statements are those that reach the database.
"""

import argparse
import itertools
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, event

from bench.folder import code_hash
from bench.ledger import append_lines, check_ledger
from bench.link.site import trial_plan, trial_site
from bench.storage.server import cluster
from signal_ctrl.centre.cabinets import CABINETS, Place, enrolled
from signal_ctrl.centre.centre import Centre
from signal_ctrl.centre.identity import Actor, Role
from signal_ctrl.centre.issuing import IssueWish
from signal_ctrl.centre.override_document import OverrideWish
from signal_ctrl.centre.override_values import Reason, Scope, ScopeKind
from signal_ctrl.centre.people import User
from signal_ctrl.centre.ports import Condition, Importance, Reading, Store, Transaction
from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.centre.traffic_values import FLOWS, GroupFlow
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import SignalCtrlError
from signal_ctrl.domain.link.overrides import OverrideKind
from signal_ctrl.domain.plan import Plan, plan_to_json
from signal_ctrl.domain.site_json import site_to_json
from signal_ctrl.stores.opening import open_folder, open_postgres

LEDGER: Final = Path("bench/results/big_override.jsonl")
CODE: Final = ("signal_ctrl/centre", "signal_ctrl/stores", "signal_ctrl/domain", "bench/big_override.py")
STORES: Final = ("sqlite", "postgresql")
GOALS_MS: Final = {"prepare": 1_000.0, "activate": 1_000.0, "release": 1_000.0, "start": 2_000.0}
"""How long a step for 2,000 cabinets may take: the writer where it writes, else whoever asked. [ms] [P]"""
_BEGIN_MS: Final = 1_800_000_000_000
_COUNTED_MS: Final = 300_000
_TOWN: Final = "town"
T = TypeVar("T")


@dataclass(slots=True)
class Took:
    """What a step took: until it was done, in the writer's thread [ms], statements of the writer, and of all."""

    all_ms: float = 0.0
    writer_ms: float = 0.0
    written: int = 0
    statements: int = 0


@dataclass(slots=True)
class Watched:
    """A store that is timed; it is the `Store` of `signal_ctrl.centre.ports`."""

    inner: Store
    took: Took = field(default_factory=Took)
    writer: int = 0

    @property
    def epoch(self) -> int:
        """The fencing counter."""
        return self.inner.epoch

    @property
    def condition(self) -> Condition:
        """How the store is just now."""
        return self.inner.condition

    @property
    def reason(self) -> str:
        """Why it is so."""
        return self.inner.reason

    def write(self, work: Callable[[Transaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Carry a work out, and take its time."""
        return self.inner.write(self._timed(work), importance)

    async def awrite(self, work: Callable[[Transaction], T], importance: Importance = Importance.NORMAL) -> T:
        """Do the same from an event loop."""
        return await self.inner.awrite(self._timed(work), importance)

    def read(self, work: Callable[[Reading], T]) -> T:
        """Carry out questions."""
        return self.inner.read(work)

    def _timed(self, work: Callable[[Transaction], T]) -> Callable[[Transaction], T]:
        def timed(t: Transaction) -> T:
            begun_s, self.writer = time.perf_counter(), threading.get_ident()
            try:
                return work(t)
            finally:
                self.writer = 0
                self.took.writer_ms += 1000 * (time.perf_counter() - begun_s)

        return timed

    def count(self) -> None:
        """Count a statement, for the writer if it is its own."""
        self.took.statements += 1
        self.took.written += threading.get_ident() == self.writer

    @contextmanager
    def step(self) -> Iterator[Took]:
        """Take the time of what is done within."""
        self.took, begun_s = Took(), time.perf_counter()
        yield self.took
        self.took.all_ms = 1000 * (time.perf_counter() - begun_s)


@contextmanager
def counted(watched: Watched) -> Iterator[None]:
    """Count the statements that reach a database while this lasts."""

    def count(_connection: Connection, _cursor: Any, _text: str, _given: Any, _context: Any, _many: bool) -> None:
        watched.count()

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", count)


class City:
    """A centre with many cabinets, each with its plan, and the people who take them over."""

    def __init__(self, store: Store, n_cabinets: int) -> None:
        self.watched = Watched(store)
        self.clock = ManualClock(_BEGIN_MS, 5_000)
        self.names = [f"c{k:05d}" for k in range(n_cabinets)]
        self._bytes = itertools.count(1)
        self.centre = self._centre()
        sites = [trial_site(name) for name in self.names]
        self.watched.write(lambda t: _people_and_cabinets(t, [site_to_json(site) for site in sites], self.names))
        self.centre.start()
        plans = (Plan(f"day-{k}", tuple(trial_plan(site, offset_s=k) for site in sites)) for k in (1, 2))
        for plan in plans:
            self.centre.plans.upload(self._actor("eve"), plan_to_json(plan))
        self.issue_plan("day-1")
        self.clock.pass_ms(1000)
        self.centre.tick()

    def _centre(self) -> Centre:
        return Centre(self.watched, self.clock, lambda n: next(self._bytes).to_bytes(n, "big"), CentreKey(bytes(32)))

    def _actor(self, login: str) -> Actor:
        role = {"olga": Role.OPERATOR, "sam": Role.SUPERVISOR, "eve": Role.ENGINEER}[login]
        return Actor(login, role, None, self.clock.utc_ms(), f"session of {login}")

    def issue_plan(self, name: str) -> None:
        """Issue a plan to all cabinets."""
        self.centre.issuing.issue(self._actor("eve"), IssueWish(name))

    def steps(self) -> dict[str, Took]:
        """Carry out every step and return what each took."""
        found, olga, desk = {}, self._actor("olga"), self.centre.overrides
        wish = OverrideWish(
            OverrideKind.HOLD_STAGE, Scope(ScopeKind.DISTRICT, (_TOWN,)), Reason.EVENT, "1", lasts_s=600, stage="side"
        )
        with self.watched.step() as found["prepare"]:
            prepared = desk.prepare(olga, wish)
        with self.watched.step() as found["issue"]:
            override = desk.issue(olga, prepared.document, prepared.nonce)
        sam = self._actor("sam")
        with self.watched.step() as found["activate"]:
            last = desk.approve(sam, override.override_id, override.sha256) if override.second else override
        self.clock.pass_ms(1000)
        with self.watched.step() as found["release"]:
            desk.release(sam, last.override_id)
        self.clock.pass_ms(31_000)
        with self.watched.step() as found["price"]:
            self.centre.tick()
        with self.watched.step() as found["plan"]:
            self.issue_plan("day-2")
        self.clock.pass_ms(1000)
        with self.watched.step() as found["plan stands"]:
            self.centre.tick()
        self.centre = self._centre()
        with self.watched.step() as found["start"]:
            self.centre.start()
        return found


def _people_and_cabinets(t: Transaction, sites: Sequence[str], names: Sequence[str]) -> None:
    for login, role in (("olga", Role.OPERATOR), ("sam", Role.SUPERVISOR), ("eve", Role.ENGINEER)):
        t.people.add_user(User(login, role, None, _BEGIN_MS))
    for name, site in zip(names, sites, strict=True):
        t.shelf(CABINETS).put(enrolled(name, site, Place(_TOWN), _BEGIN_MS))
    t.shelf(FLOWS).put_all(
        GroupFlow(name, group, begin_ms, begin_ms + _COUNTED_MS, 40)
        for name in names
        for group in ("main", "side", "left")
        for begin_ms in range(_BEGIN_MS - 3 * _COUNTED_MS, _BEGIN_MS, _COUNTED_MS)
    )


def measured(kind: str, n_cabinets: int) -> dict[str, Took]:
    """Return what each step takes on one store."""
    with (
        cluster() if kind == "postgresql" else nullcontext() as server,
        tempfile.TemporaryDirectory(prefix="signal-ctrl-city-") as folder,
    ):
        path = Path(folder) / "data"
        store = open_folder(path) if server is None else open_postgres(path, server.create("city"))
        try:
            city = City(store, n_cabinets)
            with counted(city.watched):
                return city.steps()
        finally:
            store.close()


def row_of(kind: str, n_cabinets: int) -> dict[str, Any]:
    """Return the line of the ledger for one store."""
    took = measured(kind, n_cabinets)
    steps = {
        name: {
            "ms": round(one.all_ms, 1),
            "writer_ms": round(one.writer_ms, 1),
            "writer_statements": one.written,
            "statements": one.statements,
        }
        for name, one in took.items()
    }
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    key = f"{kind}/{n_cabinets}/{made}"
    return {"key": key, "engine": code_hash(CODE), "store": kind, "cabinets": n_cabinets, "steps": steps}


def slow(row: dict[str, Any]) -> list[str]:
    """Return what takes longer than it may."""
    found = []
    for name, limit_ms in GOALS_MS.items():
        step = row["steps"][name]
        took_ms = step["writer_ms"] if step["writer_statements"] and name != "start" else step["ms"]
        if took_ms > limit_ms:
            found.append(f"{row['store']}: {name} took {took_ms:,.0f} ms, over {limit_ms:,.0f}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and add a line to the ledger; 1 if a step for 2,000 cabinets or fewer takes too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.big_override", description=__doc__)
    parser.add_argument("--store", choices=STORES, help="else both")
    parser.add_argument("--cabinets", type=int, default=2_000)
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    parser.add_argument("--no-ledger", action="store_true", help="keep no line of it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    try:
        if not given.no_ledger:
            given.ledger.parent.mkdir(parents=True, exist_ok=True)
            check_ledger(given.ledger)
        rows = [row_of(kind, given.cabinets) for kind in ([given.store] if given.store else STORES)]
        if not given.no_ledger:
            append_lines(given.ledger, rows)
    except SignalCtrlError as error:
        sys.stderr.write(f"bench.big_override: {error}\n")
        return 3
    sys.stdout.write(json.dumps(rows, indent=1) + "\n" if given.json else "".join(map(_told, rows)))
    late = [text for row in rows for text in slow(row)]
    sys.stderr.writelines(f"bench.big_override: {text}\n" for text in late)
    return int(bool(late))


def _told(row: dict[str, Any]) -> str:
    lines = [f"{row['store']}, {row['cabinets']:,} cabinets     ms   in the writer   its statements   all statements\n"]
    for name, one in row["steps"].items():
        figures = f"{one['ms']:10,.0f}  {one['writer_ms']:14,.0f}  {one['writer_statements']:15,}"
        lines.append(f"  {name:18}{figures}  {one['statements']:15,}\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
