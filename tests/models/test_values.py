"""
Models as values: frozen, slotted, hashable, picklable; and the vocabularies that may grow.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from models.rows import ROWS

from belvo_async import models
from belvo_async.models import Account, AccountLoanData, AccountLoanDataFee, Link, LinkStatus
from belvo_async.models._fields import OpenEnum


PUBLIC: list[type[Any]] = [getattr(models, name) for name in models.__all__]
MODELS = [value for value in PUBLIC if attrs.has(value)]
ENUMS = [value for value in PUBLIC if issubclass(value, OpenEnum)]

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
every_enum = pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)


@pytest.fixture(name="link")
def _link() -> Link:
    return Link(id="1", institution="erebor_mx_retail", status=LinkStatus("on_holiday"))


@pytest.fixture(name="account")
def _account() -> Account:
    loan = AccountLoanData(
        fees=(AccountLoanDataFee(value=Decimal("5.60")), None), disbursement_dates=(date(2021, 9, 23), None)
    )
    return Account(id="1", collected_at=datetime(2022, 2, 9, 8, 45, 50, tzinfo=UTC), loan_data=loan)


def test_all_that_is_defined_is_exported() -> None:
    """
    `belvo_async.models` has each class of its modules, in alphabetical order.
    """
    modules = [
        importlib.import_module(f"{models.__name__}.{module.name}")
        for module in pkgutil.iter_modules(models.__path__)
        if not module.name.startswith("_")
    ]
    defined = {
        name
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }

    assert sorted(defined) == models.__all__


def test_every_model_has_a_name_of_its_own() -> None:
    """
    No class hides another one of the same name.
    """
    assert len(PUBLIC) == len({value.__name__ for value in PUBLIC})
    assert {row.model for row in ROWS} <= set(MODELS)


@every_model
def test_models_are_frozen(model: type[Any]) -> None:
    """
    Nothing can be assigned to a model.
    """
    value = model()

    for field in attrs.fields(model):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, None)


@every_model
def test_models_are_slotted(model: type[Any]) -> None:
    """
    A model has no dictionary: it takes no memory for one and no attribute that is not declared.
    """
    assert not hasattr(model(), "__dict__")


@every_model
def test_models_take_keywords_only(model: type[Any]) -> None:
    """
    A field that Belvo adds in the middle breaks nobody's code.
    """
    assert [field.name for field in attrs.fields(model) if not field.kw_only] == []


@every_model
def test_every_field_may_be_missing(model: type[Any]) -> None:
    """
    An answer may lack any key, and nothing runs between the decoder and the model.
    """
    assert {None} == {field.default for field in attrs.fields(model)}
    assert {(None, None)} == {(field.converter, field.validator) for field in attrs.fields(model)}


@every_model
def test_models_have_a_docstring(model: type[Any]) -> None:
    """
    A class says what it is, and its `Attributes` are fields of it, in their order.
    """
    docstring = inspect.getdoc(model) or ""
    names = [field.name for field in attrs.fields(model)]
    described = [line.split(":")[0].strip() for line in docstring.splitlines() if line.startswith("    ")]

    assert docstring
    assert [name for name in names if name in described] == [name for name in described if name in names]


def test_models_hash_by_value(account: Account) -> None:
    """
    Equal models are one key of a dictionary.
    """
    assert {account} == {account, copy.deepcopy(account), attrs.evolve(account)}


def test_models_pickle(account: Account, link: Link) -> None:
    """
    Models come out of a pickle as they went in, also with a value that this library does not know.
    """
    restored = pickle.loads(pickle.dumps((account, link)))  # noqa: S301 - our own pickle

    assert (account, link) == restored
    assert restored[1].status is not None
    assert not restored[1].status.is_known


@every_enum
def test_known_values_are_known(enum: type[OpenEnum]) -> None:
    """
    A member is the only one with its text, equals that text, and knows that it is a member.
    """
    for member in enum:
        assert member is enum(member.value)
        assert member == member.value
        assert member.is_known


@every_enum
def test_unknown_values_are_kept(enum: type[OpenEnum]) -> None:
    """
    An unknown text is a value of the enum, equal to the text and to itself, and adds no member.
    """
    members = list(enum)
    value = enum("never heard of")

    assert "never heard of" == value == enum("never heard of")
    assert "never heard of" == value.value == str(value) == value.name
    assert hash("never heard of") == hash(value)
    assert {"never heard of": 1}[value] == 1
    assert not value.is_known
    assert members == list(enum)
    assert value == copy.deepcopy(value) == pickle.loads(pickle.dumps(value))  # noqa: S301 - our own pickle


@pytest.mark.parametrize("value", [None, 7, True, b"valid"])
def test_only_text_is_a_value(value: Any) -> None:
    """
    What is no text is no value of a vocabulary.
    """
    with pytest.raises(ValueError, match="is not a valid LinkStatus"):
        LinkStatus(value)
