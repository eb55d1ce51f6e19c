"""From any error to one line on standard error and an exit code: the only place that does so."""

import json
import os
import traceback
from collections.abc import Sequence
from typing import Final

import typer

from signal_ctrl.domain.errors import (
    AccessError,
    BackendError,
    ConflictError,
    IllegalStepError,
    InvalidInputError,
    RefusedError,
    SignalCtrlError,
)

CHECK_FAILED: Final = 1
BAD_INPUT: Final = 2
BROKEN: Final = 3
INTERRUPTED: Final = 130
UNREAD: Final = 141
"""Whoever read the output closed it: what a shell says of a command that SIGPIPE ends. It is no check that failed."""
TRACE_VARIABLE: Final = "SIGNAL_CTRL_TRACE"

EXIT_CODES: Final[tuple[tuple[type[SignalCtrlError], int], ...]] = (
    (InvalidInputError, BAD_INPUT),
    (RefusedError, CHECK_FAILED),
    (IllegalStepError, CHECK_FAILED),
    (ConflictError, CHECK_FAILED),
    (AccessError, CHECK_FAILED),
    (BackendError, BROKEN),
    (SignalCtrlError, BROKEN),
)
"""Most specific first."""


def exit_code_of(error: BaseException) -> int:
    """Return the exit code of an error."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return INTERRUPTED
    if isinstance(error, typer.TyperException):
        return BAD_INPUT
    return next((code for known, code in EXIT_CODES if isinstance(error, known)), BROKEN)


def line_of(error: BaseException) -> str:
    """Return the one line that says what went wrong and what to do."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "interrupted"
    if isinstance(error, typer.TyperException):
        return _usage_line(error)
    if isinstance(error, SignalCtrlError):
        return _one_line(str(error))
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return _one_line(f"{place}{error.strerror or error}; 'signal-ctrl doctor' says what this machine lacks")
    return _one_line(f"internal error: {type(error).__name__}: {error}; {TRACE_VARIABLE}=1 shows where")


def answer(error: BaseException, as_json: bool) -> int:
    """Tell the user of an error and return the exit code."""
    code, line = exit_code_of(error), line_of(error)
    say(line)
    if os.environ.get(TRACE_VARIABLE):
        typer.echo("".join(traceback.format_exception(error)), err=True)
    if as_json:
        typer.echo(json.dumps({"error": line, "exit_code": code}))
    return code


def say(line: str, following: Sequence[str] = ()) -> None:
    """Write a line to standard error under the name of the command, and others indented below it."""
    typer.echo(f"signal-ctrl: {line}", err=True)
    for more in following:
        typer.echo(f"  {more}", err=True)


def agree(question: str) -> bool:
    """Ask whether to go on: true for yes; no ends the command and says that nothing was done."""
    if not typer.confirm(question):
        say("nothing was done")
        raise typer.Exit(INTERRUPTED)
    return True


def _usage_line(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "signal-ctrl"
    text = _one_line(error.format_message()).rstrip(".")
    return f"{text[:1].lower()}{text[1:]}; see '{command} --help'"


def _one_line(text: str) -> str:
    return " ".join(text.split())
