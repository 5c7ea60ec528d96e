"""
Calls of belvo-python 0.39.1, unchanged, against a sandbox: `python belvo_python_calls.py URL`.

Prints what it got as JSON; fails if that is not what Belvo would have answered.
"""

from __future__ import annotations

import json
import sys

from typing import Any

from belvo.client import Client  # type: ignore[import-not-found]  # in an environment of its own
from belvo.enums import AccessMode  # type: ignore[import-not-found]  # same
from belvo.exceptions import BelvoAPIException, RequestError  # type: ignore[import-not-found]  # same


PERIOD = {"date_from": "2025-01-01", "date_to": "2025-01-25"}


def logins(url: str) -> dict[str, Any]:
    """
    Log in with the right keys and with wrong ones.
    """
    try:
        Client("sandbox-id", "wrong", url)
    except BelvoAPIException as exc:
        refused = str(exc)
    else:
        refused = ""
    assert refused
    return {"refused": refused}


def links(client: Any) -> dict[str, Any]:
    """
    Everything that can be done with a link, with a challenge and without.
    """
    plain = client.Links.create(
        "erebor_mx_retail", "bnk100", "full", external_id="customer-1", access_mode=AccessMode.SINGLE
    )
    assert plain["status"] == "valid"
    assert plain["access_mode"] == "single"
    assert client.Links.get(plain["id"]) == plain
    assert client.Links.patch(plain["id"], access_mode=AccessMode.RECURRENT)["access_mode"] == "recurrent"

    [challenge] = client.Links.create("heimdall_mx_retail", "mfa_default", "pass_valid")
    assert challenge["code"] == "token_required"
    [again] = client.Links.resume(challenge["session"], "999999", link=challenge["link"])
    assert again["session"] != challenge["session"]
    link = client.Links.resume(again["session"], "111111", link=again["link"], raise_exception=True)
    assert link["status"] == "valid"

    [challenge] = client.Links.update(link["id"], password="new")
    updated = client.Links.resume(challenge["session"], "111111", link=challenge["link"])
    assert updated["id"] == link["id"]

    for _ in range(12):
        client.Links.create("gringotts_co_retail", "bnk100", "full")
    listed = list(client.Links.list())
    assert len(listed) == 14
    assert [row["id"] for row in client.Links.list(external_id="customer-1")] == [plain["id"]]
    assert client.Links.delete(plain["id"]) is True
    assert client.Links.delete(plain["id"]) is False
    return {"link": link["id"], "listed": len(listed)}


def balances(client: Any, link: str) -> dict[str, Any]:
    """
    Retrieve, answer, list, read and delete balances.
    """
    [challenge] = client.Balances.create(link, **PERIOD)
    assert challenge["link"] == link
    rows = client.Balances.resume(challenge["session"], "111111", link=link)
    assert len(rows) == 25
    listed = list(client.Balances.list(link=link, value_date__gte="2025-01-06"))
    assert listed == rows[5:]
    assert client.Balances.get(rows[0]["id"]) == rows[0]
    assert client.Balances.delete(rows[0]["id"]) is True

    today = client.Balances.create(link, "2025-01-01", token="111111", save_data=False)
    assert len(today) > 0
    return {"rows": len(rows), "listed": len(listed)}


def others(client: Any, link: str) -> dict[str, Any]:
    """
    Some more resources, and the institutions.
    """
    found = {
        "accounts": len(client.Accounts.create(link, token="111111")),
        "owners": len(client.Owners.create(link, token="111111")),
        "transactions": len(
            client.Transactions.create(link, PERIOD["date_from"], date_to=PERIOD["date_to"], token="111111")
        ),
        "institutions": len(list(client.Institutions.list())),
    }
    assert found == {"accounts": 2, "owners": 1, "transactions": 25, "institutions": 20}
    return found


def errors(client: Any) -> dict[str, Any]:
    """
    Errors are raised with what Belvo says.
    """
    try:
        client.Links.create("erebor_mx_retail", "user_invalid", "pass_invalid", raise_exception=True)
    except RequestError as exc:
        raised = {"status": exc.status_code, "code": exc.detail[0]["code"]}
    else:
        raised = {}
    assert raised == {"status": 400, "code": "login_error"}
    return raised


def main(url: str) -> None:
    """
    Make all calls and print what came back.
    """
    results = logins(url)
    client = Client("sandbox-id", "sandbox-password", url)
    results["links"] = links(client)
    results["balances"] = balances(client, results["links"]["link"])
    results["others"] = others(client, results["links"]["link"])
    results["errors"] = errors(client)
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
