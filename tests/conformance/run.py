"""
Runs schemathesis against the sandbox with both of Belvo's specifications; ends with 1 if it finds something new.

Each operation is called as it should be, with nothing, by nobody, for a refusal, and then with what schemathesis
makes up, good and bad. Every answer is held against the specification. With `--all` it tells also what is known.
"""

from __future__ import annotations

import asyncio
import sys

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final

import attrs
import schemathesis

from conformance.deviations import DEVIATIONS, Finding
from conformance.seeds import GUARDED, LINKS, Api, Seeds
from conformance.specifications import prepared
from documents import FILES, FOLDER, absent
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from models.specification import Specification, read_specification
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi.checks import JsonSchemaError, UndefinedStatusCode

from belvo_async.sandbox import Sandbox
from belvo_async.sandbox.faults import Fault, FaultKind
from belvo_async.sandbox.institutions import INSTITUTIONS


SCHEMA: Final = "response_schema_conformance"
DOCUMENTED: Final = ("status_code_conformance", "content_type_conformance", SCHEMA)
CHECKED: Final = ("not_a_server_error", *DOCUMENTED)
CHECKED_IF_BAD: Final = (*CHECKED, "negative_data_rejection")
"""Names of schemathesis: of an answer that may be an error of the server's, of any other, of that to a bad body."""

NOBODYS: Final = "00000000-0000-4000-8000-000000000000"
JSON: Final = "application/json"
REFUSED: Final = 300
REFUSALS: Final = {"403": "access_to_resource_denied", "408": "request_timeout", "500": "unexpected_error"}
"""What the sandbox answers only when it is told to."""

TRIMMING: Final = {"fields", "omit"}
PLACES: Final = {"link", "date_from", "date_to", "reference_date", "year_from", "year_to"}
"""Members of a body that have to fit what is there."""

GOOD: Final = 8
BAD: Final = 6
"""How many requests are made up for each operation."""

KINDS: Final = {
    "ServerError": "server error",
    "AcceptedNegativeData": "accepted",
    "UndefinedContentType": "content type",
    "MissingContentType": "content type",
    "MalformedJson": "content type",
}

bounded: Final = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@attrs.frozen
class Inspector:
    """
    Makes calls and notes what is wrong with their answers.

    Attributes:
        amid: Switches a fault on while it is entered.

        answered: The statuses that each operation has answered.
    """

    version: str
    seeds: Seeds
    amid: Callable[[Fault], AbstractContextManager[None]]
    findings: dict[Finding, None] = attrs.field(factory=dict)
    answered: dict[str, set[int]] = attrs.field(factory=lambda: defaultdict(set))

    def inspect(self, case: Case, names: tuple[str, ...] = CHECKED, *, stranger: bool = False) -> None:
        """
        Make one call, and note what the checks *names* find in its answer.
        """
        api = self.seeds.api
        response = case.call(base_url=api.url, session=api.session, auth=None if stranger else api.keys)
        label = case.operation.label
        self.answered[label].add(response.status_code)
        if TRIMMING & case.query.keys():
            # What these leave out is required by the schema.
            names = tuple(name for name in names if name != SCHEMA)
        try:
            case.validate_response(response, checks=[CHECKS.get_one(name) for name in names])
        except FailureGroup as group:
            for failure in group.exceptions:
                self._note(label, response.status_code, failure)

    def _note(self, label: str, status: int, failure: Any) -> None:
        if isinstance(failure, JsonSchemaError):
            place = "".join("[]" if isinstance(step, int) else f".{step}" for step in failure.instance_path)
            kind = f"schema {status} ${place}"
        elif isinstance(failure, UndefinedStatusCode):
            kind = f"status {status}"
        else:
            kind = KINDS.get(type(failure).__name__, type(failure).__name__)
            kind = f"{kind} {status}" if kind == "content type" else kind
        self.findings.setdefault(Finding(self.version, label, kind, failure.message))

    # --- calls ---

    def walk(self, operation: Any) -> None:
        """
        Make the calls of *operation* that somebody would make on purpose.
        """
        for body in self._bodies(operation):
            self.inspect(self._case(operation, body))
        body = self._body(operation)
        self.inspect(self._case(operation, body), stranger=True)
        self.inspect(self._case(operation, body, id=NOBODYS))
        if operation.body:
            self.inspect(self._case(operation, {}))
        for status, code in REFUSALS.items():
            if status in operation.responses.status_codes:
                with self.amid(Fault(kind=FaultKind.ANSWER, code=code)):
                    self.inspect(self._case(operation, body), DOCUMENTED)

    def _bodies(self, operation: Any) -> Iterator[Any]:
        method, path = operation.method.upper(), operation.path
        if method == "PATCH" and "{id}" not in path:
            for wanted in ({}, {"save_data": False}):
                with self.amid(Fault(kind=FaultKind.CHALLENGE, operation=f"POST {path}", ask="text")):
                    answer = self.seeds.challenge(path)
                if answer is not None:
                    yield {**answer, **wanted}
            return
        body = self._body(operation)
        yield body
        if path in self.seeds.link_of and method == "POST":
            yield {**body, "save_data": False}
            # Every country and every kind of institution has rows of its own.
            yield from ({**body, "link": link} for _, link in self.seeds.links)
            yield {**body, "link": self.seeds.guarded}

    def _body(self, operation: Any) -> Any:
        made = self.seeds.body(operation.label, self.seeds.link_of.get(operation.path))
        return NOT_SET if made is None else made

    def _case(self, operation: Any, body: Any, id: str | None = None) -> Case:  # noqa: A002 - Belvo's name
        collection = operation.path.partition("{")[0]
        has_id = "{id}" in operation.path
        lists = operation.method.upper() == "GET" and not has_id
        case: Case = operation.Case(
            path_parameters={"id": id or self.seeds.id_of.get(collection, NOBODYS)} if has_id else {},
            query={**self.seeds.query_of.get(collection, {}), "page_size": "100"} if lists else {},
            body=body,
            media_type=JSON if operation.body else None,
        )
        return case

    def make_up(self, operation: Any) -> None:
        """
        Make calls of *operation* that nobody would think of.
        """
        self._make_up(operation, GenerationMode.POSITIVE, GOOD)
        # A list without a form has nothing that could be wrong.
        with suppress(Unsatisfiable):
            self._make_up(operation, GenerationMode.NEGATIVE, BAD)

    def _make_up(self, operation: Any, mode: GenerationMode, count: int) -> None:
        good = mode is GenerationMode.POSITIVE
        # How strictly Belvo reads filters is not known; bodies it does read.
        names = CHECKED if good or not operation.body else CHECKED_IF_BAD

        @seed(1)
        @settings(bounded, max_examples=count)
        @given(operation.as_strategy(generation_mode=mode), st.booleans())
        def one(case: Case, known: bool) -> None:
            self.inspect(self._placed(case, known=good and known), names)

        one()

    def _placed(self, case: Case, *, known: bool) -> Case:
        """
        Return *case*; if *known*, about a link and an id that exist.
        """
        collection = case.operation.path.partition("{")[0]
        if known and "id" in case.path_parameters and collection in self.seeds.id_of:
            case.path_parameters = {**case.path_parameters, "id": self.seeds.id_of[collection]}
        if known and isinstance(case.body, dict) and collection in self.seeds.link_of:
            found = {name: value for name, value in self._body(case.operation).items() if name in PLACES}
            case.body = {**case.body, **found}
        for name, value in self.seeds.query_of.get(collection, {}).items():
            if known and name in case.query:
                case.query = {**case.query, name: value}
        return case


