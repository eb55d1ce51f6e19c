"""Plans in files of the user."""

from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, plan_from_json


def read_plan(path: Path) -> Plan:
    """Return the plan of a file.

    Raises: InvalidInputError if it cannot be read or holds no plan.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"cannot read the plan {path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        return plan_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error
