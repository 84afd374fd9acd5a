"""The calls of the JSON API: each is defined once, as a route and in the OpenAPI document.

What a definition says is checked before its view is called: token, body, every parameter. So a
call cannot take what the document does not tell of, nor be missing in it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, request
from werkzeug.wrappers import Response

from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.web import parameters
from webapp.web.api.schemas import ref
from webapp.web.guards import access
from webapp.web.guards.bodies import check_body
from webapp.web.guards.request_limits import Limit, group_of, limited
from webapp.web.parameter import Json, Parameter, Whole

V = TypeVar("V", bound=Callable[..., Response])

JSON = "application/json"
PROBLEM = "application/problem+json"

_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
_OF_BODIES = (
    400,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.LENGTH_REQUIRED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    415,
)
_OF_TOKENS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True)
class Answer:
    """What a call answers where all is well: `schema` is the name of one, or None for no body."""

    schema: str | None
    status: int = 200
    content_type: str = JSON

    def described(self) -> Json:
        """Describe it in OpenAPI."""
        told: Json = {"description": HTTPStatus(self.status).phrase}
        if self.schema is None:
            return told
        return told | {"content": {self.content_type: {"schema": ref(self.schema)}}}


@dataclass(frozen=True)
class Body:
    """What a call is sent, by types of content; all together as large as some `uploads`.

    `has_parameters`: a form may have the call's parameters as fields.
    """

    content: Mapping[str, Json]
    told: str = ""
    uploads: int = 1
    has_parameters: bool = False

    def check(self) -> None:
        """Refuse a body of another type, without a length, or too large."""
        request.max_content_length = self.uploads * hashbag().settings.max_upload_bytes
        check_body(*self.content)

    def described(self, parameters: Sequence[Parameter[Any] | Whole]) -> Json:
        """Describe it in OpenAPI."""
        told: Json = {"description": self.told} if self.told else {}
        fields: Json = {one.name: one.schema for one in parameters if self.has_parameters}
        content = {kind: {"schema": _with(fields, schema)} for kind, schema in self.content.items()}
        return {"required": True, **told, "content": content}


@dataclass(frozen=True)
class Operation:
    """One call; `problems` are what it may answer besides what its parts may be refused with."""

    name: str
    method: str
    rule: str
    summary: str
    answer: Answer
    parameters: Sequence[Parameter[Any] | Whole] = ()
    path_told: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[int] = ()
    body: Body | None = None
    scope: Scope | None = None
    group: Limit | None = None

    @property
    def path(self) -> str:
        """Its address as OpenAPI writes it."""
        return _VARIABLE.sub(lambda found: f"{{{_shown(found[2])}}}", self.rule)

    def answered(self, view: Callable[..., Response], named: Mapping[str, object]) -> Response:
        """Answer a request by a view, or refuse it where it is not as the document says."""
        if self.scope:
            access.check(self.scope)
        self._check()
        return view(**named)

    def _check(self) -> None:
        if self.body:
            self.body.check()
        has_fields = self.body is not None and self.body.has_parameters
        args = parameters.sent() if has_fields else request.args
        for one in self.parameters:
            one.read(args)

    def described(self, *, is_private: bool) -> Json:
        """Describe it in OpenAPI, as it is where everything asks for a token, or elsewhere."""
        scope = self.scope or (Scope.READ if is_private else None)
        told: Json = {
            "operationId": self.name,
            "summary": self.summary,
            "parameters": [*self._of_path(), *(one.described() for one in self.parameters)],
            "responses": {
                str(self.answer.status): self.answer.described(),
                **self._problems(scope),
            },
        }
        if self.body:
            told["requestBody"] = self.body.described(self.parameters)
        return told | ({"security": [{"token": [scope]}]} if scope else {})

    def _of_path(self) -> Iterator[Json]:
        for kind, name in _VARIABLE.findall(self.rule):
            schema = {"type": "integer" if kind == "int" else "string"}
            told = {"description": self.path_told[name]} if name in self.path_told else {}
            yield {"name": _shown(name), "in": "path", "required": True, **told, "schema": schema}

    def _problems(self, scope: Scope | None) -> Json:
        every = {int(status) for status in self.problems}
        every |= {400} if self.parameters else set()
        every |= set(map(int, _OF_BODIES)) if self.body else set()
        every |= set(map(int, _OF_TOKENS)) if scope else set()
        is_limited = scope or self.group or group_of(None, self.method)
        every |= {int(HTTPStatus.TOO_MANY_REQUESTS)} if is_limited else set()
        described: Json = {
            "description": "A problem; its `detail` says what to do.",
            "content": {PROBLEM: {"schema": ref("Problem")}},
        }
        return {str(status): described for status in sorted(every)}


OPERATIONS: list[Operation] = []
"""All calls, in the order in which they are defined."""


def operation(
    bp: Blueprint, method: str, rule: str, summary: str, answer: Answer, **more: Any
) -> Callable[[V], V]:
    """Make a view the call of a method and path; `more` are further fields of `Operation`.

    The call's name is the view's, unless `name` is given.
    """

    def define(view: V) -> V:
        name = more.pop("name", view.__name__)
        call = Operation(name, method, f"{bp.url_prefix or ''}{rule}", summary, answer, **more)

        @wraps(view)
        def checked(**named: object) -> Response:
            return call.answered(view, named)

        OPERATIONS.append(call)
        if call.group:
            limited(call.group)(checked)
        bp.add_url_rule(rule, view.__name__, checked, methods=[method])
        return view

    return define


def _shown(name: str) -> str:
    return name.removeprefix("item_")


def _with(fields: Json, schema: Json) -> Json:
    """Add fields to the schema of a form."""
    properties = schema["properties"]
    assert isinstance(properties, dict), "a form has fields"
    return schema | {"properties": properties | fields}
