"""Options that commands of the parking service have in common."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Service = Annotated[str, typer.Option(help="Address of the service, https://HOST:PORT (http on this machine).")]
CredentialFile = Annotated[Path, typer.Option("--credential", help="Credential to sign with, as first-office.json.")]
Authority = Annotated[Path | None, typer.Option(help="Certificate that signs the service's, if not a known one.")]
