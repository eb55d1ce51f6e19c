"""`signal-ctrl serve`: the centre, its routes and its page."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.backup_command import KeyFile, secret_of
from signal_ctrl.cli.output import put_json

if TYPE_CHECKING:
    from signal_ctrl.web.settings import Networks


def serve(
    data: Annotated[Path, typer.Option("--data", help="Data folder of the centre; it is made at the first start.")],
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any that is free.")] = 8080,
    database: Annotated[
        str, typer.Option(help="postgresql://USER@HOST/NAME; default: SQLite in the data folder.")
    ] = "",
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate, with those that signed it; then HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate.")] = None,
    production: Annotated[
        bool, typer.Option("--production/--development", help="Development: description and page of the routes.")
    ] = True,
    origin: Annotated[
        list[str] | None, typer.Option(help="Where pages may write from besides the centre itself. May be repeated.")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Address of a proxy whose word about its clients is taken.")
    ] = None,
    watcher: Annotated[
        list[str] | None, typer.Option(help="Network that may read /metrics; default: this machine.")
    ] = None,
    anchor_copy: Annotated[
        list[Path] | None, typer.Option(help="Folder on another machine that gets the audit's anchors too.")
    ] = None,
    backups: Annotated[
        Path | None, typer.Option(help="Folder that gets an encrypted backup every hour; old ones are taken out.")
    ] = None,
    key_file: KeyFile = None,
    lease: Annotated[
        str,
        typer.Option(help="Name of this one of two centres on one PostgreSQL: it waits until it is the active one."),
    ] = "",
    connections_per_address: Annotated[
        int, typer.Option(min=1, help="Connections of one address that has not said who it is.")
    ] = 20,
    open_feeds: Annotated[
        bool, typer.Option("--open-feeds", help="Publish the state of the links without a login: GeoJSON, DATEX II.")
    ] = False,
    publisher: Annotated[
        str, typer.Option(help="COUNTRY/NAME of who publishes, as DATEX II has it.")
    ] = "other/signal-ctrl",
    parking: Annotated[
        str, typer.Option(help="Address of a parking service to look at, with a time limit; it never holds anybody up.")
    ] = "",
    parking_credential: Annotated[
        Path | None, typer.Option(help="Credential of kind 'centre' that the parking service made.")
    ] = None,
    parking_authority: Annotated[
        Path | None, typer.Option(help="Certificate that signs the parking service's, if not a known one.")
    ] = None,
    past_days: Annotated[
        int, typer.Option(min=0, max=30, help="Days for which what was shown is kept to be replayed; 0: none of it.")
    ] = 30,
    reports: Annotated[
        Path | None, typer.Option(help="Folder with reports of the bench (report.html): the page lists and opens them.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder with the last picture of each junction that has one, JUNCTION.jpg.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Without HTTPS on other addresses than this machine's own: for tests.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print each line as a JSON document.")] = False,
) -> int:
    """Serve the centre until Ctrl-C or SIGTERM.

    The first start makes the account 'admin' and shows a one-time secret that sets its password: on the terminal, or in
    the file first-admin of the data folder where there is none. Logs go to standard error, one JSON document a line.

    Exit code 0: stopped; 2: bad input, or another process has the data folder; 3: the store failed, or the port is
    taken.
    """
    import sys

    from signal_ctrl.cli.parking_link import parking_at
    from signal_ctrl.cli.serving import Serving
    from signal_ctrl.cli.serving import serve as run
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.web.connections import ConnectionBook
    from signal_ctrl.web.server import Place, check_place
    from signal_ctrl.web.settings import Settings

    check_reach(host, tls_cert is not None or bool(proxy) or insecure)
    watchers = networks_of(watcher or ())
    place = Place(
        host, port, tls_cert, tls_key, tuple(proxy or ()), ConnectionBook(most_of_address=connections_per_address)
    )
    settings = Settings(
        production,
        tls_cert is not None or bool(proxy),
        frozenset(origin or ()),
        watchers,
        open_feeds,
        publisher_of(publisher),
        past_days=past_days,
        reports=_folder(reports, "--reports"),
        pictures=_folder(pictures, "--pictures"),
    )

    def announce(line: str) -> None:
        put_json({"message": line}) if json_ else typer.echo(line)
        sys.stdout.flush()

    if lease and not database:
        raise InvalidInputError("--lease is for two centres on one PostgreSQL: give --database too")
    secret = b"" if backups is None else secret_of(key_file)
    if not lease:  # who waits for a lease may wait for the port too
        check_place(place)
    beside = parking_at(parking, parking_credential, parking_authority)
    copies = tuple(anchor_copy or ())
    return run(Serving(data, database, place, settings, copies, announce, backups, secret, lease, beside))


def check_reach(host: str, protected: bool) -> None:
    """Raises: InvalidInputError for an address that others reach, where nothing protects the connection."""
    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.web.settings import LOOPBACK, is_within

    if not (protected or host == "localhost" or is_within(host, LOOPBACK)):
        raise InvalidInputError(f"{host} is reached by others: give --tls-cert and --tls-key, or --proxy that has them")


def networks_of(texts: Sequence[str]) -> "Networks":
    """Return the networks that may read /metrics; none given: this machine. Raises: InvalidInputError."""
    import ipaddress

    from signal_ctrl.domain.errors import InvalidInputError
    from signal_ctrl.web.settings import LOOPBACK

    try:
        return tuple(ipaddress.ip_network(each) for each in texts) or LOOPBACK
    except ValueError as error:
        raise InvalidInputError(f"--watcher has to be a network such as 10.0.0.0/8: {error}") from error


def _folder(folder: Path | None, option: str) -> Path | None:
    from signal_ctrl.domain.errors import InvalidInputError

    if folder is not None and not folder.is_dir():
        raise InvalidInputError(f"{option} is no folder: {folder}")
    return folder


def publisher_of(text: str) -> tuple[str, str]:
    """Return country and name of who publishes. Raises: InvalidInputError."""
    from signal_ctrl.domain.errors import InvalidInputError

    country, _, name = text.partition("/")
    if not country.isalpha() or not name:
        raise InvalidInputError(f"--publisher is COUNTRY/NAME, as de/city-of-x; got '{text}'")
    return country.lower(), name
