"""Two centres and an arbiter under pauses, partitions and clocks that run apart: never two that write."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from signal_ctrl.centre.lease import LEASE_MS, LIMIT_MS, LeaseKeeper, Part
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import StandbyError, StorageLostError


@dataclass
class Book:
    """The arbiter, on a clock of its own."""

    now_ms: int = 0
    holder: str = ""
    epoch: int = 1
    until_ms: int = 0

    def take(self, holder: str, lasts_ms: int) -> int | None:
        if self.until_ms > self.now_ms:
            return None
        self.holder, self.epoch, self.until_ms = holder, self.epoch + 1, self.now_ms + lasts_ms
        return self.epoch

    def renew(self, holder: str, epoch: int, lasts_ms: int) -> bool:
        if (self.holder, self.epoch) != (holder, epoch):
            return False
        self.until_ms = self.now_ms + lasts_ms
        return True

    def give_back(self, holder: str, epoch: int) -> None:
        self.renew(holder, epoch, 0)


class Lost:
    """A way to the arbiter on which a question or its answer may be lost."""

    def __init__(self, book: Book, lose: Callable[[], bool]) -> None:
        self._book, self._lose = book, lose

    def _way(self, ask: Callable[[], object]) -> object:
        if self._lose():
            raise StorageLostError("the question was lost")
        answer = ask()
        if self._lose():
            raise StorageLostError("the answer was lost")
        return answer

    def take(self, holder: str, lasts_ms: int):
        return self._way(lambda: self._book.take(holder, lasts_ms))

    def renew(self, holder: str, epoch: int, lasts_ms: int):
        return self._way(lambda: self._book.renew(holder, epoch, lasts_ms))

    def give_back(self, holder: str, epoch: int) -> None:
        self._way(lambda: self._book.give_back(holder, epoch))


@dataclass
class Node:
    name: str
    rate: float
    clock: ManualClock
    keeper: LeaseKeeper
    asleep_until_ms: float = 0.0
    cut_until_ms: float = 0.0
    lives: int = 1
    sent: list[tuple[float, int]] = field(default_factory=list)

    def may_issue(self) -> bool:
        try:
            return bool(self.keeper.epoch_in_force())
        except StandbyError:
            return False


class World:
    """One seed: 200 s of two nodes, tenth by tenth."""

    def __init__(self, seed: int, drift: float) -> None:
        self.dice = random.Random(seed)
        self.book = Book()
        self.time_ms = 0.0
        self.nodes = [self._node(name, 1 + self.dice.uniform(-drift, drift)) for name in "ab"]
        self.stored: list[tuple[float, int]] = []
        self.refused = 0

    def _node(self, name: str, rate: float) -> Node:
        node: Node

        def lose() -> bool:
            return self.time_ms < node.cut_until_ms or self.dice.random() < 0.05

        clock = ManualClock(0, self.dice.randrange(10**6))
        node = Node(name, rate, clock, LeaseKeeper(name, Lost(self.book, lose), clock))
        return node

    def step(self, calm: bool) -> None:
        self.time_ms += 100
        self.book.now_ms = int(self.time_ms)
        for node in self.nodes:
            node.clock.pass_ms(round(100 * node.rate))
            if not calm:
                self._disturb(node)
            if self.time_ms >= node.asleep_until_ms:
                self._act(node)
            self._deliver(node)

    def _disturb(self, node: Node) -> None:
        if self.dice.random() < 0.004:
            node.asleep_until_ms = self.time_ms + self.dice.uniform(0, 60_000)
        if self.dice.random() < 0.004:
            node.cut_until_ms = self.time_ms + self.dice.uniform(0, 40_000)

    def _act(self, node: Node) -> None:
        if node.keeper.tick() is Part.FENCED:  # the process starts anew, as another holder
            node.lives += 1
            node.keeper = LeaseKeeper(f"{node.name}{node.lives}", node.keeper.arbiter, node.clock)
        if node.may_issue() and self.dice.random() < 0.5:
            # looked at the clock, and is stopped before the write leaves, for up to a minute
            late_ms = self.dice.choice((0, 0, 0, 300, 5_000, 60_000)) * self.dice.random()
            node.sent.append((self.time_ms + late_ms, node.keeper.epoch_in_force()))

    def _deliver(self, node: Node) -> None:
        arrived = [write for write in node.sent if write[0] <= self.time_ms and self.time_ms >= node.asleep_until_ms]
        node.sent = [write for write in node.sent if write not in arrived]
        for _, epoch in arrived:
            if epoch == self.book.epoch:
                self.stored.append((self.time_ms, epoch))
            else:
                self.refused += 1


def run(seed: int, drift: float) -> World:
    world = World(seed, drift)
    for _ in range(1500):
        world.step(calm=False)
        assert sum(node.may_issue() for node in world.nodes) <= 1, f"seed {seed}: two active at {world.time_ms} ms"
    for node in world.nodes:
        node.asleep_until_ms = min(node.asleep_until_ms, world.time_ms)
        node.cut_until_ms = 0
    for _ in range(500):
        world.step(calm=True)
        assert sum(node.may_issue() for node in world.nodes) <= 1, f"seed {seed}: two active at {world.time_ms} ms"
    epochs = [epoch for _, epoch in world.stored]
    assert epochs == sorted(epochs), f"seed {seed}: a lower epoch was stored after a higher one"
    assert any(time_ms > world.time_ms - 20_000 for time_ms, _ in world.stored), f"seed {seed}: nobody writes"
    return world


@pytest.mark.parametrize("block", range(4))
def test_two_centres_never_write_at_once(block: int) -> None:
    worlds = [run(seed, drift=0.1) for seed in range(block * 25, block * 25 + 25)]
    assert sum(world.refused for world in worlds) > 100, "the fence was never needed"
    assert sum(world.book.epoch - 2 for world in worlds) > len(worlds), "hardly anybody ever took over"


def test_clocks_that_run_apart_too_far_make_two_active() -> None:
    """The simulation can see it: the holder's clock is slower by a third than that of the arbiter."""
    with pytest.raises(AssertionError, match="two active"):
        for seed in range(50):
            run(seed, drift=0.5)


