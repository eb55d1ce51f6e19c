"""The audit chain of a data folder, checked from outside against every copy of its anchors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from signal_ctrl.centre.anchors import Anchor, anchor_of, key_name
from signal_ctrl.centre.audit_check import Finding, Verdict, check_chain
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.anchor_files import anchors_at_end, anchors_in
from signal_ctrl.stores.folder import ANCHORS, KEYS
from signal_ctrl.stores.key_files import AUDIT_PUBLIC, public_key
from signal_ctrl.stores.meta import AUDIT_BASE
from signal_ctrl.stores.offline import looking
from signal_ctrl.stores.repositories import SqlRepositories


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict, what could not be read as an anchor, and by whose key the anchors were judged."""

    verdict: Verdict
    complaints: tuple[str, ...]
    key: str

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.verdict.findings and not self.complaints


def verify(
    folder: Path, anchors: Sequence[Path] = (), key: Path | None = None, address: str = "", every_anchor: bool = True
) -> Verification:
    """Check the audit chain of a data folder: every record, against every anchor or against the last thousands of them.

    Args: anchors, folders with copies of the anchors; key, the public key, else that beside the first copy, else that
        of the data folder; address, of the database where it is not SQLite; every_anchor, whether files of anchors are
        read whole, which takes the longer the older they are, or at their end alone.
    Raises: InvalidInputError if the database, a folder or the key cannot be read; StorageError if the database is
        damaged.
    """
    for place in anchors:
        if not place.is_dir():
            raise InvalidInputError(f"there is no folder {place} with anchors")
    own = key or _key_of(folder, anchors)
    if key is None and not own.exists():
        raise InvalidInputError(f"{folder} holds no centre; name the folder that 'serve --data' has")
    public = public_key(own)
    found: list[Anchor] = []
    complaints: list[str] = []
    for place in (folder / ANCHORS, *anchors):
        theirs, wrong = anchors_in(place) if every_anchor else anchors_at_end(place)
        found += theirs
        complaints += wrong
    with looking(folder, address) as connection:
        stored = SqlRepositories(connection)
        base, wrong_base = _base(stored.meta.get(AUDIT_BASE))
        verdict = check_chain(stored.audit.walk(), tuple(dict.fromkeys(found)), public, base)
    verdict.findings[:0] = wrong_base
    return Verification(verdict, tuple(complaints), key_name(public))


def _key_of(folder: Path, anchors: Sequence[Path]) -> Path:
    places = [place / AUDIT_PUBLIC for place in anchors]
    return next((path for path in places if path.exists()), folder / KEYS / AUDIT_PUBLIC)


def _base(line: str | None) -> tuple[Anchor | None, list[Finding]]:
    if line is None:
        return None, []
    try:
        return anchor_of(line), []
    except InvalidInputError as error:
        return None, [Finding(0, f"the anchor of the records taken out in their time cannot be read: {error}")]
