from hypothesis import given
from hypothesis import strategies as st

from signal_ctrl.parking.facilities import Section, Sensing, SpaceKind
from signal_ctrl.parking.fusing import believed
from signal_ctrl.parking.occupancy import Source, Trust
from signal_ctrl.parking.parts import Part, nothing_known
from tests.signal_ctrl.parking.made import BEGIN_MS, facility, numbers

CHARGING = Section("C", SpaceKind.CHARGING, numbers("C", 10), sensing=Sensing.SPACES)


def part(capacity: int, low: int, high: int, **changes: object) -> Part:
    fields: dict[str, object] = {"capacity": capacity, "low": low, "free": low, "high": high, "heard_utc_ms": BEGIN_MS}
    return Part(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_charging_space_is_no_general_supply() -> None:
    park = facility(capacity=40, more=(CHARGING,))
    general, charging = park.sections
    belief = believed(park, [(general, part(40, 0, 0)), (charging, part(10, 7, 7))], None, BEGIN_MS)
    assert (belief.total.low, belief.of(SpaceKind.GENERAL).low, belief.of(SpaceKind.CHARGING).low) == (7, 0, 7)
    assert belief.of(SpaceKind.COACH).capacity == 0


def test_what_gates_alone_count_may_all_be_of_the_other_kind() -> None:
    park = facility(
        capacity=40, sensing=Sensing.NONE, gates=("in",), more=(Section("C", SpaceKind.CHARGING, numbers("C", 10)),)
    )
    belief = believed(park, [], part(50, 15, 17), BEGIN_MS)
    assert belief.source is Source.GATES
    assert (belief.of(SpaceKind.GENERAL).low, belief.of(SpaceKind.CHARGING).low) == (5, 0)
    assert (belief.of(SpaceKind.GENERAL).high, belief.of(SpaceKind.CHARGING).high) == (17, 10)


def test_gates_and_sections_that_disagree_are_doubtful_and_the_smaller_counts() -> None:
    park = facility(capacity=40, gates=("in",))
    belief = believed(park, [(park.sections[0], part(40, 30, 30))], part(40, 2, 6), BEGIN_MS)
    assert (belief.trust, belief.total.low, belief.of(SpaceKind.GENERAL).low) == (Trust.DOUBTFUL, 2, 2)
    assert "sensors say 30 to 30 free, gates 2 to 6" in belief.why


REST = Section("B", SpaceKind.GENERAL, numbers("B", 20))


def test_sections_that_see_more_free_than_there_is_room_for_are_doubtful_where_gates_count_the_rest() -> None:
    park = facility(capacity=40, gates=("in",), more=(REST,))
    belief = believed(park, [(park.sections[0], part(40, 30, 30))], part(60, 2, 6), BEGIN_MS)
    assert (belief.trust, belief.total.low, belief.of(SpaceKind.GENERAL).low) == (Trust.DOUBTFUL, 2, 2)
    assert "gates 2 to 6" in belief.why


def test_gates_that_count_more_free_than_can_be_are_doubtful_and_fill_no_section_that_nobody_sees() -> None:
    park = facility(capacity=40, gates=("in",), more=(REST,))
    belief = believed(park, [(park.sections[0], part(40, 3, 3))], part(60, 50, 55), BEGIN_MS)
    assert (belief.trust, belief.source) == (Trust.DOUBTFUL, Source.MIXED)
    assert "gates 50 to 55" in belief.why


def test_where_gates_and_a_section_agree_the_rest_is_what_it_leaves_over() -> None:
    park = facility(capacity=40, gates=("in",), more=(REST,))
    belief = believed(park, [(park.sections[0], part(40, 8, 12))], part(60, 20, 25), BEGIN_MS)
    assert (belief.trust, belief.total.low, belief.total.high) == (Trust.GOOD, 20, 25)


def test_a_number_that_gates_raise_is_as_old_as_they_are() -> None:
    park = facility(capacity=40, gates=("in",))
    old, section = part(40, 12, 20, heard_utc_ms=BEGIN_MS - 200_000), park.sections[0]
    assert believed(park, [(section, part(40, 10, 14))], old, BEGIN_MS).age_ms == 200_000
    assert believed(park, [(section, part(40, 12, 14))], old, BEGIN_MS).age_ms == 0


def test_where_both_agree_both_bounds_hold() -> None:
    park = facility(capacity=40, gates=("in",))
    belief = believed(park, [(park.sections[0], part(40, 10, 14))], part(40, 12, 20), BEGIN_MS)
    assert (belief.trust, belief.total.low, belief.total.high) == (Trust.GOOD, 12, 14)


def test_silent_sections_leave_it_to_gates_and_silent_gates_to_sections() -> None:
    park = facility(capacity=40, gates=("in",))
    section = park.sections[0]
    by_gates = believed(park, [(section, nothing_known(40, "silent"))], part(40, 12, 20), BEGIN_MS)
    assert (by_gates.trust, by_gates.source, by_gates.total.low) == (Trust.GOOD, Source.GATES, 12)
    by_sections = believed(park, [(section, part(40, 10, 14))], nothing_known(40, "silent"), BEGIN_MS)
    assert (by_sections.trust, by_sections.total.low) == (Trust.GOOD, 10)
    nobody = believed(park, [(section, nothing_known(40, "a"))], nothing_known(40, "b"), BEGIN_MS)
    assert (nobody.trust, nobody.total.low, nobody.total.high) == (Trust.STALE, 0, 40)


def test_what_nothing_counts_is_stale() -> None:
    belief = believed(facility(sensing=Sensing.NONE), [], None, BEGIN_MS)
    assert (belief.trust, belief.source, belief.total.low, belief.heard_utc_ms) == (Trust.STALE, Source.NONE, 0, 0)


def test_a_small_silent_section_does_not_spoil_the_others() -> None:
    park = facility(capacity=40, more=(CHARGING,))
    general, charging = park.sections
    seen = [(general, part(40, 8, 8)), (charging, nothing_known(10, "C: silent"))]
    belief = believed(park, seen, None, BEGIN_MS)
    assert (belief.trust, belief.of(SpaceKind.GENERAL).low, belief.of(SpaceKind.CHARGING).low) == (Trust.GOOD, 8, 0)
    assert "silent" in belief.why


@st.composite
def parts(draw: st.DrawFn, capacity: int) -> Part:
    low, free, high = sorted(draw(st.tuples(*[st.integers(0, capacity)] * 3)))
    flags = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    return Part(capacity, low, free, high, BEGIN_MS, *flags)


@given(parts(40), parts(10), st.one_of(st.none(), parts(60)))
def test_bounds_are_in_order_and_no_kind_has_more_than_all(general: Part, charging: Part, gates: Part | None) -> None:
    rest = Section("B", SpaceKind.GENERAL, numbers("B", 10))
    park = facility(capacity=40, more=(CHARGING, rest), gates=("in",) if gates else ())
    belief = believed(park, [(park.sections[0], general), (CHARGING, charging)], gates, BEGIN_MS)
    assert belief.total.capacity == sum(each.capacity for each in belief.by_kind.values()) == 60
    assert all(each.low <= belief.total.low for each in belief.by_kind.values())
    if gates is None or not gates.is_good:
        assert belief.of(SpaceKind.GENERAL).low <= general.low + (gates.low if gates else 0)
