"""The JSON API keeps its description, and every bad request is a problem that names it."""

import io
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from werkzeug.test import TestResponse

from tests.conftest import core_of
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.hashing import fingerprint_text
from webapp.hashing.fingerprinting import query_fingerprint
from webapp.hashing.kinds import KINDS
from webapp.pictures.opening import open_picture


def valid(client: FlaskClient, answer: TestResponse, schema: str) -> Any:
    """Check an answer against the API's own description."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    document = client.get("/api/v1/openapi.json").get_json()
    whole = document | {"$ref": f"#/components/schemas/{schema}"}
    jsonschema.validate(answer.get_json(), whole)
    return answer.get_json()


def problem(answer: TestResponse, status: int) -> str:
    """Check a problem's shape and return its detail."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == status
    return str(body["detail"])


def upload(data: bytes, name: str = "x.jpg") -> dict[str, object]:
    return {"image": (io.BytesIO(data), name)}


def test_the_description_is_openapi_3_1(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_description_tells_every_field_of_a_form_with_a_picture(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    search, alone = (paths[path]["post"] for path in UPLOADS)
    assert alone["responses"].keys() == search["responses"].keys()
    fields, fields_alone = (
        call["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        for call in (search, alone)
    )
    picture = {"image", "crop", "cut_left", "cut_top", "cut_right", "cut_bottom"}
    assert fields_alone.keys() == picture
    assert fields.keys() == picture | {one["name"] for one in search["parameters"]}
    assert SEARCH_FIELDS.keys() <= fields.keys()


def test_a_sample_is_repeated_by_its_seed(client: FlaskClient) -> None:
    first = valid(client, client.get("/api/v1/items?seed=5&n=10"), "Items")
    again = valid(client, client.get("/api/v1/items?seed=5&n=10"), "Items")
    other = valid(client, client.get("/api/v1/items?seed=6&n=10"), "Items")
    assert first == again
    assert (first["seed"], first["total"], len(first["items"])) == (5, 60, 10)
    assert first["items"] != other["items"]
    assert len({item["id"] for item in first["items"]}) == 10


def test_without_a_seed_the_one_drawn_is_told(client: FlaskClient) -> None:
    drawn = valid(client, client.get("/api/v1/items?n=10"), "Items")
    again = client.get(f"/api/v1/items?n=10&seed={drawn['seed']}").get_json()
    assert again["items"] == drawn["items"]


def test_pages_together_are_the_whole_catalogue(client: FlaskClient) -> None:
    seen: list[int] = []
    for page in range(1, 6):
        answer = client.get(f"/api/v1/items?page={page}&per_page=13")
        seen += [item["id"] for item in valid(client, answer, "Items")["items"]]
    assert sorted(seen) == list(range(1, 61))


def test_an_item_tells_its_hashes_as_imagehash_writes_them(client: FlaskClient) -> None:
    import imagehash  # noqa: PLC0415

    item = valid(client, client.get("/api/v1/items/8?fields=hashes"), "Item")
    picture = bag(7)
    assert item["hashes"]["whash"] == str(imagehash.whash(picture))
    assert item["hashes"]["colorhash"] == str(imagehash.colorhash(picture))
    assert item["title"] == "Bag 7"
    assert item["price"] == 70
    assert item["extra"] == {"season": "Summer"}
    with client.get(item["image"]) as photo, client.get(item["thumb"]) as thumb:
        assert photo.data == encoded(picture, "PNG")
        assert thumb.mimetype == "image/webp"


def test_items_have_hashes_only_where_they_are_asked_for(client: FlaskClient) -> None:
    link = client.get("/api/v1/items/12/similar").get_json()["fingerprint"]
    paths = ["items/8?", "items?n=3", "items/8/similar?by=whash", f"search?q={link}&by=whash"]
    for path in paths:
        for fields, there in (("", False), ("&fields=hashes", True)):
            answer = client.get(f"/api/v1/{path}{fields}").get_json()
            items = answer.get("items") or [hit["item"] for hit in answer.get("hits", [])]
            for item in items or [answer]:
                assert ("hashes" in item) == there


@pytest.mark.parametrize("kind", KINDS)
def test_similar_items_leave_out_the_item_itself(client: FlaskClient, kind: str) -> None:
    found = valid(client, client.get(f"/api/v1/items/4/similar?by={kind}"), "Result")
    assert [hit["rank"] for hit in found["hits"]] == list(range(1, 10))
    assert 4 not in [hit["item"]["id"] for hit in found["hits"]]
    order = [(hit["distance"], hit["item"]["id"]) for hit in found["hits"]]
    assert order == sorted(order)
    assert (found["by"], found["k"], found["exact"]) == (kind, 9, True)
    for hit in found["hits"]:
        assert hit["similarity"] == pytest.approx(1 - hit["distance"] / found["bits"], abs=1e-4)
        assert hit["item"] == client.get(f"/api/v1/items/{hit['item']['id']}").get_json()


@pytest.mark.parametrize("wish", ["tint=red", "tint=red&by=colour", "colour_of=item:9"])
def test_where_a_colour_is_wished_for_nothing_has_a_level(client: FlaskClient, wish: str) -> None:
    found = valid(client, client.get(f"/api/v1/items/4/similar?{wish}"), "Result")
    assert {found["level"], *(hit["level"] for hit in found["hits"])} == {None}


def test_what_by_means_when_left_out_is_a_setting(filled: Flask) -> None:
    instance = core_of(filled).settings.instance
    other = create_app({"instance": instance, "default_kind": "dhash"}).test_client()
    assert other.get("/api/v1/items/1/similar").get_json()["by"] == "dhash"
    assert filled.test_client().get("/api/v1/items/1/similar").get_json()["by"] == "look"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format_", ["PNG", "TIFF", "WEBP"])
def test_a_lossless_upload_is_at_distance_zero(
    client: FlaskClient, kind: str, format_: str
) -> None:
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    data = upload(encoded(bag(30), format_, **options), "x.txt")
    found = valid(client, client.post(f"/api/v1/search?by={kind}&k=3", data=data), "Result")
    nearest = [hit["item"]["id"] for hit in found["hits"] if hit["distance"] == 0]
    assert 31 in nearest


def test_an_upload_and_its_link_answer_alike(client: FlaskClient) -> None:
    posted = client.post("/api/v1/search?by=phash", data=upload(encoded(bag(9), "PNG")))
    found = valid(client, posted, "Result")
    linked = client.get(f"/api/v1/search?q={found['fingerprint']}&by=phash")
    assert valid(client, linked, "Result") == found


def test_an_items_fingerprint_can_be_asked_itself(client: FlaskClient) -> None:
    link = client.get("/api/v1/items/12/similar").get_json()["fingerprint"]
    found = client.get(f"/api/v1/search?q={link}&by=dhash").get_json()
    assert found["hits"][0]["item"]["id"] == 12


def test_a_cropped_upload_is_hashed_as_the_crop(client: FlaskClient) -> None:
    framed = bag(9, (200, 200))
    data = upload(encoded(framed, "PNG")) | {"crop": "0.25,0.5,0.5,0.25"}
    found = client.post("/api/v1/search", data=data).get_json()
    crop = open_picture(encoded(framed, "PNG")).cropped(0.25, 0.5, 0.5, 0.25)
    assert crop.image.size == (100, 50)
    assert found["fingerprint"] == fingerprint_text.encode(query_fingerprint(crop.image))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "part", [{}, {"crop": "0.25,0.5,0.5,0.25"}, {"cut_left": "20", "cut_bottom": "12.5"}]
)
def test_a_fingerprint_alone_is_that_of_the_search(
    client: FlaskClient, part: dict[str, str]
) -> None:
    data = encoded(bag(9), "PNG")
    searched = client.post("/api/v1/search?k=1", data=upload(data) | part).get_json()
    alone = client.post("/api/v1/fingerprints", data=upload(data) | part)
    found = {name: searched[name] for name in ("fingerprint", "frame", "bag")}
    hint = {} if found["bag"] else {"level_hint": "unlike"}
    assert valid(client, alone, "Fingerprint") == found | hint
    in_the_address = client.post("/api/v1/fingerprints", query_string=part, data=upload(data))
    assert in_the_address.get_json() == alone.get_json()


def test_a_fingerprint_alone_needs_no_index_and_counts_as_no_search(empty: Flask) -> None:
    client = empty.test_client()
    before = client.get("/metrics").get_data(as_text=True).count("hashbag_searches_total{")
    answer = client.post("/api/v1/fingerprints", data=upload(encoded(bag(9), "PNG")))
    codes = fingerprint_text.decode(answer.get_json()["fingerprint"])
    assert codes.keys() == {*KINDS, "bag"}
    after = client.get("/metrics").get_data(as_text=True).count("hashbag_searches_total{")
    assert after == before


SEARCH_FIELDS = {
    "by": ["phash"],
    "k": ["3"],
    "lean": ["colour"],
    "harder": ["0"],
    "fold": ["1"],
    "brand": ["Ora", "Vell"],
    "max_price": ["400"],
}


@pytest.mark.thorough
@given(in_form=st.sets(st.sampled_from([*SEARCH_FIELDS])), blank=st.booleans())
@settings(max_examples=15)
def test_a_search_reads_its_parameters_from_the_form_as_from_the_address(
    filled: Flask, in_form: set[str], blank: bool
) -> None:
    def found(in_form: set[str]) -> Any:
        address = {name: value for name, value in SEARCH_FIELDS.items() if name not in in_form}
        # A form sends its empty fields too; they say nothing.
        form: dict[str, Any] = dict.fromkeys(SEARCH_FIELDS, "") if blank else {}
        form |= {name: SEARCH_FIELDS[name] for name in in_form}
        data = upload(encoded(bag(9), "PNG")) | form
        with filled.test_client() as client:
            answer = client.post("/api/v1/search", query_string=address, data=data)
        assert answer.status_code == 200
        return answer.get_json()

    wanted = found(set())
    assert (wanted["by"], wanted["k"], len(wanted["hits"])) == ("phash", 3, 3)
    assert found(in_form) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("by", "nope"),
        ("k", "0"),
        ("k", "many"),
        ("lean", "red"),
        ("harder", "9"),
        ("fold", "yes"),
        ("brand", "Nope"),
        ("min_price", "cheap"),
    ],
)
def test_nonsense_in_a_form_is_named_like_nonsense_in_an_address(
    client: FlaskClient, name: str, value: str
) -> None:
    sent = {name: value}
    of_form, of_address = (
        client.post("/api/v1/search", data=upload(encoded(bag(9), "PNG")) | form, query_string=args)
        for form, args in ((sent, {}), ({}, sent))
    )
    assert problem(of_form, 400) == problem(of_address, 400)
    assert problem(of_form, 400).startswith(f"{name}: ")


