"""Shelves of the centre's store; what a shelf is, the parking service shares (`signal_ctrl.domain.shelves`)."""

from signal_ctrl.domain.shelves import OpenShelf, Shelf, ShelfReading, ShelfSpec, ShelfWriting, Spec, V, Where

__all__ = ["OpenShelf", "Shelf", "ShelfReading", "ShelfSpec", "ShelfWriting", "Spec", "V", "Where"]
