"""A run under a controller of the catalogue, recorded as those see it who watch the city, with the truth beside it."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.gateways.whole_file import new_folder
from sumo_scenarios import catalogue
from sumo_scenarios.arguments import TRIPINFO
from sumo_scenarios.city_feed.folder import Feed, write_feed
from sumo_scenarios.city_feed.happenings import closures, settled, write_breakdowns
from sumo_scenarios.city_feed.loop_output import PERIOD_S, read_loop_counts, write_loop_detectors
from sumo_scenarios.city_feed.order import FeedOrder, Happening
from sumo_scenarios.city_feed.passages import Passages, passages_of, read_tracks
from sumo_scenarios.city_feed.reporting import Places, positions_of, reads_of
from sumo_scenarios.city_feed.road_network import earth_of_net, network_of
from sumo_scenarios.city_feed.stood import stood_s
from sumo_scenarios.city_feed.tables import Drives
from sumo_scenarios.city_feed.truth import truth_of
from sumo_scenarios.closed_loop import run_closed_loop
from sumo_scenarios.configuration import Configuration, read_configuration
from sumo_scenarios.film.roadmap import read_roadmap
from sumo_scenarios.fleet import read_fleet
from sumo_scenarios.measures.evidence import TRAJECTORIES
from sumo_scenarios.net_reader import Net, read_net
from sumo_scenarios.outcome import Evidence, Report, Stop
from sumo_scenarios.run_times import times_of
from sumo_scenarios.supervise import Job, Progress, supervise
from sumo_scenarios.switching import read_additional
from sumo_scenarios.written import tags

Facts = dict[str, Any]


def watch_run(order: FeedOrder, out: Path, report: Callable[[Progress], None]) -> Facts:
    """Run a scenario once and write what was reported of it, and the truth, into a new folder; return `feed.json`.

    Raises: InvalidInputError for what cannot be run or a folder that exists, BackendError if SUMO fails or the run was
    interrupted; nothing is left behind then.
    """
    with new_folder(out) as folder, tempfile.TemporaryDirectory(prefix="signal-ctrl-feed-") as scratch:
        work = partial(_record, order, folder, Path(scratch))
        (ending,) = supervise([Job(work, Path(scratch) / "log")], lambda _, progress: report(progress))
        if ending.error is not None:
            raise ending.error
        if ending.outcome is None or ending.interrupted:
            raise BackendError("interrupted; nothing is recorded")
        return ending.outcome


def _record(order: FeedOrder, folder: Path, scratch: Path, report: Report, stop: Stop) -> Facts:
    scenario = catalogue.resolve(order.settings.scenario)
    config = read_configuration(scenario.config)
    net = read_net(config.net)
    times_s = times_of(scenario, order.settings)
    if times_s[0] % PERIOD_S:
        raise InvalidInputError(f"the run begins at {times_s[0]:g} s; roads are watched from a whole minute on")
    network = network_of(net, read_additional(config.additional), times_s[0], order.equipment)
    happenings = settled(order.happenings, net)
    run, evidence = scratch / "run", scratch / "evidence"
    run.mkdir()
    evidence.mkdir()
    write_loop_detectors(scratch / "loops.add.xml", network, net, scratch / "loops.xml")
    write_breakdowns(scratch / "breakdowns.add.xml", happenings, net)
    further = (scratch / "loops.add.xml", scratch / "breakdowns.add.xml")
    closed = (*order.settings.closures, *closures(happenings, net))
    settings = replace(order.settings, closures=closed)
    outcome = run_closed_loop(settings, run, report, stop, Evidence(evidence, False, further))
    if outcome.interrupted:
        raise BackendError("interrupted; nothing is recorded")
    feed = _feed_of(order, config, net, network, (times_s[0], outcome.end_s), happenings, scratch)
    write_feed(folder, feed)
    return feed.facts


def _feed_of(
    order: FeedOrder,
    config: Configuration,
    net: Net,
    network: RoadNetwork,
    times_s: tuple[float, float],
    happenings: tuple[Happening, ...],
    scratch: Path,
) -> Feed:
    evidence = scratch / "evidence" / TRAJECTORIES
    tracks = read_tracks(evidence, network, net, config.step_s)
    passages = passages_of(tracks, network, times_s[1])
    kinds = _kinds(config, scratch / "run" / TRIPINFO)
    places = Places(read_roadmap(net.path), earth_of_net(net.path).degrees)
    seed = order.settings.seed * 1009 + order.settings.demand_seed
    stood = stood_s(evidence, happenings, config.step_s)
    return Feed(
        network,
        order.utc_ms(times_s[0]),
        read_loop_counts(scratch / "loops.xml", network, times_s[0], order.loop_speeds),
        positions_of(tracks, kinds, places, order.reporting, order.utc_ms, seed),
        reads_of(tracks, network, order.utc_ms, order.tagged_share, seed),
        truth_of(tracks, passages, network, times_s),
        _drives(order, passages),
        tuple(_incident(order, each, times) for each, times in zip(happenings, stood, strict=True) if times),
        _facts(order, times_s, len(tracks.vehicles)),
    )


def _drives(order: FeedOrder, passages: Passages) -> Drives:
    begin_ms = order.utc_ms(0.0)
    from_ms, to_ms = (begin_ms + np.round(each * 1000).astype(np.int64) for each in (passages.from_s, passages.to_s))
    return Drives(passages.vehicle, passages.road, from_ms, to_ms, passages.whole)


def _incident(order: FeedOrder, happening: Happening, times_s: tuple[float, float]) -> dict[str, Any]:
    return {
        "kind": happening.kind.value,
        "road": happening.road,
        "lane": happening.lane,
        "position_m": happening.position_m,
        "from_utc_ms": order.utc_ms(times_s[0]),
        "to_utc_ms": order.utc_ms(times_s[1]),
        "from_s": times_s[0],
        "to_s": times_s[1],
    }


def _facts(order: FeedOrder, times_s: tuple[float, float], vehicles: int) -> Facts:
    settings = order.settings
    return {
        "scenario": settings.scenario,
        "controller": settings.controller,
        "seed": settings.seed,
        "demand_seed": settings.demand_seed,
        "scale": settings.scale,
        "begin_s": times_s[0],
        "end_s": times_s[1],
        "vehicles": vehicles,
        "equipment": asdict(order.equipment),
        "reporting": asdict(order.reporting),
        "loop_speeds": order.loop_speeds,
        "tagged_share": order.tagged_share,
    }


def _kinds(config: Configuration, trips: Path) -> dict[str, str]:
    """Return SUMO's class of every vehicle, by name."""
    types: dict[str, Element] = read_fleet((*config.routes, *config.additional)).types()
    classes = {name: one.get("vClass", "passenger") for name, one in types.items()}
    return {
        found["id"]: classes.get(found.get("vType", "").partition("@")[0], "passenger")
        for tag, found in tags(trips)
        if tag == "tripinfo"
    }
