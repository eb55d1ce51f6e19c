"""What drives have taught the estimator, kept so that it outlives the service."""

from dataclasses import dataclass
from typing import Final

import structlog

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Importance
from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.minutes.publisher import Estimator
from signal_ctrl.watch.state.estimator import StateEstimator
from signal_ctrl.watch.state.features import first_learnt, road_features
from signal_ctrl.watch.state.learnt_json import learnt_from_json, learnt_to_json

_KEY: Final = "learnt"
log: Final = structlog.get_logger("signal_ctrl.watch")


@dataclass(frozen=True, slots=True)
class StoredLearnt:
    """The document of what was learnt until a time. [ms]"""

    document: str
    until_utc_ms: int


LEARNT: Final = ShelfSpec(
    "learnt", StoredLearnt, key=lambda _: _KEY, at_utc_ms=lambda each: each.until_utc_ms, columns={}, large=True
)


class LearntDesk:
    """Makes estimators that know what was learnt before, and keeps what they learn."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def estimator_of(self, network: RoadNetwork) -> StateEstimator:
        """Return an estimator of a network; what was learnt by another version of the model is left, and told."""
        found = self._desk.store.read(lambda reading: reading.shelf(LEARNT).get(_KEY))
        if found is None:
            return StateEstimator(network)
        try:
            like = first_learnt(road_features(network))
            return StateEstimator(network, learnt_from_json(found.document, network, like))
        except InvalidInputError as error:
            log.warning("begins to learn anew", why=str(error))
            return StateEstimator(network)

    def keep(self, estimator: Estimator, network: RoadNetwork, until_utc_ms: int) -> None:
        """Keep what an estimator had learnt until a time. [ms]"""
        if isinstance(estimator, StateEstimator):
            stored = StoredLearnt(learnt_to_json(estimator.learnt, network), until_utc_ms)
            self._desk.store.write(lambda t: t.shelf(LEARNT).put(stored), Importance.RAW)
