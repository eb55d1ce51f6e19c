"""Begin and end of a run, known before it is made."""

from sumo_scenarios.catalogue import Scenario
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.demand import demand_span, run_times_s
from sumo_scenarios.settings import RunSettings


def times_of(scenario: Scenario, settings: RunSettings) -> tuple[float, float]:
    """Return begin and end of a run. [s]

    Raises: InvalidInputError if the end is not after the begin or cannot be known.
    """
    config = read_configuration(scenario.config)
    span = demand_span((*config.routes, *config.additional))
    return run_times_s((settings.begin_s, settings.end_s), (config.begin_s, config.end_s), span)
