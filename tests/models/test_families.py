"""
The names of all families, which are loaded when they are asked for.
"""

from __future__ import annotations

import ast
import subprocess
import sys

from importlib import import_module
from pathlib import Path

import pytest

from belvo_async import models


def announced() -> dict[str, tuple[str, ...]]:
    """
    Return what type checkers are told: the names that are imported from each family.
    """
    tree = ast.parse(Path(models.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        (node.module or "").removeprefix("belvo_async.models."): tuple(alias.name for alias in node.names)
        for node in imports
        if (node.module or "").startswith("belvo_async.models.")
    }


def test_type_checkers_and_programs_find_the_same() -> None:
    """
    Each name that a type checker sees is there at run time, and the other way round.
    """
    assert {family: sorted(names) for family, names in announced().items()} == {
        family: sorted(names) for family, names in models.FAMILIES.items()
    }
    assert (
        sorted(name for names in models.FAMILIES.values() for name in names) == models.__all__ == dir(models)
    )


def test_every_family_is_announced() -> None:
    """
    A file of models is a family, and each of its classes is exported.
    """
    files = {path.stem for path in Path(models.__file__).parent.glob("[a-z]*.py")}
    assert files == set(models.FAMILIES)
    for family, names in models.FAMILIES.items():
        module = import_module(f"belvo_async.models.{family}")
        own = {
            name
            for name, value in vars(module).items()
            if getattr(value, "__module__", "") == module.__name__
        }
        assert {name for name in own if not name.startswith("_") and name[0].isupper()} == set(names), family


def test_names_are_loaded_when_they_are_asked_for() -> None:
    """
    Using links does not load invoices; asking for an invoice does.
    """
    program = (
        "import sys; from belvo_async import models; models.Link;"
        "print('belvo_async.models.invoices' in sys.modules); models.Invoice;"
        "print('belvo_async.models.invoices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]


def test_what_is_no_model() -> None:
    """
    A wrong name is an error as in any module.
    """
    with pytest.raises(AttributeError, match="Lynk"):
        _ = models.Lynk  # type: ignore[attr-defined] # the mistake
