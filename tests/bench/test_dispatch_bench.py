"""The load of proposals in a shortened form: the figures are there and are those of what was asked for."""

from bench.dispatch import LIMIT_MS, Load, made_town, measure


def test_the_figures_of_a_small_town() -> None:
    row = measure(Load(roads=400, units=60, proposals=5, missions=6))
    assert row["roads"] >= 400 and (row["units"], row["proposals"]) == (60, 5)
    assert 0 < row["proposal_median_ms"] <= row["proposal_p99_ms"] <= row["proposal_max_ms"]
    assert row["deal_ms"] > 0 and row["proposal_cpu_p99_ms"] < LIMIT_MS


def test_the_made_town_hangs_together() -> None:
    network = made_town(100)
    assert len(network.roads) >= 100
    assert all(network.following[road.road] for road in network.roads if road.to_node not in ("n(0, 0)",))
