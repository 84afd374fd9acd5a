"""Pages of help, and that their recipes work: nginx by itself, before a real server."""

import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.nginx import CLIENT, HOST, Proxy, behind_nginx, recipe
from tests.pictures import bag, encoded
from tests.postgresql import PostgresServer
from tests.serving import Server, eventually, picture_form, run_hashbag, served
from tests.test_pages import Page, page
from webapp.web.help_pages import TOPICS

README = Path(__file__).resolve().parents[1] / "README.md"
TEMPLATES = README.parent / "templates" / "help"
SITE = f"https://{HOST}"


def test_every_topic_is_listed_and_has_a_page(client: FlaskClient) -> None:
    listed = page(client, "/help").links("/help/")
    assert listed == [f"/help/{one.name}" for one in TOPICS]
    for one in TOPICS:
        assert f"<h1>{one.title}</h1>" in page(client, f"/help/{one.name}").html
    written = {path.stem for path in TEMPLATES.glob("*.html")} - {"index", "page"}
    assert written == {one.name for one in TOPICS}


def test_help_is_found_from_the_page_about_it_and_from_the_readme(client: FlaskClient) -> None:
    assert "/help" in page(client, "/about").links("/help")
    text = README.read_text("utf-8")
    assert all(f"/help/{one.name}" in text for one in TOPICS)


@pytest.mark.parametrize("path", ["/help", "/help/nginx", "/about", "/api"])
def test_pages_to_read_have_the_sheet_that_sets_them(client: FlaskClient, path: str) -> None:
    text = client.get(path).get_data(as_text=True)
    assert 'class="prose' in text
    assert re.search(r'<link rel="stylesheet" href="[^"]*/prose\.css', text)


def test_a_topic_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    for name in ("nothing", "index", "page", "..%2fbase"):
        assert client.get(f"/help/{name}").status_code == 404


@pytest.mark.thorough
def test_the_unit_of_systemd_starts_a_command_that_there_is(client: FlaskClient) -> None:
    html = page(client, "/help/systemd").html
    match = re.search(
        r"^ExecStart=\S+/bin/hashbag (?P<command>\w+) (?P<option>--\w+)", html, re.MULTILINE
    )
    assert match
    told = run_hashbag([match["command"], "--help"], Path("unused")).stdout
    assert match["option"] in told


@pytest.mark.thorough
def test_the_recipe_for_postgresql_leads_there_and_back(
    client: FlaskClient, postgresql: PostgresServer, eight: Path, tmp_path: Path
) -> None:
    html = page(client, "/help/postgresql").html
    told = {
        name: unescape(text)
        for name, text in re.findall(r'<code id="(\w+)">(.*?)</code></pre>', html, re.DOTALL)
    }
    postgresql.run(*told["database"].split(";\n"))
    # The tests' server is reached by a socket in its folder.
    reached = f"@/bags?host={postgresql.folder}"
    copy, setting = (
        told[name].replace("@127.0.0.1:5432/bags", reached) for name in ("copy", "setting")
    )
    _, *arguments = shlex.split(copy)
    assert run_hashbag(arguments, eight).returncode == 0
    there = dict([shlex.split(setting)[0].split("=", 1)])
    assert run_hashbag(["status"], eight, there).returncode == 0
    back = ["copy", "--to", f"sqlite:///{tmp_path / 'file.db'}"]
    done = run_hashbag(back, eight, there)
    assert re.search(r"^items +8 rows", done.stdout, re.MULTILINE), done.stderr


@pytest.fixture(scope="module")
def server(eight: Path) -> Iterator[Server]:
    settings = {
        "HASHBAG_PREFIX": "/bags",
        "HASHBAG_TRUSTED_PROXIES": "1",
        "HASHBAG_MAX_UPLOAD_MB": "2",
        "HASHBAG_ADMIN_TOKEN": "of-the-owner",
    }
    with served(eight, 1, settings) as found:
        yield found


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("behind") / "nginx"
    with behind_nginx(folder, recipe(server, "/bags/help/nginx")) as found:
        yield found


