"""Views whose answers are kept, and validators for all that a browser may ask for again."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from webapp.answers import Answer, State
from webapp.context import hashbag
from webapp.exceptions import IndexNotReady

P = ParamSpec("P")

_VALIDATED = frozenset({"text/html", "application/json"})


def kept(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Give the same answer again while generation and catalogue are the same.

    For views whose answer depends on nothing else but the address.
    """

    @wraps(view)
    def answering(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        core = hashbag()
        if request.method != "GET" or not core.answers.most_bytes:
            return view(*args, **kwargs)
        try:
            # The revision as it was before: what changes meanwhile makes the answer an old one.
            state = State(core.generations.current(), core.catalog.revision)
        except IndexNotReady:
            return view(*args, **kwargs)
        address = request.url  # with the host, which some links name
        if found := core.answers.find(state, address):
            return Response(found.body, content_type=found.content_type)
        response = make_response(view(*args, **kwargs))
        if response.status_code == 200:
            answer = Answer(response.get_data(), response.content_type)
            core.answers.keep(state, address, answer)
        return response

    return answering


def validate(response: Response) -> Response:
    """Name a page's content, so that asking again for the same costs no transfer."""
    if (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and response.mimetype in _VALIDATED
        and not response.direct_passthrough
        and "Cache-Control" not in response.headers
    ):
        response.cache_control.no_cache = True  # ask each time whether it is still the same
        response.add_etag(weak=True)  # it may be compressed yet
        response.make_conditional(request)
    return response
