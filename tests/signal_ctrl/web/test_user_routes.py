"""Accounts over HTTP: made, changed, reset; never by oneself, never without an administrator left."""

from bench.centre_app import World, bearer
from bench.local_client import LocalClient
from signal_ctrl.centre.identity import Role


def test_an_account_is_made_and_listed(client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN, "root"))
    made = client.post("/v1/users", json={"login": "bob", "role": "operator", "district": "north"}, headers=admin)
    assert made.status_code == 201 and len(made.json()["invitation"]) == 43
    listed = client.get("/v1/users", headers=admin).json()["users"]
    assert [(user["login"], user["role"], user["district"]) for user in listed] == [
        ("bob", "operator", "north"),
        ("root", "admin", None),
    ]
    assert "invitation" not in str(listed) and "argon2" not in str(listed)
    again = client.post("/v1/users", json={"login": "bob", "role": "viewer"}, headers=admin)
    assert again.status_code == 409
    assert "there is an account 'bob' already" in again.json()["detail"]


def test_a_changed_account_loses_its_sessions(client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN, "root"))
    bob = bearer(world.person(Role.ENGINEER, "bob"))
    changed = client.put("/v1/users/bob", json={"role": "viewer", "district": None}, headers=admin)
    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert client.get("/v1/me", headers=bob).status_code == 401


def test_a_disabled_account_is_out(client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN, "root"))
    bob = bearer(world.person(Role.ENGINEER, "bob"))
    body = {"role": "engineer", "disabled": True}
    assert client.put("/v1/users/bob", json=body, headers=admin).status_code == 200
    assert client.get("/v1/me", headers=bob).status_code == 401
    assert client.get("/v1/me", headers=bearer(world.session("bob"))).status_code == 401


def test_nobody_changes_or_resets_themselves(client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN, "root"))
    assert client.put("/v1/users/root", json={"role": "engineer"}, headers=admin).status_code == 403
    assert client.post("/v1/users/root/reset", headers=admin).status_code == 403


def test_the_last_administrator_stays(client: LocalClient, world: World) -> None:
    root = bearer(world.person(Role.ADMIN, "root"))
    world.person(Role.ADMIN, "ann")
    assert client.put("/v1/users/ann", json={"role": "admin", "disabled": True}, headers=root).status_code == 200
    world.identity.accounts.change("ann", Role.ADMIN, None, False, "console")
    ann = bearer(world.session("ann"))
    assert client.put("/v1/users/root", json={"role": "viewer"}, headers=ann).status_code == 200
    assert len([user for user in world.identity.accounts.all() if user.role is Role.ADMIN]) == 1


def test_what_names_no_account_or_role_is_refused(client: LocalClient, world: World) -> None:
    admin = bearer(world.person(Role.ADMIN, "root"))
    assert client.put("/v1/users/nobody", json={"role": "viewer"}, headers=admin).status_code == 404
    for body in (
        {"login": "bob", "role": "cabinet"},
        {"login": "bob", "role": "god"},
        {"login": "Bob", "role": "viewer"},
        {"login": "bob", "role": "viewer", "is_admin": True},
        {"login": "bob", "role": "viewer", "district": "'; drop table users; --"},
        {"login": 7, "role": "viewer"},
    ):
        assert client.post("/v1/users", json=body, headers=admin).status_code == 422, body
    assert len(world.identity.accounts.all()) == 1