def test_filters_narrow_and_still_k_answer(client: FlaskClient) -> None:
    found = valid(client, client.get("/api/v1/items/1/similar?brand=Vell&max_price=400"), "Result")
    brands = {hit["item"]["brand"] for hit in found["hits"]}
    assert brands == {"Vell"}
    assert len(found["hits"]) == 9
    assert all(hit["item"]["price"] <= 400 for hit in found["hits"])


def test_the_kinds_are_listed_with_their_bits(client: FlaskClient) -> None:
    kinds = {kind["name"]: kind["bits"] for kind in client.get("/api/v1/kinds").get_json()}
    assert kinds["whash"] == 64
    assert kinds["colorhash"] == 42
    assert list(kinds) == ["look", *KINDS]


BAD = {
    "/items?n=-1": "n: must be from 1 to 500",
    "/items?n=many": "n: 'many' is not a whole number",
    "/items?n=1e3": "n: ",
    "/items?n=99999999999999999999999": "n: ",
    "/items?seed=-4": "seed: ",
    "/items?page=0": "page: ",
    "/items?per_page=1000": "per_page: ",
    "/items?brand=Nope": "brand: no item of this catalogue has the brand 'Nope'",
    "/items?colour=Nope": "colour: ",
    "/items/1?fields=hash": "fields: there is no 'hash'; try hashes",
    "/items?min_price=cheap": "min_price: 'cheap' is not a price",
    "/items?max_price=-1": "max_price: ",
    "/items?min_price=nan": "min_price: ",
    "/items?min_price=1_0": "min_price: '1_0' is not a price",
    "/items?max_price=٣": "max_price: ",
    "/items?min_price=9&max_price=3": "min_price: 9 is more than the max_price 3",
    "/items/1/similar?k=0": "k: must be from 1 to 100",
    "/items/1/similar?k=1000000": "k: ",
    "/items/1/similar?by=nope": "by: there is no hash kind 'nope'",
    "/items/1/similar?lean=2": "lean: must be from 0",
    "/items/1/similar?lean=0_1": "lean: ",
    "/items/1/similar?lean=red": "lean: ",
    "/items/1/similar?harder=9": "harder: must be from 0 to 1",
    "/search": "q: ",
    "/search?q=nonsense": "q: ",
    "/search?q=%00%ff": "q: ",
    "/search?q=" + "A" * 3000: "q: this is too long",
}


