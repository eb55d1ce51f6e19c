"""Seeds of a campaign as its command line names them."""

from collections.abc import Sequence

from signal_ctrl.domain.errors import InvalidInputError


def seeds_of(text: str) -> Sequence[int]:
    """Return the seeds of `A-B` or `A`. Raises: InvalidInputError for another form.

    >>> list(seeds_of("1-3")), list(seeds_of("7"))
    ([1, 2, 3], [7])
    """
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
        raise InvalidInputError(f"--seeds wants A or A-B, got '{text}'")
    return range(int(first), int(last or first) + 1)
