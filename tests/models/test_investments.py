"""
The one model with a field that Python has no name for.
"""

from __future__ import annotations

import attrs
import msgspec

from belvo_async.models import ClassificationDetails, ClassificationDetailsCategory


DETAILS = ClassificationDetails(
    category=ClassificationDetailsCategory.ACOES, class_="Ações Livre", subclass="Ações"
)


def test_the_class_of_a_fund_is_read() -> None:
    """
    Belvo's `class` is `class_` in Python.
    """
    answer = '{"category": "ACOES", "class": "Ações Livre", "subclass": "Ações"}'

    details = msgspec.json.decode(answer, type=ClassificationDetails)

    assert "Ações Livre" == details.class_
    assert DETAILS == details
    assert hash(DETAILS) == hash(details)


def test_the_class_counts() -> None:
    """
    Two details that differ in their class are two.
    """
    other = attrs.evolve(DETAILS, class_="Ações Setoriais")

    assert DETAILS != other
    assert 2 == len({DETAILS, other})
    assert DETAILS != ("ACOES", "Ações Livre", "Ações")


def test_the_class_is_shown() -> None:
    """
    What is shown can be typed in again.
    """
    assert "ClassificationDetails(category=None, class_='Ações Livre', subclass=None)" == repr(
        ClassificationDetails(class_="Ações Livre")
    )