@pytest.mark.parametrize(("path", "detail"), BAD.items())
def test_a_bad_parameter_is_named(client: FlaskClient, path: str, detail: str) -> None:
    assert problem(client.get("/api/v1" + path), 400).startswith(detail)


def test_what_is_not_there_is_404(client: FlaskClient) -> None:
    assert "no item 4711" in problem(client.get("/api/v1/items/4711"), 404)
    assert "no item 4711" in problem(client.get("/api/v1/items/4711/similar"), 404)
    problem(client.get("/api/v1/nothing"), 404)
    problem(client.get("/api/v1/items/x"), 404)
    problem(client.get("/api/v1/items/99999999999999999999"), 404)
    problem(client.get("/api/v1/items/99999999999999999999/similar"), 404)


def test_a_wrong_method_is_405_with_those_allowed(client: FlaskClient) -> None:
    answer = client.put("/api/v1/items/1")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


BAD_UPLOADS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no body": ({}, 411, "say how long the body is"),
    "no field": ({"photo": (io.BytesIO(b""), "")}, 400, "image: "),
    "another field": ({"photo": (io.BytesIO(b"x"), "x.jpg")}, 400, "image: "),
    "no file chosen": ({"image": (io.BytesIO(b""), "")}, 400, "image: "),
    "empty": ({"image": (io.BytesIO(b""), "x.jpg")}, 415, "the file is empty"),
    "text": ({"image": (io.BytesIO(b"hello " * 99), "x.jpg")}, 415, "this is not a picture"),
    "crop text": (
        {"image": (io.BytesIO(encoded(bag(1), "PNG")), "x.png"), "crop": "left"},
        400,
        "crop: ",
    ),
    "crop outside": (
        {"image": (io.BytesIO(encoded(bag(1), "PNG")), "x.png"), "crop": "0.5,0,0.9,1"},
        400,
        "crop: ",
    ),
    "one colour": (
        {"image": (io.BytesIO(encoded(Image.new("RGB", (50, 50), "red"), "PNG")), "x.png")},
        422,
        "this picture is one plain colour",
    ),
    "cut short": (
        {"image": (io.BytesIO(encoded(bag(1), "PNG")[:300]), "x.png")},
        422,
        "the PNG picture is damaged",
    ),
}


