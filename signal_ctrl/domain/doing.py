"""Several things that are due at once, none of which may keep another from being done."""

from collections.abc import Callable, Iterable


def do_all(due: Iterable[Callable[[], None]]) -> None:
    """Do one thing after the other, whatever becomes of those before. Raises: what failed first, once all are done."""
    failed: Exception | None = None
    for each in due:
        try:
            each()
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed
