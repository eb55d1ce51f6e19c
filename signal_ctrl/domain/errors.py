"""The tree of errors that the engine raises.

SignalCtrlError
├── InvalidInputError        what came in cannot be used; the message names the fix
│   └── InvalidTimingError   a time or an interval is out of its bounds
├── IllegalStepError         a lamp was asked for a step that the transition table does not hold
├── RefusedError             a wish was refused; `rule` names what refused it, `K<n>/<reason>`
└── BackendError             something outside failed
    ├── BackendLostError     it is gone and will not answer again
    └── BackendTimeoutError  it did not answer in time
"""


class SignalCtrlError(Exception):
    """Base of every error of the engine."""


class InvalidInputError(SignalCtrlError):
    """What came in cannot be used; the message names the fix."""


class InvalidTimingError(InvalidInputError):
    """A time or an interval is out of its bounds."""


class IllegalStepError(SignalCtrlError):
    """A lamp was asked for a step that the transition table does not hold."""


class RefusedError(SignalCtrlError):
    """A wish was refused and nothing changed.

    Args: rule, what refused it, `K<n>/<reason>`; detail, one line for people.
    """

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


class BackendError(SignalCtrlError):
    """Something outside the engine failed."""


class BackendLostError(BackendError):
    """Something outside is gone and will not answer again."""


class BackendTimeoutError(BackendError):
    """Something outside did not answer in time."""