def keeper(book: Book) -> tuple[LeaseKeeper, ManualClock]:
    clock = ManualClock()
    return LeaseKeeper("a", book, clock), clock


def test_the_active_stops_at_four_fifths_of_the_lease() -> None:
    one, clock = keeper(Book())
    assert one.tick() is Part.ACTIVE
    one.arbiter = Lost(Book(), lambda: True)
    clock.pass_ms(LIMIT_MS - 1)
    one.tick()
    assert one.epoch_in_force() == 2
    clock.pass_ms(1)
    with pytest.raises(StandbyError, match="not renewed"):
        one.epoch_in_force()


def test_the_wall_clock_changes_nothing() -> None:
    one, clock = keeper(Book())
    one.tick()
    clock.set_wall_ms(10**13)
    assert one.epoch_in_force() == 2
    clock.set_wall_ms(0)
    assert one.epoch_in_force() == 2


def test_the_standby_waits_for_the_end_of_the_lease() -> None:
    book = Book()
    first, _ = keeper(book)
    first.tick()
    second, clock = keeper(book)
    second.holder = "b"
    for _ in range(LEASE_MS // 1000 - 1):
        book.now_ms += 1000
        clock.pass_ms(1000)
        assert second.tick() is Part.STANDBY
    book.now_ms += 3000
    clock.pass_ms(3000)
    assert second.tick() is Part.ACTIVE
    assert second.epoch_in_force() == 3


def test_a_lease_given_back_is_free_at_once() -> None:
    book = Book()
    first, _ = keeper(book)
    first.tick()
    first.give_back()
    assert first.part is Part.FENCED
    second = LeaseKeeper("b", book, ManualClock())
    assert second.tick() is Part.ACTIVE


def test_who_finds_the_lease_taken_is_fenced() -> None:
    book = Book()
    first, clock = keeper(book)
    first.tick()
    book.now_ms = LEASE_MS
    LeaseKeeper("b", book, ManualClock()).tick()
    clock.pass_ms(2000)
    assert first.tick() is Part.FENCED
    with pytest.raises(StandbyError):
        first.epoch_in_force()


def test_the_lease_counts_from_the_question_not_from_the_answer() -> None:
    one, clock = keeper(Book())
    one.tick()
    clock.pass_ms(2000)
    quick = one.arbiter.renew

    def slow(*arguments) -> bool:
        answer = quick(*arguments)
        clock.pass_ms(5000)
        return answer

    one.arbiter.renew = slow
    one.tick()
    clock.pass_ms(LIMIT_MS - 5000 - 1)
    assert one.epoch_in_force() == 2
    clock.pass_ms(1)
    with pytest.raises(StandbyError):
        one.epoch_in_force()
