"""`signal-ctrl parking serve`, `overview`, `send`: the parking service, what an operator sees, what sensors send."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.backup_command import KeyFile, secret_of
from signal_ctrl.cli.output import counted, number, put_json, put_table
from signal_ctrl.cli.parking_options import Authority, CredentialFile, Json, Service


def serve(
    data: Annotated[Path, typer.Option("--data", help="Data folder of the service; it is made at the first start.")],
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any that is free.")] = 8090,
    database: Annotated[
        str, typer.Option(help="postgresql://USER@HOST/NAME; default: SQLite in the data folder.")
    ] = "",
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate, with those that signed it; then HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate.")] = None,
    production: Annotated[
        bool, typer.Option("--production/--development", help="Development: description and page of the routes.")
    ] = True,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Address of a proxy whose word about its clients is taken.")
    ] = None,
    watcher: Annotated[
        list[str] | None, typer.Option(help="Network that may read /metrics; default: this machine.")
    ] = None,
    backups: Annotated[Path | None, typer.Option(help="Folder that gets an encrypted backup every hour.")] = None,
    key_file: KeyFile = None,
    per_address_s: Annotated[float, typer.Option(min=0.1, help="Requests a second that one address may make.")] = 5.0,
    connections_per_address: Annotated[int, typer.Option(min=1, help="Connections of one address.")] = 20,
    publisher: Annotated[
        str, typer.Option(help="COUNTRY/NAME of who publishes, as DATEX II has it.")
    ] = "other/signal-ctrl",
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Without HTTPS on other addresses than this machine's own: for tests.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print each line as a JSON document.")] = False,
) -> int:
    """Serve parking until Ctrl-C or SIGTERM: a process and a store of its own, which reach no lamp.

    The first start writes the office's credential to first-office.json in the data folder. Logs go to standard error.

    Exit code 0: stopped; 2: bad input, or another process has the data folder; 3: the store failed, or the port is
    taken.
    """
    import sys

    from signal_ctrl.centre.throttle import Rate
    from signal_ctrl.cli.parking_serving import ParkingServing, serve_parking
    from signal_ctrl.cli.serve_command import check_reach, networks_of, publisher_of
    from signal_ctrl.web.connections import ConnectionBook
    from signal_ctrl.web.parking.context import ParkingSettings
    from signal_ctrl.web.server import Place

    check_reach(host, tls_cert is not None or bool(proxy) or insecure)
    book = ConnectionBook(most_of_address=connections_per_address)
    place = Place(host, port, tls_cert, tls_key, tuple(proxy or ()), book)
    public = Rate(per_address_s, max(60, round(12 * per_address_s)))
    settings = ParkingSettings(production, networks_of(watcher or ()), public, publisher_of(publisher))

    def announce(line: str) -> None:
        put_json({"message": line}) if json_ else typer.echo(line)
        sys.stdout.flush()

    secret = b"" if backups is None else secret_of(key_file)
    return serve_parking(ParkingServing(data, database, place, settings, announce, backups, secret))


def overview(service: Service, credential: CredentialFile, authority: Authority = None, json_: Json = False) -> None:
    """Show occupancy, turnover, estimated revenue, overstays and the health of sensors."""
    from signal_ctrl.cli.parking_session import client_of

    with client_of(service, credential, authority) as client:
        found = client.ask("GET", "/v1/parking/overview")
    if json_:
        put_json(found)
        return
    rows = [
        (
            each["facility"],
            each["name"],
            each["trust"],
            number(each["free"], 0),
            number(each["capacity"], 0),
            number(each["turnover"], 2),
            number(None if each["revenue_cents"] is None else each["revenue_cents"] / 100, 2),
            each["why"][:60],
        )
        for each in found["facilities"]
    ]
    put_table(("facility", "name", "trust", "free", "of", "turnover", "revenue", "why"), rows, numbers_from=3)
    typer.echo(f"{found['guided']} drivers are guided; {found['overstays_count']} cars stand too long")


def send(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE|-", help="Readings, one JSON object a line; - is standard input, as it comes."),
    ],
    service: Service,
    credential: CredentialFile,
    authority: Authority = None,
    *,
    together: Annotated[int, typer.Option(min=1, max=5000, help="Readings in a batch.")] = 1000,
    zones: Annotated[
        bool, typer.Option("--zones", help="FILE is what 'count --zones' wrote; a zone is FACILITY/SPACE.")
    ] = False,
    begin_utc_ms: Annotated[
        int,
        typer.Option(min=0, help="With --zones: when the film began, since 1970 in UTC [ms]; 0: its times are UTC."),
    ] = 0,
    section: Annotated[
        list[str] | None,
        typer.Option(help="With --zones: FACILITY=SECTION that a camera counts as a whole. May be repeated."),
    ] = None,
    json_: Json = False,
) -> int:
    """Send readings of sensors, gates, cameras and surveys; batches are sent again until they are receipted.

    Exit code 0: all were taken; 1: some were left out.
    """
    from signal_ctrl.cli.parking_sending import is_streamed, items_of, send_readings

    items = items_of(file, zones, begin_utc_ms, section or ())
    sent = send_readings(items, service, credential, authority, together, is_streamed(file))
    if json_:
        put_json({"batches": sent.batches, "taken": sent.taken, "left_out": dict(sent.left_out)})
    else:
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(sent.left_out.items()))
        typer.echo(
            f"{sent.taken} taken in {counted(sent.batches, 'batch', 'batches')}{'; left out: ' + why if why else ''}"
        )
    return 1 if sent.left_out else 0
