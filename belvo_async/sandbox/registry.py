"""
The links that exist, with what the sandbox knows about each beyond what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.ids import halves
from belvo_async.sandbox.institutions import Institution
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.users import Persona, persona


@attrs.define(eq=False)
class Access:
    """
    A link: what is shown of it, and the credentials behind it.

    Attributes:
        public: What Belvo shows. Its `status` is the status.

        bits: The number in the upper half of its id.

        strikes: Failed logins since the last good one.

        outdated: Whether the user has changed the password at the institution.

        refreshed_at: When a refresh was last asked for, in monotonic seconds.
    """

    public: Json
    institution: Institution
    username: str
    password: str
    bits: int
    strikes: int = 0
    outdated: bool = False
    refreshed_at: float | None = None

    @property
    def id(self) -> str:
        """
        Id of the link.
        """
        id_: str = self.public["id"]
        return id_

    @property
    def persona(self) -> Persona:
        """
        How a login with its credentials goes.
        """
        return persona(self.username, self.password)

    def strike(self, limit: int) -> None:
        """
        Count a failed login; the *limit*-th makes the link invalid.
        """
        self.strikes += 1
        if self.strikes >= limit:
            self.public["status"] = "invalid"

    def confirm(self, now: str) -> None:
        """
        Note a good login.
        """
        self.strikes = 0
        self.public["status"] = "valid"
        self.public["last_accessed_at"] = now


class Registry:
    """
    All links, by their ids.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Access] = {}
        self._by_bits: dict[int, Access] = {}
        self._public: dict[str, Json] = {}

    def __getitem__(self, link: str) -> Access:
        return self._by_id[link]

    @property
    def public(self) -> Mapping[str, Json]:
        """
        What Belvo shows of each, by id, in the order of creation.
        """
        return MappingProxyType(self._public)

    def file(self, public: Json, institution: Institution, username: str, password: str) -> Access:
        """
        Add a link.
        """
        numbers = halves(public["id"])
        access = Access(public, institution, username, password, numbers[0] if numbers else 0)
        self._by_id[access.id] = access
        self._by_bits[access.bits] = access
        self._public[access.id] = public
        return access

    def remove(self, access: Access) -> None:
        """
        Remove a link.
        """
        del self._by_id[access.id], self._by_bits[access.bits], self._public[access.id]

    def named(self, link: str) -> Access:
        """
        Return the link that a body names.
        """
        access = self._by_id.get(link)
        if access is None:
            raise refusal("does_not_exist", "link")
        return access

    def at(self, link: str) -> Access:
        """
        Return the link that a path names.
        """
        access = self._by_id.get(link)
        if access is None:
            raise refusal("not_found")
        return access

    def by_bits(self, bits: int) -> Access | None:
        """
        Return the link whose id carries *bits*.
        """
        return self._by_bits.get(bits)

    def some(self, links: list[str] | None) -> list[Access]:
        """
        Return those of *links* that exist, or all.
        """
        if links is None:
            return list(self._by_id.values())
        return [self._by_id[link] for link in links if link in self._by_id]

    def user_is_known(self, institution_user_id: str) -> bool:
        """
        Tell whether a link of this user exists.
        """
        return any(link["institution_user_id"] == institution_user_id for link in self._public.values())
