from pathlib import Path

import pytest

from signal_ctrl.domain.site import GroupKind
from signal_ctrl.kernel.diagram import aspect_diagram

PAGE = Path(__file__).parents[3] / "docs" / "kernel.md"


@pytest.mark.parametrize("kind", GroupKind)
def test_the_page_holds_the_diagram_of_the_table(kind: GroupKind) -> None:
    assert f"```mermaid\n{aspect_diagram(kind)}\n```" in PAGE.read_text(encoding="utf-8")


def test_the_diagram_names_steps_and_events() -> None:
    lines = aspect_diagram(GroupKind.VEHICLE).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert "    GREEN --> AMBER: END" in lines
    assert "    DARK --> FLASH_AMBER: FLASH, FAULT" in lines
    assert not any("WALK" in line for line in lines)
