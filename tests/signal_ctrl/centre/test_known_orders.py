"""What is remembered of the orders of cabinets does not grow with the years."""

from signal_ctrl.centre.known_orders import REMEMBERED, KnownOrders


def test_the_last_orders_of_each_cabinet_are_remembered() -> None:
    known = KnownOrders()
    assert not any(known.name(f"c{k % 3}", f"etag-{k}") for k in range(3_000))
    assert len(known) == 3 * REMEMBERED
    assert all(known.name("c0", f"etag-{k}") for k in range(3_000 - 3 * REMEMBERED, 3_000, 3))
    assert not known.name("c1", "etag-0")
    assert not known.name("c0", "etag-0")


def test_what_is_named_again_and_again_stays_known() -> None:
    """A cabinet that cannot take what it is offered names its own at each poll: it is looked for once."""
    known = KnownOrders()
    known.name("c0", "own")
    for k in range(1_000):
        known.name("c0", f"etag-{k}")
        assert known.name("c0", "own")
