"""What all overrides of a response cost together. Pure."""

from collections.abc import Sequence

from signal_ctrl.centre.prices import ESTIMATE, Price


def sum_of(prices: Sequence[Price], at_utc_ms: int, kind: str = ESTIMATE) -> Price:
    """Return the sum of several prices, which keeps what is unknown in each of them. [ms]"""
    known = [price.added_veh_h for price in prices if price.added_veh_h is not None]
    total = (sum(k[0] for k in known), sum(k[1] for k in known), sum(k[2] for k in known)) if known else None
    return Price(
        kind=kind,
        method=" and ".join(sorted({price.method for price in prices})) or "no overrides",
        added_veh_h=total,
        unknown=tuple(group for price in prices for group in price.unknown),
        groups=tuple(group for price in prices for group in price.groups),
        crossings=tuple(crossing for price in prices for crossing in price.crossings),
        inputs=tuple(line for price in prices for line in price.inputs),
        at_utc_ms=at_utc_ms,
    )
