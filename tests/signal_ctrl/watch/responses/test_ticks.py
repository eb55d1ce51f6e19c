"""What the ticks of ordered responses do when something stands in the way of one of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from signal_ctrl.centre.override_values import APPROVAL_MS
from signal_ctrl.domain.errors import NotFoundError, StorageFullError
from signal_ctrl.stores.opening import open_memory
from signal_ctrl.watch.responses.order_values import OrderState, PartState, ResponseOrder
from signal_ctrl.watch.responses.order_views import response_orders
from tests.signal_ctrl.watch.responses.response_worlds import RESPONSE, ResponseWorld


@pytest.fixture
def there() -> Iterator[ResponseWorld]:
    store = open_memory()
    yield ResponseWorld(store)
    store.close()


def test_a_response_ends_in_time_though_one_that_waits_cannot_be_written_off(
    there: ResponseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.imported()
    there.imported(RESPONSE.replace('"stadium"', '"other"').replace("lasts_s = 3600", "lasts_s = 600"))
    desk = there.responses.desk
    waits = there.ordered()
    active = there.begun(response="other")
    there.clock.pass_ms(max(600_000, APPROVAL_MS) + 1000)

    def full(*_: Any) -> None:
        raise StorageFullError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(there.store, "write", full)
        with pytest.raises(StorageFullError):
            desk.tick()
        assert [order.order_id for order in desk.live()] == [waits.order_id]
    desk.tick()
    states = {order.order_id: order.state for order in desk_orders(there)}
    assert states == {waits.order_id: OrderState.LAPSED, active.order_id: OrderState.EXPIRED}


def test_missions_that_no_road_leads_to_any_more_have_failed_and_hold_up_nothing(
    there: ResponseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.imported()
    start_ms = there.clock.utc_ms() + 120_000
    order = there.begun(start_utc_ms=start_ms)

    def gone() -> Any:
        raise NotFoundError("there is no road network yet; import one first")

    monkeypatch.setattr(there.dispatch.missions, "_town", gone)
    there.passes(125_000)
    (found,) = [one for one in desk_orders(there) if one.order_id == order.order_id]
    (part,) = [part for part in found.parts if part.name == "barrier-crew"]
    assert (part.state, "no road network" in part.text) == (PartState.FAILED, True)
    assert found.state is OrderState.ACTIVE


def desk_orders(there: ResponseWorld) -> tuple[ResponseOrder, ...]:
    return there.store.read(lambda r: response_orders(r, "all"))
