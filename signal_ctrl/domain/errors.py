"""The tree of errors that the engine raises.

SignalCtrlError
├── InvalidInputError        what came in cannot be used; the message names the fix
│   ├── InvalidTimingError   a time or an interval is out of its bounds
│   ├── NotFoundError        what was named is not there, or not for whoever asks
│   └── TooLargeError        it is larger than is accepted
├── IllegalStepError         a lamp was asked for a step that the transition table does not hold
├── RefusedError             a wish was refused; `rule` names what refused it, `K<n>/<reason>`
├── ConflictError            what is stored already stands against it
├── AccessError              whoever asks may not
│   ├── NotLoggedInError     nobody knows who asks: no login, or one that has ended
│   │   └── ReplayedError    this very request was taken before
│   ├── ForbiddenError       the role, the district or the second factor does not reach
│   ├── LockedError          it is closed to everybody until somebody has looked into it
│   └── TooManyError         too often; `retry_after_s` says when to ask again
└── BackendError             something outside failed
    ├── BackendLostError     it is gone and will not answer again
    ├── BackendTimeoutError  it did not answer in time
    └── StorageError         the store did not take it; nothing was acknowledged
        ├── StorageFullError     no space is left; room has to be made
        ├── StorageFailedError   a write or a sync failed; the store is read-only until it is opened again
        ├── StorageLostError     the connection is gone; what was being written may be there or not
        ├── StorageBusyError     too many writes wait; to be tried again
        ├── StorageDamagedError  what is stored is not what was written
        ├── StandbyError         another centre is the active one; this one answers questions only
        └── FencedError          another centre has taken over; this one may not write any more
"""


class SignalCtrlError(Exception):
    """Base of every error of the engine."""


class InvalidInputError(SignalCtrlError):
    """What came in cannot be used; the message names the fix."""


class InvalidTimingError(InvalidInputError):
    """A time or an interval is out of its bounds."""


class NotFoundError(InvalidInputError):
    """What was named is not there, or not there for whoever asks."""


class TooLargeError(InvalidInputError):
    """What came in is larger than is accepted."""


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


class ConflictError(SignalCtrlError):
    """What is stored already stands against it: a key that is taken, or one that is not there."""


class AccessError(SignalCtrlError):
    """Whoever asks may not."""


class NotLoggedInError(AccessError):
    """Nobody knows who asks: no login, or one that has ended."""


class ReplayedError(NotLoggedInError):
    """This very request was taken before."""


class LockedError(AccessError):
    """What is asked for is closed until somebody has looked into it."""


class ForbiddenError(AccessError):
    """The role, the district or the second factor of whoever asks does not reach."""


class TooManyError(AccessError):
    """Whoever asks does so too often.

    Args: detail, one line for people; retry_after_s, when to ask again [s].
    """

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class BackendError(SignalCtrlError):
    """Something outside the engine failed."""


class BackendLostError(BackendError):
    """Something outside is gone and will not answer again."""


class BackendTimeoutError(BackendError):
    """Something outside did not answer in time."""


class StorageError(BackendError):
    """The store did not take it; nothing was acknowledged."""


class StorageFullError(StorageError):
    """No space is left on the disk of the store, or so little that only what is essential is written."""


class StorageFailedError(StorageError):
    """A write or a sync failed. It is not tried again: the store is read-only until the process starts anew."""


class StorageLostError(StorageError):
    """The connection to the database is gone. What was being written may be there or not; ask by its key."""


class StorageBusyError(StorageError):
    """More writes wait than may wait; try again."""


class StorageDamagedError(StorageError):
    """What is stored is not what was written. It is never repaired in place."""


class StandbyError(StorageError):
    """Another centre is the active one, or this one has not renewed its lease; it answers questions only."""


class FencedError(StorageError):
    """Another centre has taken over with a higher epoch; this one may not write any more."""
