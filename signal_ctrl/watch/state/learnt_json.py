"""What drives have taught as a document: it outlives the service and, by the names of the roads, a new map."""

from typing import Any, Final

import numpy as np

from signal_ctrl.domain.documents import canonical, exactly, items_of, read_document, why
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.state.model import Learnt

FORMAT: Final = "signal-ctrl learnt 1"
_KEYS: Final = ("format", "squares", "products", "roads")


def learnt_to_json(learnt: Learnt, network: RoadNetwork) -> str:
    """Return the canonical document; roads that nobody has driven are left out."""
    rows = zip(network.roads, learnt.drives.tolist(), learnt.times.tolist(), strict=True)
    return canonical(
        {
            "format": FORMAT,
            "squares": learnt.squares.tolist(),
            "products": learnt.products.tolist(),
            "roads": {road.road: [drives, times] for road, drives, times in rows if drives > 0},
        }
    )


def learnt_from_json(text: str, network: RoadNetwork, like: Learnt) -> Learnt:
    """Return what a document says of a network: roads that it does not know begin anew, those that are gone go.

    Args: like, what was to be learnt from: the document has to have as many features.
    Raises: InvalidInputError if it is no such document, or is of another version of the model.
    """
    document = read_document(text, "learnt", FORMAT)
    try:
        exactly(document, _KEYS)
        squares = np.array(items_of(document["squares"]), dtype=np.float64)
        products = np.array(items_of(document["products"]), dtype=np.float64)
        drives, times = _by_road(document["roads"], network)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"not a learnt document: {why(error)}") from error
    if squares.shape != like.squares.shape or products.shape != like.products.shape:
        raise InvalidInputError(
            "not a learnt document of this model: it has other features; leave it out and learn anew"
        )
    if not (np.isfinite(squares).all() and np.isfinite(products).all()):
        raise InvalidInputError("not a learnt document: a number is not finite")
    if min(float(np.linalg.eigvalsh(each).min()) for each in squares) <= 0:
        raise InvalidInputError("not a learnt document: its squares are none")
    return Learnt(squares, products, drives, times)


def _by_road(rows: dict[str, Any], network: RoadNetwork) -> tuple[Any, Any]:
    drives, times = np.zeros(len(network.roads)), np.zeros(len(network.roads))
    for road, (own_drives, own_times) in rows.items():
        if not (0 <= float(own_drives) < np.inf and 0 <= float(own_times) < np.inf):
            raise ValueError(f"road {road} has impossible numbers")
        if road in network.index:
            drives[network.index[road]], times[network.index[road]] = float(own_drives), float(own_times)
    return drives, times
