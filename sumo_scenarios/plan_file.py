"""Plans in files of the user."""

from pathlib import Path

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import MAX_DOCUMENT_BYTES, Plan, plan_from_json, plan_to_json
from signal_ctrl.gateways.whole_file import read_whole, write_whole


def read_plan(path: Path) -> Plan:
    """Return the plan of a file.

    Raises: InvalidInputError if it cannot be read or holds no plan.
    """
    text = read_whole(path, "plan", MAX_DOCUMENT_BYTES)
    try:
        return plan_from_json(text)
    except InvalidInputError as error:
        raise InvalidInputError(f"{path}: {error}") from error


def write_plan(path: Path, plan: Plan) -> None:
    """Write the document of a plan, whole or not at all. Raises: InvalidInputError if that fails."""
    write_whole(path, plan_to_json(plan) + "\n")
