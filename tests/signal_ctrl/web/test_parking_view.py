"""The centre's side of parking: nobody waits for it, a silent service is left alone, both share signs by one order."""

from dataclasses import replace
from typing import Any

import pytest

from bench.centre_app import World
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Role
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import BackendError, BackendLostError
from signal_ctrl.domain.signs import MessageKind, Sign, SignText
from signal_ctrl.watch.diversion.board import SignBoard
from signal_ctrl.web.breaker import BREAK_AFTER, BREAK_MS
from signal_ctrl.web.parking_view import EVERY_MS, VALID_MS, ParkingView
from tests.signal_ctrl.parking.made import BEGIN_MS

OVERVIEW = {"capacity": 40, "free": 7, "facilities": []}


class Service:
    """A parking service that can be taken away."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.is_up = True
        self.asked: list[tuple[str, str, Any]] = []

    def ask(self, method: str, path: str, document: Any) -> Any:
        self.asked.append((method, path, document))
        if not self.is_up:
            raise BackendLostError("no answer")
        if path.endswith("/overview"):
            return OVERVIEW
        lines = [{"zh": "P 中 7", "en": "P C 7"}, {"zh": "P 北 满", "en": "P N FULL"}]
        return {"signs": [{"sign": "V1", "lines": lines, "valid_until_utc_ms": self.clock.utc_ms() + 90_000}]}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGIN_MS, 1_000_000)


@pytest.fixture
def service(clock: ManualClock) -> Service:
    return Service(clock)


def view_of(service: Service, texts: tuple[SignText, ...] = (), times: dict[str, float] | None = None) -> ParkingView:
    return ParkingView(service.ask, service.clock, lambda _now_ms: texts, lambda: times or {})


def text(kind: MessageKind, sign: str = "V1") -> SignText:
    return SignText(sign, kind, "请绕行", "Divert", BEGIN_MS, BEGIN_MS + 600_000, "diversion d1")


def test_it_asks_every_ten_seconds_and_answers_from_memory(clock: ManualClock, service: Service) -> None:
    view = view_of(service)
    assert view.shown() == {
        "reachable": False,
        "why": "it was not asked yet",
        "age_s": None,
        "overview": None,
        "inflow": None,
    }
    for _ in range(25):
        view.poll()
        clock.pass_ms(1000)
    assert len([path for _, path, _ in service.asked if path.endswith("overview")]) == 3
    assert view.shown() == {"reachable": True, "why": "", "age_s": 5, "overview": OVERVIEW, "inflow": None}


def test_a_silent_service_is_left_alone_and_what_was_heard_stays(clock: ManualClock, service: Service) -> None:
    view = view_of(service)
    view.poll()
    service.is_up = False
    service.asked.clear()
    for failure in range(1, BREAK_AFTER + 1):
        clock.pass_ms(EVERY_MS)
        if failure < BREAK_AFTER:
            view.poll()
        else:
            with pytest.raises(BackendError, match="no answer"):
                view.poll()
    assert view.is_broken and len(service.asked) == BREAK_AFTER
    for _ in range(BREAK_MS // 1000 - 1):
        clock.pass_ms(1000)
        view.poll()
    assert len(service.asked) == BREAK_AFTER
    assert view.shown()["reachable"] is False and view.shown()["overview"] == OVERVIEW
    service.is_up = True
    clock.pass_ms(1000)
    view.poll()
    assert view.shown()["reachable"] and not view.is_broken


def test_an_answer_of_another_kind_is_a_failure_and_no_more(clock: ManualClock) -> None:
    view = ParkingView(lambda *_: {"signs": 7}, clock, lambda _now: (text(MessageKind.SAFETY),), dict)
    view.poll()
    assert view.shown()["why"] == "its answer is not what is known here"
    assert view.texts(BEGIN_MS) == ()


def test_the_centre_tells_texts_and_slow_roads(clock: ManualClock, service: Service) -> None:
    wanted = [text(MessageKind.DIVERSION), text(MessageKind.PARKING), text(MessageKind.SAFETY, "V9")]
    texts: list[tuple[SignText, ...]] = [tuple(wanted)]
    view = ParkingView(service.ask, clock, lambda _now: texts[0], lambda: {"E1": 61.04, "E2": 300.0})
    view.poll()
    told = {path: document for method, path, document in service.asked if method == "PUT"}
    assert [each["kind"] for each in told["/v1/parking/signs/V1/texts"]["texts"]] == ["diversion"]
    assert told["/v1/parking/travel-times"] == {"source": "centre", "seconds": {"E2": 300.0, "E1": 61.0}}
    for expected in ([{"texts": []}], []):  # what is over is taken off, once
        texts[0] = ()
        service.asked.clear()
        clock.pass_ms(EVERY_MS)
        view.poll()
        puts = [document for method, path, document in service.asked if path.endswith("/texts")]
        assert puts == expected


def test_a_centre_that_begins_anew_takes_off_what_it_wanted_before(clock: ManualClock, service: Service) -> None:
    view_of(service, (text(MessageKind.DIVERSION),)).poll()
    service.asked.clear()
    view_of(service).poll()
    assert [document for method, _, document in service.asked if method == "PUT"] == [{"texts": []}]


def test_no_number_stands_on_the_word_of_a_clock_that_is_wrong(clock: ManualClock, service: Service) -> None:
    there, service.clock = clock, ManualClock(BEGIN_MS + 86_400_000, 1_000_000)
    view = ParkingView(service.ask, there, lambda _now: (), dict)
    view.poll()
    service.is_up = False
    there.pass_ms(VALID_MS - 1)
    assert [each.until_utc_ms for each in view.texts(there.utc_ms())] == [BEGIN_MS + VALID_MS]
    there.pass_ms(1)
    assert view.texts(there.utc_ms()) == ()


def test_a_sign_of_the_centre_shows_parking_where_nothing_goes_before(clock: ManualClock, service: Service) -> None:
    view = view_of(service)
    view.poll()
    diversion: list[SignText] = []
    board = SignBoard(lambda: (Sign("V1", "E1", 0.0),), [lambda _now: tuple(diversion)])
    board.add(view.texts)
    shown = board.one("V1", BEGIN_MS).text
    assert shown is not None and (shown.kind, shown.en) == (MessageKind.PARKING, "P C 7  P N FULL")
    diversion.append(text(MessageKind.DIVERSION))
    assert board.one("V1", BEGIN_MS).text == diversion[0]
    diversion[:] = [text(MessageKind.INFORMATION)]
    assert board.one("V1", BEGIN_MS).text == shown
    clock.pass_ms(90_000)  # the service is silent: its text goes by itself
    assert board.one("V1", clock.utc_ms()).text == diversion[0]


def test_operators_see_it_and_a_centre_without_parking_says_so(
    world: World, client: LocalClient, service: Service
) -> None:
    world.person(Role.VIEWER, "vera")
    headers = {"Authorization": f"Bearer {world.session('vera')}"}
    assert client.get("/v1/parking/overview").status_code == 401
    nothing = client.get("/v1/parking/overview", headers=headers).json()
    assert (nothing["reachable"], nothing["overview"]) == (False, None) and "--parking" in nothing["why"]
    view = view_of(service)
    view.poll()
    world.app.state.context = replace(world.app.state.context, parking=view)
    found = client.get("/v1/parking/overview", headers=headers)
    assert (found.status_code, found.json()["overview"]) == (200, OVERVIEW)


def test_what_does_not_fit_goes_by_whole_lines(clock: ManualClock, service: Service) -> None:
    labels = ("Northern", "Eastern", "Southern", "Western", "Central", "Station", "Riverside")
    lines = [{"zh": "P 中 → 1207", "en": f"P {label} → 1207"} for label in labels]
    ask = service.ask

    def many(method: str, path: str, document: Any) -> Any:
        found = ask(method, path, document)
        return found if path.endswith("/overview") else {"signs": [found["signs"][0] | {"lines": lines}]}

    view = ParkingView(many, clock, lambda _now_ms: (), dict)
    view.poll()
    (shown,) = view.texts(clock.utc_ms())
    assert shown.zh == "  ".join(line["zh"] for line in lines)
    assert shown.en == "  ".join(line["en"] for line in lines[:6])
