"""Reports on their way when the shelf refuses, is full or damaged: none goes that is not told of, none goes twice."""

import json
from collections.abc import Callable

import pytest

from signal_ctrl.cabinet.outbox import SEAL_REPORTS, Outbox
from signal_ctrl.cabinet.ports import MemoryShelf
from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.link.reports import Report, ReportKind, batch_from_bytes

BOOT = "a" * 32


class Refusing(MemoryShelf):
    """A shelf that refuses what it is told to refuse: names of what is put, names of what is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.no_put: Callable[[str], bool] = lambda _name: False
        self.no_drop: Callable[[str], bool] = lambda _name: False

    def put(self, name: str, data: bytes) -> None:
        if self.no_put(name):
            raise BackendError(f"cannot write {name}")
        super().put(name, data)

    def drop(self, name: str) -> None:
        if self.no_drop(name):
            raise BackendError(f"cannot remove {name}")
        super().drop(name)


def report(n: int, kind: ReportKind = ReportKind.EVENT) -> Report:
    return Report(kind, 1_800_000_000_000 + n, "trial", values=(("n", n),))


def bring(outbox: Outbox, reports: range) -> None:
    """Bring reports as the agent does: one that was refused is brought again."""
    for n in reports:
        try:
            outbox.add(report(n))
        except BackendError:
            outbox.add(report(n))


def delivered(outbox: Outbox) -> tuple[list[int], int]:
    """Return the numbers of the reports that come, and how many are told of as given up."""
    numbers, told = [], 0
    while (pending := outbox.first()) is not None:
        batch = batch_from_bytes(pending.data)
        numbers += [dict(r.values)["n"] for r in batch.reports]
        told += sum(gap.reports for gap in batch.gaps)
        outbox.done(pending.sealed)
    return numbers, told


def once(wanted: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return a rule that holds for the first name that is wanted, and for no other."""
    left = [True]

    def holds(name: str) -> bool:
        held = left[0] and wanted(name)
        left[0] = left[0] and not held
        return held

    return holds


def test_reports_that_the_shelf_refuses_wait_and_come_once() -> None:
    shelf = Refusing()
    outbox = Outbox("cab-1", BOOT, 1, shelf)
    shelf.no_put = once(lambda name: name.startswith("report-"))
    bring(outbox, range(SEAL_REPORTS + 10))
    shelf.no_put = once(lambda name: name.startswith("report-"))
    with pytest.raises(BackendError):
        outbox.seal()
    assert outbox.gathered == 10
    outbox.seal()
    assert delivered(outbox) == (list(range(SEAL_REPORTS + 10)), 0)


def test_a_fault_that_the_shelf_refuses_is_not_taken() -> None:
    shelf = Refusing()
    outbox = Outbox("cab-1", BOOT, 1, shelf)
    outbox.add(report(0))
    outbox.add(report(1))
    shelf.no_put = lambda name: name.endswith("-kept")
    with pytest.raises(BackendError):
        outbox.add(report(2, ReportKind.FAULT))
    shelf.no_put = lambda _name: False
    outbox.add(report(2, ReportKind.FAULT))
    assert delivered(outbox) == ([0, 1, 2], 0)


def test_what_is_given_up_for_the_batch_that_tells_of_it_is_told_of_too() -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", BOOT, 1, shelf, capacity=2 * SEAL_REPORTS)
    bring(outbox, range(3 * SEAL_REPORTS))
    assert outbox.given_up == SEAL_REPORTS
    bring(outbox, range(3 * SEAL_REPORTS, 3 * SEAL_REPORTS + 50))
    outbox.seal(tell_gaps=True)
    again = Outbox("cab-1", "b" * 32, 2, shelf, capacity=2 * SEAL_REPORTS)
    untold = again.given_up
    numbers, told = delivered(again)
    assert numbers == list(range(2 * SEAL_REPORTS, 3 * SEAL_REPORTS + 50))
    assert told + untold == 2 * SEAL_REPORTS
    assert untold == outbox.given_up == 0


