"""
What `nox -s build` has put into `dist/` is what a user should get.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile

from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest


ROOT: Final = Path(__file__).parents[2]
DIST: Final = ROOT / "dist"


@pytest.fixture(name="wheel")
def _wheel() -> Path:
    (path,) = DIST.glob("*.whl")
    return path


@pytest.fixture(name="source")
def _source() -> Path:
    (path,) = DIST.glob("*.tar.gz")
    return path


def metadata(wheel: Path) -> Message:
    """
    Return what the wheel says of itself.
    """
    with ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(packed.read(name).decode())


def repository() -> set[str]:
    """
    Return the files of the repository, those that are not committed yet included.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_has_the_package_alone(wheel: Path) -> None:
    """
    The wheel has the files of the package, the mark of a typed one among them, its metadata, and no others.
    """
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
    info = {name for name in names if re.match(r"belvo_async-[^/]+\.dist-info/", name)}

    ours = {name for name in repository() if name.startswith("belvo_async/")}
    assert ours | {"pytest_belvo_async.py"} == names - info
    assert "belvo_async/py.typed" in names
    assert {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"} == {
        name.partition("/")[2] for name in info
    }


def test_the_source_distribution_has_the_repository(source: Path) -> None:
    """
    The source distribution has what the repository has, its metadata, and no others.
    """
    with tarfile.open(source) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}

    assert repository() | {"PKG-INFO"} == names


def test_the_version_is_that_of_the_code(wheel: Path, source: Path) -> None:
    """
    Names and metadata have the version of `belvo_async/version.py`.
    """
    text = (ROOT / "belvo_async" / "version.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)

    assert version == metadata(wheel)["Version"]
    assert f"belvo_async-{version}-py3-none-any.whl" == wheel.name
    assert f"belvo_async-{version}.tar.gz" == source.name


def test_the_metadata_say_what_it_is(wheel: Path) -> None:
    """
    Licence, Pythons and the text of the page are told.
    """
    told = metadata(wheel)

    assert "MIT" == told["License-Expression"]
    assert ["LICENSE"] == told.get_all("License-File")
    assert ">=3.11" == told["Requires-Python"]
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip() == str(told.get_payload()).strip()


def test_building_again_gives_the_same(wheel: Path, source: Path, tmp_path: Path) -> None:
    """
    Whoever builds from the source distribution, at any time and place, gets the same two files, bit by bit.
    """
    with tarfile.open(source) as packed:
        packed.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    for path in folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    built = tmp_path / "built"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(built)],
        cwd=folder,
        env={**os.environ, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
        umask=0o077,
        check=True,
    )

    assert wheel.read_bytes() == (built / wheel.name).read_bytes()
    assert source.read_bytes() == (built / source.name).read_bytes()
    shutil.rmtree(built)
