"""
Requests that Belvo has accepted, to do them later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from belvo_async.codec import is_receipt, receipt_of
from belvo_async.errors import DecodeError
from belvo_async.ids import same_id
from belvo_async.messages import Answer


R = TypeVar("R")


@attrs.frozen(kw_only=True)
class AcceptedRequest(Generic[R]):
    """
    What came of asking Belvo to do something later. It is not done yet, unless `result` is there.

    Attributes:
        request_id: Comes again in the webhook that tells of the end, there perhaps written with dashes. `None`
            if Belvo did the work at once.

        result: What Belvo brought, where it did not wait: after a challenge, and where it knows no other way.
    """

    # https://developers.belvo.com/docs/asynchronous-requests

    request_id: str | None = None
    result: R | None = None

    def is_answered_by(self, request_id: str | None) -> bool:
        """
        Whether a webhook with this *request_id* is about it; dashes and capitals make no difference.
        """
        return same_id(self.request_id, request_id)

    @property
    def is_done(self) -> bool:
        """
        Whether nothing remains to be waited for.
        """
        return self.request_id is None


def accepted(decode: Callable[[Answer], R]) -> Callable[[Answer], AcceptedRequest[R]]:
    """
    Return the function that reads an accepted request, or with *decode* what came instead.
    """

    def read(answer: Answer) -> AcceptedRequest[R]:
        # Not for every request that can be done later does Belvo document a 202.
        if answer.accepted or is_receipt(answer):
            return AcceptedRequest(request_id=request_id_of(answer))
        return AcceptedRequest(result=decode(answer))

    return read


def request_id_of(answer: Answer) -> str:
    """
    Return the id under which Belvo has accepted a request.

    Raises:
        DecodeError: There is none, so no webhook can be told to belong to it.
    """
    id_ = receipt_of(answer)
    if id_ is not None:
        return id_
    raise DecodeError(
        expected="the accepted request",
        problems=("expected text @ $.request_id",),
        status=answer.status,
        request_id=answer.request_id,
    )
