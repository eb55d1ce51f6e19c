"""What commands print on standard output: one JSON document for programs, text and tables for people."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]


def put_json(document: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False))


def put_table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int = 1) -> None:
    """Print rows in columns; columns from index `numbers_from` on are set flush right."""
    widths = [max(len(row[k]) for row in (header, *rows)) for k in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(width) if k < numbers_from else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        typer.echo("  ".join(cells).rstrip())


def number(value: float | None, digits: int = 1) -> str:
    """Return a figure as people read it, or a dash where there is none.

    >>> number(1234.56), number(None), number(2046, 0)
    ('1,234.6', '–', '2,046')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def counted(count: int, one: str, more: str) -> str:
    """Return a count with its word.

    >>> counted(1, "batch", "batches"), counted(2000, "batch", "batches")
    ('1 batch', '2,000 batches')
    """
    return f"{count:,} {one if count == 1 else more}"
