"""The benchmark of live data in short: everything goes through, and its figures are there."""

import json

import pytest

from bench.live import ROWS, core, main, message
from detectors.live.message import batch_of
from tests.signal_ctrl.gateways.brokers import needs_broker


def test_messages_are_those_of_sources_that_take_turns() -> None:
    found = [(source, batch_of(payload)) for source, payload in (message(k, 1e9) for k in (0, 49, 50))]
    assert [(source, batch.sequence) for source, batch in found] == [("c0", 1), ("c49", 1), ("c0", 2)]
    assert all(len(batch.rows) == ROWS for _, batch in found)


@pytest.mark.parametrize("with_bins", [False, True])
def test_the_core_takes_a_thousand_messages(with_bins: bool) -> None:
    figure = core(1000, with_bins)
    assert figure.own is not None and figure.own > 5000  # of events a second; an old machine does ten times that


@needs_broker
@pytest.mark.slow
def test_the_command_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--short", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["unit"] for row in found] == ["events/s"] * 3 + ["ms"] * 2
    assert all(row["value"] > 0 for row in found[:3])
