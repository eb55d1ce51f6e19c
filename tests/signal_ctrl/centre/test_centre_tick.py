"""The tick of the centre: one service that cannot go on keeps none of the others from it."""

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from tests.signal_ctrl.centre.worlds import world


@pytest.mark.parametrize("which", ["overrides", "giving_back", "schedules", "issuing"])
def test_orders_are_renewed_and_overrides_end_though_a_service_fails(
    which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world() as here:
        here.issued(lasts_s=60)
        renewed: list[int] = []

        def broken() -> None:
            raise InvalidInputError("a document that can no longer be read")

        monkeypatch.setattr(getattr(here.centre, which), "tick", broken)
        monkeypatch.setattr(here.centre.orders, "renew", lambda: renewed.append(here.clock.utc_ms()))
        here.clock.pass_ms(61_000)
        with pytest.raises(InvalidInputError):
            here.centre.tick()
        assert renewed == [here.clock.utc_ms()]
        assert bool(here.centre.overrides.live()) == (which == "overrides")
