"""Options that were written on the command line where they mean nothing: refused, for to ignore them would mislead."""

from collections.abc import Collection, Iterator

import typer

from signal_ctrl.domain.errors import InvalidInputError


def refuse_given(context: typer.Context, names: Collection[str], why: str) -> None:
    """Refuse those of some options, as `--name`, that were given. Args: why, what they are for.

    Raises: InvalidInputError that names the first one.
    """
    for name in given(context):
        if name in names:
            raise InvalidInputError(f"{name} {why}; leave it out")


def refuse_all_but(context: typer.Context, names: Collection[str], why: str) -> None:
    """Refuse every option that was given, some excepted. Args and raises: as `refuse_given`."""
    refuse_given(context, [name for name in given(context) if name not in names], why)


def given(context: typer.Context) -> Iterator[str]:
    """Yield the options that were written on the command line, by their first names, in the order of the help."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE" and parameter.opts[0].startswith("--"):
            yield parameter.opts[0]
