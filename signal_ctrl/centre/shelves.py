"""Shelves of the centre's store; what a shelf is, the parking service shares (`signal_ctrl.domain.shelves`)."""

from signal_ctrl.domain.shelves import Names, OpenShelf, Shelf, ShelfReading, ShelfSpec, ShelfWriting, Spec, V, Where

__all__ = ["Names", "OpenShelf", "Shelf", "ShelfReading", "ShelfSpec", "ShelfWriting", "Spec", "V", "Where"]
