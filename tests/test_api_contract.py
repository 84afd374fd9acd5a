"""Any request that schemathesis makes of the API's own document is answered as that says."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.applications import core_of
from webapp import create_app
from webapp.web.api.openapi import document

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Case = schemathesis.Case[Any]
TOKEN = "of-the-owner"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
PLAIN = {"Accept-Encoding": "identity"}  # it does not unpack what it reads

# 411 and 412 refuse a request as well.
REFUSED = [400, 401, 403, 404, 405, 408, 411, 412, 413, 415, 422, 429, 503]

FEW = settings(
    max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
MANY = settings(FEW, max_examples=1000)


class Door:
    """Leads to the application of the running test; the calls are listed before there is one."""

    app: Flask

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        return self.app.wsgi_app(environ, start_response)


DOOR = Door()
CALLS = schemathesis.openapi.from_dict(
    document(),
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}}
    ),
)
CALLS.app = DOOR


@schemathesis.serializer("application/x-ndjson")
def _line(_: schemathesis.SerializationContext, value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture(scope="module", autouse=True)
def _application(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    instance = Path(shutil.copytree(eight, tmp_path_factory.mktemp("contract") / "instance"))
    DOOR.app = create_app({"instance": instance, "admin_token": TOKEN})
    yield
    core_of(DOOR.app).catalog.engine.dispose()


def check(case: Case, headers: Mapping[str, str]) -> None:
    """Make a request, and compare the answer with the document."""
    # A schema cannot say which brands, items and fingerprints there are, nor what a picture's bytes
    # are: much that it allows is refused, with 400, 415 or 422.
    excluded: list[Any] = [positive_data_acceptance]
    asked = (case.query or {}).values()
    # Blank means left out, as forms send it; an object is sent as its fields, by their names.
    if not all(map(_is_given, (*asked, *_fields(case).values()))) or _has_object(asked):
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers={**PLAIN, **headers}, excluded_checks=excluded)


def _fields(case: Case) -> Mapping[str, object]:
    return case.body if isinstance(case.body, dict) else {}


def _has_object(values: Iterable[object]) -> bool:
    return any(isinstance(value, dict) for value in values)


def _is_given(value: object) -> bool:
    if isinstance(value, list) and value:
        return all(map(_is_given, value))
    return not (value is None or value in ("", [], {}) or str(value).isspace())


@pytest.mark.thorough
@CALLS.parametrize()
@FEW
def test_every_call_with_a_token_is_as_the_document_says(case: Case) -> None:
    check(case, WITH_TOKEN)


@pytest.mark.thorough
@CALLS.parametrize()
@FEW
def test_every_call_without_a_token_is_as_the_document_says(case: Case) -> None:
    check(case, {})


@pytest.mark.soak
@CALLS.parametrize()
@MANY
def test_a_thousand_calls_with_a_token_are_as_the_document_says(case: Case) -> None:
    check(case, WITH_TOKEN)


@pytest.mark.soak
@CALLS.parametrize()
@MANY
def test_a_thousand_calls_without_a_token_are_as_the_document_says(case: Case) -> None:
    check(case, {})