UPLOADS = ("/api/v1/search", "/api/v1/fingerprints")


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("name", BAD_UPLOADS)
def test_a_bad_upload_is_told_what_is_wrong(client: FlaskClient, name: str, path: str) -> None:
    fields, status, detail = BAD_UPLOADS[name]
    fields = {
        field: (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
        for field, value in fields.items()
    }
    assert problem(client.post(path, data=fields), status).startswith(detail)


@pytest.mark.parametrize("path", UPLOADS)
def test_a_huge_picture_is_422_and_a_huge_file_413(filled: Flask, path: str) -> None:
    limits: dict[str, object] = {"max_pixels": 1000, "max_upload_mb": 0.05}
    client = create_app({"instance": core_of(filled).settings.instance} | limits).test_client()
    small = upload(encoded(bag(1), "PNG"))
    assert "the limit is 0.001 million" in problem(client.post(path, data=small), 422)
    heavy = upload(bytes(60_000))
    assert "0.05 MB" in problem(client.post(path, data=heavy), 413)


def test_before_an_index_there_is_503_that_says_what_to_run(empty: Flask) -> None:
    client = empty.test_client()
    answer = client.post("/api/v1/search", data=upload(encoded(bag(1), "PNG")))
    assert "hashbag import" in problem(answer, 503)
    assert client.get("/api/v1/items").get_json()["total"] == 0
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_metrics_count_requests_by_route_and_searches_by_kind(client: FlaskClient) -> None:
    def counted(line: str) -> float:
        text = client.get("/metrics").get_data(as_text=True)
        values = [row.rsplit(" ", 1)[1] for row in text.splitlines() if row.startswith(line)]
        return float(values[0]) if values else 0.0

    searches = 'hashbag_searches_total{engine="annoy",exact="True",kind="phash_simple"}'
    requests = 'hashbag_requests_total{method="GET",route="/items/<int:item_id>",status="2xx"}'
    before = counted(searches), counted(requests)
    assert client.get("/items/3?by=phash_simple&k=7").status_code == 200
    assert (counted(searches), counted(requests)) == (before[0] + 1, before[1] + 1)
    assert counted("hashbag_items") == 60
