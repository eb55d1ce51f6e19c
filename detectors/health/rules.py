"""How much it takes to doubt a detector, and to give it up. No rule can be switched off."""

from dataclasses import dataclass, fields

from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits of the tests; the defaults are those of SAFETY K12 where it has one.

    stuck_on_min: on without a break; quiet_min: silence is not looked at before; no_activity_h: silence without any
    history while others count; improbable: probability of a silence that is doubted; erratic_per_min: counts a minute;
    clear_s: plausible data after which a fault is over; clear_veh: vehicles in that time; blackout_min: without data;
    ahead_s, late_s: how far an event may be dated ahead, and come late; valid: least share of a slot that has to be
    there; bias: share by which a count may be off before it has drifted.
    """

    stuck_on_min: float = 15.0
    quiet_min: float = 10.0
    no_activity_h: float = 18.0
    improbable: float = 1e-4
    erratic_per_min: float = 30.0
    clear_s: float = 600.0
    clear_veh: float = 3.0
    blackout_min: float = 15.0
    ahead_s: float = 1.0
    late_s: float = 60.0
    valid: float = 0.8
    bias: float = 0.3

    def __post_init__(self) -> None:
        for name in ("stuck_on_min", "quiet_min", "erratic_per_min", "blackout_min"):
            if not 1 <= getattr(self, name) <= 255:
                raise InvalidInputError(f"{name} needs 1 to 255, got {getattr(self, name)}: no test is switched off")
        if not (0 < self.improbable < 0.1 and 0 < self.valid <= 1 and 0 < self.bias < 1):
            raise InvalidInputError("improbable needs 0 to 0.1, valid 0 to 1 and bias 0 to 1, the ends left out")
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise InvalidInputError(f"{field.name} needs a number above 0, got {getattr(self, field.name)}")