@pytest.mark.slow
def test_pages_come_through_nginx_with_the_sites_own_address(nginx: Proxy) -> None:
    answer = nginx.get("/bags/items/3", {"X-Forwarded-Host": "evil.example"})
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert f'<link rel="canonical" href="{SITE}/bags/items/3">' in answer.text
    assert "evil.example" not in answer.text
    pictures = [one["src"] for one in Page(answer.text).all("img")]
    for target in (*pictures, *Page(answer.text).links("/bags/browse")[:1]):
        assert nginx.get(target).status == 200
    told = nginx.get("/bags/api/v1/openapi.json").json["servers"]
    assert told == [{"url": "/bags"}]


@pytest.mark.slow
def test_who_comes_without_tls_or_to_the_bare_path_is_led_in(nginx: Proxy) -> None:
    answer = nginx.get_plain("/bags/items/3?by=whash")
    assert (answer.status, answer.headers["Location"]) == (301, f"{SITE}/bags/items/3?by=whash")
    answer = nginx.get("/bags")
    assert answer.status in {301, 308}
    assert answer.headers["Location"].removeprefix(SITE) == "/bags/"


@pytest.mark.slow
def test_an_upload_goes_through_nginx_and_one_too_large_is_refused_by_the_app(
    nginx: Proxy,
) -> None:
    body, headers = picture_form(encoded(bag(2), "PNG"), "photo.png")
    found = nginx.send("POST", "/bags/search", headers, body)
    assert found.status == 303
    assert found.headers["Location"].startswith("/bags/search?q=")
    cards = Page(nginx.get(found.headers["Location"]).text).all("li")
    assert next(one["data-item"] for one in cards if "data-item" in one) == "3"
    body, headers = picture_form(b"x" * 2_200_000, "photo.png")
    refused = nginx.send("POST", "/bags/search", headers, body)
    assert (refused.status, "the 2 MB that one upload may have" in refused.text) == (413, True)


def logged(server: Server, request: str) -> str:
    """Return the line that the server's log has of a request, by its id."""

    def found() -> list[str]:
        return [line for line in server.log.read_text().splitlines() if f"[{request}]" in line]

    (line,) = eventually(found, "the request was logged")
    return line


@pytest.mark.slow
def test_nginx_names_each_request_and_the_log_has_its_name_and_no_client(
    nginx: Proxy, server: Server
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "chosen-by-a-visitor"}
    answer = nginx.get("/bags/items/5?text=words", forged | {"SCRIPT_NAME": "/evil"})
    line = logged(server, answer.headers["X-Request-ID"])
    assert "GET /items/5 200" in line
    assert "words" not in line
    whole = server.log.read_text()
    assert not any(one in whole for one in (CLIENT, "203.0.113.9", "chosen-by-a-visitor"))


@pytest.mark.slow
def test_the_client_that_nginx_saw_counts_and_not_the_one_it_says_it_is(nginx: Proxy) -> None:
    page = nginx.get("/bags/admin/sign-in")
    field = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert field
    headers = {
        "Cookie": page.headers["Set-Cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"{SITE}/bags/admin/sign-in",
    }
    statuses = []
    for number in range(11):
        forged = headers | {"X-Forwarded-For": f"203.0.113.{number}"}
        wrong = urlencode({"csrf_token": field[1], "token": "wrong"})
        statuses.append(nginx.send("POST", "/bags/admin/sign-in", forged, wrong).status)
    assert statuses == [403] * 10 + [429]


@pytest.mark.slow
def test_nginx_keeps_pictures_and_no_pages(nginx: Proxy) -> None:
    picture = nginx.get("/bags/api/v1/items/7").json["thumb"]
    for target, most in ((f"{picture}&again=1", 1), ("/bags/items/7?by=whash&k=5", 3)):
        answers = [nginx.get(target) for _ in range(3)]
        assert {one.status for one in answers} == {200}
        assert len({one.body for one in answers}) == 1
        assert len({one.headers["X-Request-ID"] for one in answers}) == most


@pytest.mark.slow
def test_counts_are_for_this_machine_and_what_is_beside_the_path_is_not_ours(
    nginx: Proxy,
) -> None:
    assert nginx.get("/bags/metrics").status == 403  # this client is not the machine's own address
    assert nginx.get("/elsewhere").status == 404
