"""
Where the sandbox may answer what a specification does not say, each with the reason. What is not here fails, and
so does an entry that nothing needs.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

import attrs

from models.specification import NEW, OLD


@attrs.frozen
class Finding:
    """
    Something that schemathesis has found.

    Attributes:
        operation: Method and path: `GET /api/links/{id}/`.

        kind: `status 405`; `schema 200 $.results[].id`; `content type 200`; `server error`; `accepted`: a bad request
            was answered as a good one; `unreached`: no call was answered by success.

        detail: What was said about it; for whoever reads the output.
    """

    version: str
    operation: str
    kind: str
    detail: str = attrs.field(eq=False, default="")

    def __str__(self) -> str:
        return f"{self.version}  {self.operation}  {self.kind}"


@attrs.frozen
class Deviation:
    """
    Findings that are known.

    Attributes:
        operation: As that of a finding, or a pattern of the shell.

        reason: Why the sandbox does so all the same.
    """

    version: str
    operation: str
    kind: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """
        Return whether *finding* is one of these.
        """
        return self.version == finding.version and all(
            (fnmatchcase(finding.operation, self.operation), finding.kind == self.kind)
        )


COLLECTION: Final = "GET *[!}]/"

DEVIATIONS: Final = (
    *(
        Deviation(version, COLLECTION, f"status {status}", reason)
        for version in (NEW, OLD)
        for status, reason in (
            (400, "a filter that cannot be read is refused, as Belvo's error guide says of all values"),
            (404, "there is no such page; some lists of 1.223.0 say so"),
        )
    ),
    Deviation(
        NEW, "PATCH /api/links/", "status 400", "the codes of a resume, `session_expired` among them, are 400"
    ),
    Deviation(
        NEW, "DELETE /api/mx/current-employments/{id}/", "status 404", "an id that is none, as of all others"
    ),
    *(
        Deviation(NEW, f"POST {path}", "status 428", "whatever logs in at a bank may be asked for a token")
        for path in ("/api/incomes/", "/api/br/investments/", "/api/br/investment-transactions/")
    ),
    *(
        Deviation(OLD, "POST /api/risk-insights/", f"schema {status} $", "the newer version has one object")
        for status in (200, 201)
    ),
)