def test_faults_are_bounded_by_themselves_and_the_oldest_are_told_of() -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", BOOT, 1, shelf, capacity=100, fault_capacity=60)
    for n in range(300):
        outbox.add(report(n, (ReportKind.FAULT, ReportKind.CLEARED)[n % 2]))
    assert (outbox.waiting, outbox.given_up, len(shelf.names("report-"))) == (60, 240, 60)
    again = Outbox("cab-1", "b" * 32, 2, shelf, capacity=100, fault_capacity=60)
    again.add(report(300, ReportKind.FAULT))
    again.seal(tell_gaps=True)
    numbers, told = delivered(again)
    assert numbers == list(range(242, 301))
    assert told + again.given_up == 242
    assert again.given_up == 0


def test_a_fault_goes_for_no_other_report_and_gaps_do_not_pile_up() -> None:
    """Faults between batches of events, and neither has room: what is told of stays one range."""
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", BOOT, 1, shelf, capacity=50, fault_capacity=40)
    for n in range(0, 2_000, 2):
        outbox.add(report(n))
        outbox.add(report(n + 1, ReportKind.FAULT))
    assert len(json.loads(shelf.get("gaps") or b"{}")["gaps"]) <= 40
    outbox.seal(tell_gaps=True)
    numbers, told = delivered(outbox)
    assert [n for n in numbers if n % 2] == list(range(1_923, 2_000, 2))  # the batch that tells takes the place of one
    assert len(numbers) + told + outbox.given_up == 2_000


def test_what_a_batch_would_have_told_is_told_by_another_when_it_goes() -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", BOOT, 1, shelf, capacity=2 * SEAL_REPORTS, fault_capacity=20)
    bring(outbox, range(3 * SEAL_REPORTS))
    outbox.seal(tell_gaps=True)
    assert outbox.given_up == 0
    for n in range(600, 620):
        outbox.add(report(n, ReportKind.FAULT))
    assert outbox.given_up == 2 * SEAL_REPORTS + 1  # of the first batch and of one that gave room to faults; the tale
    outbox.seal(tell_gaps=True)
    numbers, told = delivered(outbox)
    assert numbers == [*range(2 * SEAL_REPORTS, 3 * SEAL_REPORTS), *range(601, 620)]
    assert told == 2 * SEAL_REPORTS + 2  # a fault too, which gave room to the batch that tells


@pytest.mark.parametrize("what", ["gaps", "drop"])
def test_giving_up_that_the_shelf_refuses_half_way_counts_once(what: str) -> None:
    shelf = Refusing()
    outbox = Outbox("cab-1", BOOT, 1, shelf, capacity=2 * SEAL_REPORTS)
    bring(outbox, range(2 * SEAL_REPORTS))
    if what == "gaps":
        shelf.no_put = once(lambda name: name == "gaps")
    else:
        shelf.no_drop = once(lambda _name: True)
    bring(outbox, range(2 * SEAL_REPORTS, 3 * SEAL_REPORTS))
    again = Outbox("cab-1", "b" * 32, 2, shelf, capacity=2 * SEAL_REPORTS)
    assert outbox.given_up == again.given_up == SEAL_REPORTS
    assert delivered(again) == (list(range(SEAL_REPORTS, 3 * SEAL_REPORTS)), 0)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"gaps":3}',
        b'{"gaps":[["a",1]]}',
        b'{"gaps":[["x",1,2,3]]}',
        b'{"gaps":[[1,2,3,4]]}',
        b"\xff",
    ],
)
def test_a_cabinet_starts_whatever_has_become_of_its_gaps(damaged: bytes) -> None:
    shelf = MemoryShelf()
    outbox = Outbox("cab-1", BOOT, 1, shelf)
    bring(outbox, range(SEAL_REPORTS))
    shelf.put("gaps", damaged)
    again = Outbox("cab-1", "b" * 32, 2, shelf)
    again.seal(tell_gaps=True)
    assert again.given_up == 0
    assert delivered(again) == (list(range(SEAL_REPORTS)), 0)


@pytest.mark.parametrize("foreign", ["report-", "report-1.bak", "report-x-y-z-1-kept", f"report-1-2-{BOOT}-3-kept"])
def test_a_file_that_no_outbox_named_is_left_alone(foreign: str) -> None:
    shelf = MemoryShelf()
    shelf.put(foreign, b"x")
    outbox = Outbox("cab-1", BOOT, 1, shelf)
    bring(outbox, range(SEAL_REPORTS))
    assert delivered(outbox) == (list(range(SEAL_REPORTS)), 0)
    assert shelf.get(foreign) == b"x"