def operations(specification: Specification) -> list[Any]:
    """
    Return what there is to call; what deletes comes last.
    """
    config = schemathesis.Config(seed=1)
    schema = schemathesis.openapi.from_dict(prepared(specification), config=config)
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(
        found,
        key=lambda operation: (operation.method.upper() == "DELETE", operation.path == f"{LINKS}{{id}}/"),
    )


def inspected(sandbox: Sandbox, version: str) -> list[Finding]:
    """
    Return what is found in the answers of *sandbox* to the calls of one specification.
    """
    specification = read_specification(version)
    seeds = Seeds(
        specification=specification,
        api=Api(sandbox.url, (sandbox.secret_id, sandbox.secret_password)),
        links=tuple(
            (name.split("_")[1], sandbox.add_link(name)["id"])
            for name, bank in INSTITUTIONS.items()
            if not bank.mfa
        ),
        spare=sandbox.add_link()["id"],
        guarded=sandbox.add_link(**GUARDED)["id"],
    )
    seeds.plant()

    @contextmanager
    def amid(fault: Fault) -> Iterator[None]:
        sandbox.faults.add(fault)
        yield
        sandbox.faults.remove(fault)

    inspector = Inspector(version, seeds, amid)
    for operation in operations(specification):
        inspector.walk(operation)
        inspector.make_up(operation)
    unreached = [label for label, statuses in inspector.answered.items() if min(statuses) >= REFUSED]
    return [*inspector.findings, *(Finding(version, label, "unreached") for label in unreached)]


async def found_in(version: str) -> list[Finding]:
    """
    Inspect a sandbox of its own.
    """
    async with Sandbox(strikes=10**9, one_session_per_link=False) as sandbox:
        findings = await asyncio.to_thread(inspected, sandbox, version)
        sys.stdout.write(f"{version}: {sandbox.summary()['requests']} requests\n")
        return findings


async def main() -> int:
    """
    Inspect with each specification and return the exit code.
    """
    if absent():
        sys.stdout.write(f"NOTHING WAS CHECKED: Belvo's specifications {absent()} are not in {FOLDER}\n")
        return 0
    load_all_checks()
    found = [finding for version in FILES for finding in await found_in(version)]
    new = [finding for finding in found if not any(known.covers(finding) for known in DEVIATIONS)]
    needless = [known for known in DEVIATIONS if not any(known.covers(finding) for finding in found)]
    for finding in found if "--all" in sys.argv else new:
        sys.stdout.write(f"{finding}\n    {' '.join(finding.detail.split())[:300]}\n")
    for known in needless:
        sys.stdout.write(f"no longer needed: {known}\n")
    sys.stdout.write(f"{len(new)} findings that are new, {len(found) - len(new)} that are known\n")
    return 1 if new or needless else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
