"""Items are added, changed and removed over HTTP: by whoever may, and searched at once."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Never

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.applications import core_of, hashbag, kept_in
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.catalog.tokens import Scope
from webapp.catalog.write_lock import writing
from webapp.exceptions import IndexBeingFetched
from webapp.index.generation_store import GenerationStore

ADMIN = {"Authorization": "Bearer of-the-owner"}
NDJSON = "application/x-ndjson"
Headers = Mapping[str, str]


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    """Copy an instance with 8 drawn pictures."""
    return Path(shutil.copytree(eight, tmp_path / "instance"))


@pytest.fixture
def app(instance: Path) -> Iterator[Flask]:
    app = create_app({"instance": instance, "admin_token": "of-the-owner"})
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def photo(seed: int, name: str = "bag.png") -> tuple[io.BytesIO, str]:
    return io.BytesIO(encoded(bag(seed), "PNG")), name


def add(client: FlaskClient, seed: int, headers: Headers = ADMIN, **fields: str) -> Any:
    return client.post("/api/v1/items", headers=headers, data={"image": photo(seed), **fields})


def listed(client: FlaskClient, query: str = "") -> list[int]:
    answer = client.get(f"/api/v1/items?page=1{query}").get_json()
    return sorted(item["id"] for item in answer["items"])


def nearest(client: FlaskClient, item_id: int, by: str = "whash") -> list[int]:
    answer = client.get(f"/api/v1/items/{item_id}/similar?by={by}&k=100")
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["exact"]
    return [hit["item"]["id"] for hit in answer.get_json()["hits"]]


@pytest.mark.thorough
def test_an_added_item_is_found_by_every_process_at_once(
    client: FlaskClient, instance: Path
) -> None:
    other = create_app({"instance": instance}).test_client()
    assert 9 not in nearest(other, 1)
    answer = add(client, 50, title="Quilted étui", brand="Zork", price="1.234,50 €", lining="silk")
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["id"], told["price"], told["currency"]) == (9, 1234.5, "EUR")
    assert told["extra"] == {"lining": "silk"}
    assert answer.headers["Location"] == "/api/v1/items/9"
    for one in (client, other):
        assert 9 in nearest(one, 1, "look")
        assert listed(one, "&brand=Zork") == listed(one, "&text=etui") == [9]
        assert listed(one, "&min_price=1000") == [9]
        assert one.get("/images/9", buffered=True).data == encoded(bag(50), "PNG")
        assert one.get("/thumbs/9", buffered=True).data
        assert "Quilted étui" in one.get("/browse").text
        assert "Quilted étui" in one.get("/items/9").text
        picture = {"image": photo(50)}
        hits = one.post("/api/v1/search?by=shape&k=1", data=picture).get_json()["hits"]
        assert [hit["item"]["id"] for hit in hits] == [9]


def test_a_change_is_seen_at_once_and_null_takes_an_attribute_away(client: FlaskClient) -> None:
    added = add(client, 50, brand="Zork", price="30", lining="silk").get_json()
    change = {"price": 12.5, "brand": None, "lining": None, "season": "autumn"}
    answer = client.patch(f"/api/v1/items/{added['id']}", headers=ADMIN, json=change)
    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["price"], told["brand"], told["extra"]) == (12.5, "", {"season": "autumn"})
    assert client.get("/api/v1/items?brand=Zork").status_code == 400  # no item has it any more
    assert listed(client, "&max_price=12.5&text=autumn") == [9]
    assert told["image"] == added["image"]


def test_a_removed_item_is_nowhere_and_its_files_are_gone(
    client: FlaskClient, instance: Path
) -> None:
    add(client, 50)
    assert len(list(instance.glob("originals/*/*.png"))) == 1
    thumbs = len(list(instance.glob("thumbs/*/*")))
    assert client.delete("/api/v1/items/9", headers=ADMIN).status_code == 204
    assert client.delete("/api/v1/items/3", headers=ADMIN).status_code == 204
    for page in ("/items/9", "/images/9", "/api/v1/items/9", "/api/v1/items/3", "/why?item=3&to=1"):
        assert client.get(page).status_code == 404
    assert client.delete("/api/v1/items/9", headers=ADMIN).status_code == 404
    assert not {3, 9} & set(nearest(client, 1))
    assert listed(client) == [1, 2, 4, 5, 6, 7, 8]
    assert not list(instance.glob("originals/*/*.png"))
    assert len(list(instance.glob("thumbs/*/*"))) < thumbs


def test_a_photo_that_two_items_have_stays_until_both_are_gone(
    client: FlaskClient, instance: Path
) -> None:
    first, second = (add(client, 50).get_json()["id"] for _ in range(2))
    assert (first, second) == (9, 10)
    client.delete(f"/api/v1/items/{first}", headers=ADMIN)
    for page in (f"/images/{second}", f"/thumbs/{second}"):
        assert client.get(page, buffered=True).data
    client.delete(f"/api/v1/items/{second}", headers=ADMIN)
    assert not list(instance.glob("originals/*/*"))


def test_a_copy_of_a_bag_that_was_indexed_is_folded_with_it_at_once(client: FlaskClient) -> None:
    copy = add(client, 3).get_json()["id"]  # the picture of the fourth
    assert client.get(f"/items/{copy}").status_code == 200
    for by in ("whash", "look"):
        answer = client.get(f"/api/v1/items/1/similar?by={by}&k=100&fold=1").get_json()
        copies = {hit["item"]["id"]: hit["copies"] for hit in answer["hits"]}
        assert copies == {2: 1, 3: 1, 4: 2, 5: 1, 6: 1, 7: 1, 8: 1}


def test_photos_are_replaced_and_an_import_brings_neither_back(
    client: FlaskClient, instance: Path
) -> None:
    data = {"image": [photo(60, "front.png"), photo(61, "back.png")], "title": "Another"}
    answer = client.patch("/api/v1/items/2", headers=ADMIN, data=data)
    assert answer.status_code == 200, answer.text
    assert (answer.get_json()["filename"], len(answer.get_json()["images"])) == ("front.png", 2)
    for seed in (60, 61):
        picture = {"image": photo(seed)}
        hits = client.post("/api/v1/search?by=shape&k=1", data=picture).get_json()["hits"]
        assert (hits[0]["item"]["id"], hits[0]["distance"], hits[0]["photo"]) == (2, 0, seed - 59)
    client.delete("/api/v1/items/4", headers=ADMIN)
    done = hashbag(["import", instance / "photos", "--no-map"], instance)
    assert done.returncode == 0, done.stderr
    assert listed(client) == [1, 2, 3, 5, 6, 7, 8]
    assert client.get("/api/v1/items/2").get_json()["filename"] == "front.png"


def test_a_change_that_was_made_is_answered_as_made_where_no_index_is_here_yet(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetching(_: GenerationStore) -> Never:
        raise IndexBeingFetched("this host fetches the index")

    hashes = client.get("/api/v1/items/1?fields=hashes").get_json()["hashes"]
    monkeypatch.setattr(GenerationStore, "at_once", fetching)
    changed = client.patch("/api/v1/items/1?fields=hashes", headers=ADMIN, json={"title": "New"})
    assert (changed.status_code, changed.get_json()["hashes"]) == (200, hashes)
    added = client.post("/api/v1/items?fields=hashes", headers=ADMIN, data={"image": photo(50)})
    assert (added.status_code, added.get_json()["hashes"].keys()) == (201, hashes.keys())


def test_a_column_of_ones_own_may_be_called_fields(client: FlaskClient) -> None:
    answer = add(client, 50, fields="wide")
    assert (answer.status_code, answer.get_json()["extra"]) == (201, {"fields": "wide"})


@pytest.mark.parametrize("price", [1.299, 0.0000001, 1e16, 12345.678])
def test_a_number_as_price_is_that_number(client: FlaskClient, price: float) -> None:
    answer = client.patch("/api/v1/items/1", headers=ADMIN, json={"price": price})
    assert (answer.status_code, answer.get_json()["price"]) == (200, price)
    line = json.dumps({"id": 2, "price": price})
    bulk = client.post("/api/v1/import", headers=ADMIN, data=line, content_type=NDJSON)
    assert bulk.status_code == 200
    assert client.get("/api/v1/items/2").get_json()["price"] == price


@pytest.mark.parametrize("price", ["-1", "from 5", -1, "NaN"])
def test_what_is_no_price_is_refused_and_nothing_is_left_blank(
    client: FlaskClient, price: object
) -> None:
    answer = client.patch("/api/v1/items/2", headers=ADMIN, json={"price": price})
    said = f"price: '{price}' is not a price; write it like 49.90"
    assert (answer.status_code, answer.get_json()["detail"]) == (400, said)
    assert client.get("/api/v1/items/2").get_json()["price"] == 10


def test_one_item_may_come_with_several_photos(client: FlaskClient) -> None:
    data = {"image": [photo(70), photo(71), photo(72)]}
    answer = client.post("/api/v1/items", headers=ADMIN, data=data)
    assert len(answer.get_json()["images"]) == 3
    hits = client.post("/api/v1/search?by=shape&k=1", data={"image": photo(72)}).get_json()["hits"]
    assert (hits[0]["item"]["id"], hits[0]["photo"]) == (9, 3)


def test_the_same_request_again_adds_no_second_item(client: FlaskClient) -> None:
    key = ADMIN | {"Idempotency-Key": "order-7"}
    first, again = (add(client, 50, key, title="One") for _ in range(2))
    assert first.get_json() == again.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = add(client, 50, key, title="Two")
    assert (other.status_code, len(listed(client))) == (422, 9)
    assert add(client, 50, ADMIN | {"Idempotency-Key": "a b"}).status_code == 400


def test_who_changes_what_another_changed_meanwhile_is_told(client: FlaskClient) -> None:
    read = client.get("/api/v1/items/5", headers={"Accept-Encoding": "br"}).headers["ETag"]
    matching = ADMIN | {"If-Match": read}
    assert client.patch("/api/v1/items/5", headers=matching, json={"price": 1}).status_code == 200
    lost = client.patch("/api/v1/items/5", headers=matching, json={"price": 2})
    assert (lost.status_code, client.get("/api/v1/items/5").get_json()["price"]) == (412, 1)
    assert client.delete("/api/v1/items/5", headers=matching).status_code == 412
    now = client.get("/api/v1/items/5?fields=hashes").headers["ETag"]
    assert client.delete("/api/v1/items/5", headers=ADMIN | {"If-Match": now}).status_code == 204


def test_an_etag_or_a_field_without_a_name_is_refused_and_changes_nothing(
    client: FlaskClient,
) -> None:
    for tag in ('""', 'W/""'):
        answer = client.delete("/api/v1/items/2", headers={**ADMIN, "If-Match": tag})
        assert answer.status_code == 412
    nameless = b"--x\r\nContent-Disposition: form-data\r\n\r\ntext\r\n--x--\r\n"
    for method, path in (("PATCH", "/api/v1/items/2"), ("POST", "/api/v1/items")):
        answer = client.open(
            path,
            method=method,
            headers=ADMIN,
            data=nameless,
            content_type="multipart/form-data; boundary=x",
        )
        assert answer.status_code == 400
    assert len(listed(client)) == 8


def test_no_item_has_a_number_that_no_database_has(client: FlaskClient) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = client.open(f"/api/v1/items/{10**30}", method=method, headers=ADMIN, json={})
        assert answer.status_code == 404


def test_an_item_is_validated_by_its_etag(client: FlaskClient) -> None:
    read = client.get("/api/v1/items/5").headers["ETag"]
    assert client.get("/api/v1/items/5", headers={"If-None-Match": read}).status_code == 304
    client.patch("/api/v1/items/5", headers=ADMIN, json={"price": 1})
    assert client.get("/api/v1/items/5", headers={"If-None-Match": read}).status_code == 200


WRITES = ("post", "patch", "delete")


def write(client: FlaskClient, method: str, headers: Headers) -> Any:
    if method == "post":
        return add(client, 50, headers)
    more: dict[str, Any] = {"json": {"price": 1}} if method == "patch" else {}
    return getattr(client, method)("/api/v1/items/2", headers=headers, **more)


@pytest.mark.parametrize("method", WRITES)
def test_no_wrong_revoked_or_reading_token_changes_anything(
    client: FlaskClient, app: Flask, instance: Path, method: str
) -> None:
    tokens = core_of(app).tokens
    reading, revoked = tokens.create("reader", Scope.READ), tokens.create("gone", Scope.WRITE)
    other = create_app({"instance": instance}).test_client()
    tokens.revoke("gone")
    before = client.get("/api/v1/items?page=1").data
    for secret, status in (
        ("", 401),
        ("of-the-owne", 401),
        ("of-the-owner2", 401),
        ("ö", 401),
        (revoked, 401),
        (reading, 403),
    ):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        for one in (client, other):
            answer = write(one, method, headers)
            assert answer.status_code == status
            assert answer.mimetype == "application/problem+json"
            assert ("WWW-Authenticate" in answer.headers) == (status == 401)
            assert not secret or secret not in answer.text
    assert client.get("/api/v1/items?page=1").data == before


@pytest.mark.parametrize("method", WRITES)
def test_writes_are_off_while_there_is_no_token(instance: Path, method: str) -> None:
    client = create_app({"instance": instance}).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
        answer = write(client, method, headers)
        assert answer.status_code == 403
        assert "hashbag token create" in answer.get_json()["detail"]


@pytest.mark.thorough
def test_a_named_token_works_from_when_it_is_made_until_it_is_revoked(instance: Path) -> None:
    client = create_app({"instance": instance}).test_client()
    made = hashbag(["token", "create", "shop"], instance)
    assert made.returncode == 0, made.stderr
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert add(client, 50, headers).status_code == 201
    assert hashbag(["token", "create", "shop"], instance).returncode == 2
    assert "shop  write" in hashbag(["token", "list"], instance).stdout
    assert made.stdout.strip() not in kept_in(instance)
    assert hashbag(["token", "revoke", "shop"], instance).returncode == 0
    assert hashbag(["token", "revoke", "shop"], instance).returncode == 2
    assert add(client, 51, headers).status_code == 403  # there is no token any more


BAD = {
    "a list": (b"[1]", "application/json", 400),
    "no JSON": (b"{", "application/json", 400),
    "nested": (b'{"title": {"a": 1}}', "application/json", 400),
    "true": (b'{"price": true}', "application/json", 400),
    "fixed": (b'{"width": 3}', "application/json", 400),
    "no price": (b'{"price": "cheap"}', "application/json", 400),
    "half a character": (b'{"title": "\\ud800"}', "application/json", 400),
    "plain text": (b"price=3", "text/plain", 415),
    "form": (b"price=3", "application/x-www-form-urlencoded", 415),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_body_is_refused_by_name_and_changes_nothing(client: FlaskClient, case: str) -> None:
    body, kind, status = BAD[case]
    before = client.get("/api/v1/items/2").data
    answer = client.patch("/api/v1/items/2", headers=ADMIN, data=body, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["detail"]
    assert client.get("/api/v1/items/2").data == before


def test_a_photo_that_cannot_be_used_adds_nothing(client: FlaskClient, instance: Path) -> None:
    for data, status in ((b"hello", 415), (encoded(bag(1), "PNG")[:200], 422), (None, 411)):
        fields = {} if data is None else {"image": (io.BytesIO(data), "x.png")}
        answer = client.post("/api/v1/items", headers=ADMIN, data=fields)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert len(listed(client)) == 8
    assert not list(instance.glob("originals/*/*"))


def test_a_plain_photo_may_be_an_item_though_it_cannot_be_searched_with(
    client: FlaskClient,
) -> None:
    data = {"image": (io.BytesIO(encoded(Image.new("RGB", (90, 90), "white"), "PNG")), "w.png")}
    assert client.post("/api/v1/items", headers=ADMIN, data=data).status_code == 201


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\photos\\bag.png", "\u202ebag", ""])
def test_a_name_of_a_file_is_shown_and_never_a_path(
    client: FlaskClient, instance: Path, name: str
) -> None:
    data = {"image": (io.BytesIO(encoded(bag(50), "PNG")), name or "x")}
    told = client.post("/api/v1/items", headers=ADMIN, data=data).get_json()
    assert not set("/\\\n\u202e") & set(told["filename"])
    (kept,) = instance.glob("originals/*/*")
    assert kept.suffix == ".png"
    assert len(kept.stem) == 64


def test_an_import_that_goes_on_does_not_lock_the_owner_out(
    client: FlaskClient, instance: Path
) -> None:
    with writing(core_of(create_app({"instance": instance})).catalog):
        assert add(client, 50).status_code == 201
        assert client.patch("/api/v1/items/1", headers=ADMIN, json={"price": 3}).status_code == 200
        assert client.delete("/api/v1/items/2", headers=ADMIN).status_code == 204
    assert listed(client) == [1, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.thorough
def test_the_first_item_of_an_empty_catalogue_is_found(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "new", "admin_token": "of-the-owner"})
    client = app.test_client()
    for number in range(1, 5):
        assert add(client, number).get_json()["id"] == number
    assert sorted(nearest(client, 1)) == [2, 3, 4]
    for number in range(1, 5):
        assert client.delete(f"/api/v1/items/{number}", headers=ADMIN).status_code == 204
    assert listed(client) == []
    assert client.get("/").status_code == 200
    assert add(client, 9).get_json()["id"] == 5
    assert client.get("/api/v1/items/5/similar?by=look").status_code == 200


@pytest.mark.thorough
def test_what_was_changed_live_is_as_an_index_built_anew_has_it(
    client: FlaskClient, instance: Path
) -> None:
    add(client, 50, title="Etui", brand="Zork")
    client.patch("/api/v1/items/1", headers=ADMIN, json={"brand": "Zork"})
    client.delete("/api/v1/items/2", headers=ADMIN)
    asked = (
        "/browse?brand=Zork",
        "/items/1?by=look",
        "/items/9?by=whash",
        "/duplicates",
        "/list?ids=1,2,9",
    )
    before = [client.get(page).data for page in asked]
    done = hashbag(["verify"], instance)
    assert done.returncode == 0, done.stdout + done.stderr
    assert hashbag(["index", "--changes"], instance).returncode == 0
    assert [client.get(page).data for page in asked] == before
    assert json.loads(client.get("/readyz").data)["generation"] == "000002"
