"""What is due is done, whatever becomes of what came before it."""

import pytest

from signal_ctrl.domain.doing import do_all
from signal_ctrl.domain.errors import BackendError, NotFoundError


def test_what_fails_keeps_nothing_else_and_the_first_failure_is_told() -> None:
    done: list[int] = []

    def fail(error: Exception) -> None:
        raise error

    with pytest.raises(NotFoundError, match="one"):
        do_all([lambda: done.append(1), lambda: fail(NotFoundError("one")), lambda: fail(BackendError("two")),
                lambda: done.append(2)])  # fmt: skip
    assert done == [1, 2]
    do_all([lambda: done.append(3)])
    do_all([])
    assert done == [1, 2, 3]
