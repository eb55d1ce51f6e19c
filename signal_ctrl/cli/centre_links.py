"""The links of a centre, opened by a command while the centre does not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signal_ctrl.centre.link_admin import LinkAdmin
from signal_ctrl.cli.centre_parts import opened_centre


@contextmanager
def opened_links(data: Path, database: str) -> Iterator[LinkAdmin]:
    """Yield what may be done about links. Raises: InvalidInputError if the centre runs or the folder is none."""
    with opened_centre(data, database) as parts:
        yield parts.links
