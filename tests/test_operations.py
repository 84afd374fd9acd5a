"""What the API's document tells and what the server answers come from one definition."""

import re
from collections import defaultdict

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.web.api.operations import OPERATIONS
from webapp.web.parameter import Whole


def test_every_route_is_in_the_document_with_just_its_methods_and_nothing_else_is(
    filled: Flask, client: FlaskClient
) -> None:
    routed = defaultdict[str, set[str]](set)
    for rule in filled.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(\w+:)?(item_)?(\w+)>", r"{\3}", rule.rule)
            routed[path] |= (rule.methods or set()) - {"HEAD", "OPTIONS"}
    told = {
        path: {method.upper() for method in methods}
        for path, methods in client.get("/api/v1/openapi.json").get_json()["paths"].items()
    }
    assert told == routed
    assert len(told) > 10


def test_calls_have_names_of_their_own() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(names) == len(set(names))


WHOLE = [
    pytest.param(one.path, parameter, id=f"{one.path} {parameter.name}")
    for one in OPERATIONS
    for parameter in one.parameters
    if isinstance(parameter, Whole) and one.method == "GET"
]


@pytest.mark.parametrize(("path", "parameter"), WHOLE)
def test_the_bounds_that_are_told_are_those_that_are_kept(
    client: FlaskClient, path: str, parameter: Whole
) -> None:
    address = path.replace("{id}", "3")
    q = client.get("/api/v1/items/3/similar?by=colour").get_json()["fingerprint"]
    for value in (parameter.least - 1, parameter.most + 1):
        answer = client.get(f"{address}?q={q}&{parameter.name}={value}")
        assert (answer.status_code, answer.get_json()["detail"]) == (
            400,
            f"{parameter.name}: must be from {parameter.least} to {parameter.most}, not {value}",
        )


def test_a_parameter_that_does_not_matter_is_checked_all_the_same(client: FlaskClient) -> None:
    for address in (
        "/api/v1/items?page=1&n=0",
        "/api/v1/items?n=3&cursor=x",
        "/api/v1/duplicates?of=1&fields=x",
        "/api/v1/items/by/brand/Vell?fields=x",
        "/api/v1/items/1/similar?by=whash&lean=red",
    ):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
