"""One request of a command to the centre at which this terminal is logged in.

What speaks HTTP is imported with the first request: commands that ask nobody start without it.
"""

from typing import Any


def get_from_centre(path: str, **query: Any) -> Any:
    """Return what the centre answers to GET. Raises: NotLoggedInError; what the centre refuses with."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        return client.get(path, **query)


def post_to_centre(path: str, body: dict[str, Any] | None = None) -> Any:
    """Return what the centre answers to POST. Raises: as `get_from_centre`."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        return client.post(path, body)
