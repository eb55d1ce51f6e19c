"""Limits that a decoding process puts on itself before it looks at what it was given.

Damaged or hostile videos may take the decoder over. It then has no more than one processor for a few seconds, bounded
memory, no file to write, and, where it reads a file, no way to the network or to another program.
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW: Final = 0x7FFF0000
_FAIL: Final = 0x00050000
_OTHER_CALLS: Final = 0x40000000
_MACHINES: Final = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 425)),
}
"""Per machine its number in the audit, and its numbers of socket, connect, execve, execveat and io_uring_setup.

Source: linux/audit.h, linux/filter.h, linux/seccomp.h, asm/unistd_64.h, asm-generic/unistd.h.
"""


def confine(parent: int, memory_bytes: int, offline: bool) -> None:
    """Limit this process; it ends with its parent. Args: offline, no network and no other program either."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    for what, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_AS, memory_bytes)):
        _, hard = resource.getrlimit(what)
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (least, least))
    if offline:
        _stay_offline()


def allow_cpu(seconds_s: int) -> None:
    """Allow this much more processor time; who needs more is ended by the system. [s]"""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds_s
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _stay_offline() -> None:
    """Have the kernel refuse the calls that lead out; where it cannot, the decoder's own list of protocols remains."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return
    rules = _filter(*machine)
    code = ctypes.create_string_buffer(b"".join(rules), 8 * len(rules))
    programme = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.create_string_buffer(programme, len(programme)), 0, 0)


def _filter(audit: int, calls: tuple[int, ...]) -> list[bytes]:
    """Return a filter: calls of another architecture and those named fail, the rest goes on."""
    below = len(calls)
    return [
        _rule(_LOAD, 4),
        _rule(_IF_EQUAL, audit, 0, below + 3),
        _rule(_LOAD, 0),
        _rule(_IF_AT_LEAST, _OTHER_CALLS, below + 1, 0),
        *(_rule(_IF_EQUAL, call, below - at, 0) for at, call in enumerate(calls)),
        _rule(_RETURN, _ALLOW),
        _rule(_RETURN, _FAIL | errno.EPERM),
    ]


def _rule(code: int, value: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, when, otherwise, value)
