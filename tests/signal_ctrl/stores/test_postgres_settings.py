"""A server that does not keep what it says is refused at the start (SAFETY part D)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.storage.server import Cluster
from signal_ctrl.domain.errors import StorageFailedError
from signal_ctrl.stores import postgres
from signal_ctrl.stores.leases import PostgresArbiter
from signal_ctrl.stores.opening import open_postgres
from tests.patience import until


@pytest.fixture
def switched_off(pg_cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A setting that is off on the server itself while the test runs."""
    name = str(request.param)
    with psycopg.connect(pg_cluster.url("postgres"), autocommit=True) as server:

        def set_to(wanted: str) -> None:
            server.execute(f"ALTER SYSTEM SET {name} = {wanted}")
            server.execute("SELECT pg_reload_conf()")

            def is_set() -> bool:
                with psycopg.connect(pg_cluster.url("postgres")) as other:
                    row = other.execute("SELECT current_setting(%s)", (name,)).fetchone()
                return row is not None and row[0] == wanted

            until(is_set, f"{name} = {wanted}")

        set_to("off")
        yield name
        set_to("on")
        server.execute(f"ALTER SYSTEM RESET {name}")
        server.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize("switched_off", ["fsync", "full_page_writes"], indirect=True)
def test_a_server_that_may_lose_what_it_acknowledged_is_refused(
    switched_off: str, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    with pytest.raises(StorageFailedError, match=f"{switched_off} off and may lose .*: {switched_off} = on"):
        open_postgres(tmp_path / "data", new_database(), ballast_bytes=4096)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("data_checksums", "off", "pg_checksums --enable"), ("synchronous_commit", "local", "is local in this session")],
)
def test_what_cannot_be_switched_on_a_running_server_is_refused_too(
    name: str,
    value: str,
    words: str,
    tmp_path: Path,
    new_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = postgres._setting

    def said(connection: Any, asked: str) -> str:
        return value if asked == name else setting(connection, asked)

    monkeypatch.setattr(postgres, "_setting", said)
    with pytest.raises(StorageFailedError, match=words):
        open_postgres(tmp_path / "data", new_database(), ballast_bytes=4096)


def test_no_connection_waits_for_a_network_that_swallows_everything(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    address = new_database()
    store = open_postgres(tmp_path / "data", address, ballast_bytes=4096)

    def said(connection: Any) -> dict[str, str]:
        return dict(connection.connection.driver_connection.info.get_parameters())

    found = [store.write(lambda t: said(t.connection))]
    with PostgresArbiter(address)._engine.connect() as arbiter, store._database.readers.connect() as reader:
        found += [said(arbiter), said(reader)]
    store.close()
    for parameters in found:
        assert {name: int(parameters[name]) for name in postgres.ALIVE} == postgres.ALIVE


def test_the_writing_session_waits_for_the_disk(tmp_path: Path, new_database: Callable[[], str]) -> None:
    """Whatever the database says by itself: the session asks for it."""
    address = new_database()
    with psycopg.connect(address, autocommit=True) as server:
        name = server.info.dbname
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        try:
            store = open_postgres(tmp_path / "data", address, ballast_bytes=4096)
            found = store.write(lambda t: postgres._setting(t.connection, "synchronous_commit"))
            store.close()
        finally:
            server.execute(f'ALTER DATABASE "{name}" RESET synchronous_commit')
    assert found == "on"
