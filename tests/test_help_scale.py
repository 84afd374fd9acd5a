"""The page of help on several machines: all it names is there, and its commands lead there."""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.milvus_fixtures import Milvus
from tests.nginx import HOST, behind_nginx, recipe
from tests.pictures import bag, encoded
from tests.postgresql import PostgresServer
from tests.s3_server import S3Server
from tests.serving import Server, picture_form, run_hashbag, served
from tests.test_pages import page
from webapp import create_app
from webapp.cli import group
from webapp.config import load
from webapp.config.settings import PREFIX, Settings
from webapp.index.engines.registry import engine_of
from webapp.metrics import DESCRIBED
from webapp.web import sizing
from webapp.web.help_pages import TOPICS

ROOT = Path(__file__).resolve().parents[1]
SIMILAR = "/api/v1/items/3/similar?by=whash&k=50"


@pytest.fixture(scope="module")
def commands() -> set[str]:
    """List the subcommands."""
    told = run_hashbag(["--help"], Path("unused")).stdout
    return set(re.findall(r"^  ([\w-]+)  ", told, re.MULTILINE))


def text_of(client: FlaskClient, topic: str) -> str:
    """Return what a page of help says, without its markup."""
    html = page(client, f"/help/{topic}").html
    return unescape(re.sub(r"<[^>]+>", "", html[html.index("<article") : html.index("</article")]))


@pytest.mark.parametrize("topic", [one.name for one in TOPICS])
def test_each_setting_that_help_names_is_one(client: FlaskClient, topic: str) -> None:
    named = set(re.findall(rf"{PREFIX}([A-Z_]*[A-Z])\b", text_of(client, topic)))
    assert {one.lower() for one in named} <= set(Settings.__dataclass_fields__)


@pytest.mark.parametrize("topic", [one.name for one in TOPICS])
def test_each_command_and_option_that_help_names_is_one(
    client: FlaskClient, commands: set[str], topic: str
) -> None:
    for line in re.findall(r"\bhashbag ((?:\w+)(?: [^\n.;,]*)?)", text_of(client, topic)):
        name = line.split()[0]
        if name not in commands:
            continue  # words about Hashbag, not a command of it
        command = group.get_command(click.Context(group), name)
        assert command
        known = {option for one in command.params for option in one.opts}
        for option in re.findall(r"(?<=\s)--[a-z][a-z-]+", line):
            assert option in known or option == "--scope", line


def test_the_page_on_scale_names_commands_extras_and_counts_that_there_are(
    client: FlaskClient, commands: set[str]
) -> None:
    text = text_of(client, "scale")
    for name in ("backup", "copy", "index", "verify", "serve", "import", "bench"):
        assert re.search(rf"\bhashbag {name}\b", text), name
        assert name in commands
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    (wanted,) = re.findall(r"'\.\[([\w,]+)\]'", text)
    assert set(wanted.split(",")) <= set(extras)
    (pinned,) = extras["milvus-server"]
    assert re.findall(r"'(milvus==[\d.]+)'", text) == [pinned.partition(";")[0]]
    counted = {one.name for one in DESCRIBED}
    named = set(re.findall(r"\bhashbag_\w+\b", text)) - {"hashbag_hosts", "hashbag_imports"}
    assert named <= counted
    assert len(named) >= 4


@pytest.mark.skipif(find_spec("milvus") is None, reason="the package milvus is not installed")
def test_the_command_that_starts_milvus_has_options_that_it_knows(client: FlaskClient) -> None:
    command = snippets(client)["milvus"].splitlines()[-1]
    program = [str(Path(sys.executable).with_name("milvus-server")), "--help"]
    known = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    options = re.findall(r"--[\w-]+", command)
    assert len(options) == 3
    assert all(option in known for option in options)


def test_the_sums_are_those_of_the_parts(client: FlaskClient) -> None:
    cells = re.findall(r"<td>([^<]*)</td>", page(client, "/help/scale").html)
    for part in sizing.PARTS:
        assert part.bytes_a_bag > 0
        at = cells.index(f"{part.bytes_a_bag:,}")
        assert len(cells[at + 1 : at + 1 + len(sizing.SIZES)]) == len(sizing.SIZES)
    assert all(work.seconds_a_million > 0 for work in sizing.WORKS)
    widest = sizing.codes()[0]
    assert f"<td>{widest.bytes_a_bag}</td>" in page(client, "/help/scale").html


def test_all_requests_of_an_import_at_the_desk_go_to_the_host_that_has_its_list(
    client: FlaskClient,
) -> None:
    told = text_of(client, "scale")
    alone = re.findall(r"location (\S+) \{\s+proxy_pass http://hashbag_imports;", told)
    rules = {
        one.rule
        for one in client.application.url_map.iter_rules()
        if one.endpoint.startswith("desk_import.")
    }
    others = rules - {"/admin/import"}  # which has a location of its own
    assert others != rules
    assert others
    assert [one for one in others if not one.startswith(tuple(alone))] == []


def snippets(client: FlaskClient) -> dict[str, str]:
    """Return what is to be copied from the page, by its id."""
    html = page(client, "/help/scale").html
    found = re.findall(r'<code id="(\w+)">(.*?)</code>', html, re.DOTALL)
    return {name: unescape(text) for name, text in found}


@dataclass(frozen=True)
class Recipe:
    """The page's commands, with the addresses of this test's servers in place of the examples."""

    told: Mapping[str, str]
    ours: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        text = self.told[name]
        for theirs, here in self.ours.items():
            text = text.replace(theirs, here)
        return text

    def environment(self, *names: str) -> dict[str, str]:
        """Read settings that the page gives as lines."""
        lines = [line for name in names for line in self[name].splitlines()]
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def moved(
    client: FlaskClient,
    milvus: Milvus,
    postgresql: PostgresServer,
    s3: S3Server,
    eight: Path,
    tmp_path: Path,
) -> Iterator[tuple[Recipe, Path, dict[str, str]]]:
    """Move an instance as the page says; yields the recipe, the instance and its settings."""
    instance = shutil.copytree(eight, tmp_path / "instance")
    send_a_photo(instance)
    where = {
        "shop:choose-one@db.example:5432/bags": f"mover@/moved?host={postgresql.folder}",
        "ROLE shop": "ROLE mover",  # another test may have made the page's own
        "DATABASE bags OWNER shop": "DATABASE moved OWNER mover",
        "http://milvus.example:19530": milvus.url,
        "root:choose-another": milvus.settings["engine_token"],
        "/var/lib/hashbag": str(instance),
        "before-moving.zip": str(tmp_path / "before-moving.zip"),
        "https://minio.example:9000": s3.url,
    }
    told = Recipe(snippets(client), where)
    postgresql.run(*told["database"].split(";\n"))
    settings = told.environment("settings") | {"HASHBAG_MAP": "off", "HASHBAG_LIMITS": "off"}
    del settings["HASHBAG_LIMITS_URL"]  # tests of limits have a Redis
    settings |= told.environment("store") | s3.environment | {"HASHBAG_ADMIN_TOKEN": "of-the-owner"}
    for name in ("backup", "copy"):
        run(told[name], instance, {})
    photos = [sys.executable, *shlex.split(told["photos"])[1:]]
    subprocess.run(photos, env={**os.environ, **settings}, check=True)
    for name in ("index", "verify"):
        run(told[name], instance, settings)
    yield told, instance, settings
    for one in (instance, tmp_path / "other"):
        engine_of(load({}, {"instance": one, **milvus.settings})).drop_others(())


def send_a_photo(instance: Path) -> None:
    """Add an item whose photo the instance keeps."""
    app = create_app({"instance": instance, "admin_token": "of-the-owner"})
    sent = {"image": (io.BytesIO(encoded(bag(60), "PNG")), "sent.png")}
    headers = {"Authorization": "Bearer of-the-owner"}
    answer = app.test_client().post("/api/v1/items", headers=headers, data=sent)
    assert answer.status_code == 201, answer.text
    core_of(app).catalog.engine.dispose()


def run(command: str, instance: Path, settings: Mapping[str, str]) -> None:
    _, *arguments = shlex.split(command)
    done = run_hashbag(arguments, instance, settings)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def site(told: Recipe, one: Server, two: Server) -> str:
    """Put the page's two hosts into the recipe for nginx."""
    upstream = told["upstream"]
    for theirs, server in (("web1.example:8000", one), ("web2.example:8000", two)):
        upstream = upstream.replace(theirs, server.url.removeprefix("http://"))
    written = recipe(one, "/help/nginx")
    found = re.search(r"upstream hashbag \{.*?\}", written, re.DOTALL)
    assert found
    written = written.replace(found[0], upstream)
    imports = re.search(r"location = /admin/import \{.*?\}", written, re.DOTALL)
    assert imports
    alone = imports[0].replace("http://hashbag;", "http://hashbag_imports;")
    return written.replace(imports[0], f"{alone}\n{told['imports']}")


def added(server: Server) -> int:
    body, headers = picture_form(encoded(bag(61), "PNG"), "new.png")
    headers["Authorization"] = "Bearer of-the-owner"
    answer = server.send("POST", "/api/v1/items", headers, body)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def found(server: Server) -> list[int]:
    return [hit["item"]["id"] for hit in server.get(SIMILAR).json["hits"]]


def end(server: Server) -> None:
    """End a host as a power cut would."""
    workers = server.workers()
    for pid in (server.pid, *workers):
        with suppress(ProcessLookupError):  # it ended with the first
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.xdist_group("milvus")
def test_the_page_leads_to_two_hosts_behind_nginx_of_which_one_is_not_missed(
    moved: tuple[Recipe, Path, dict[str, str]], tmp_path: Path
) -> None:
    told, instance, settings = moved
    shutil.rmtree(instance / "originals")
    shutil.rmtree(instance / "thumbs")  # all of it is in the store
    other = tmp_path / "other"
    settings_there = settings | {"HASHBAG_INSTANCE": str(other)}
    run(told["index"], other, settings_there)
    with (
        served(instance, settings=settings) as one,
        served(other, settings=settings_there) as two,
        behind_nginx(tmp_path / "nginx", site(told, one, two)) as nginx,
    ):
        new = added(one)
        assert new in found(two)
        assert found(one) == found(two)
        assert [nginx.get("/items/3").status for _ in range(8)] == [200] * 8
        for item in (9, new):  # of the machine that there was, and of now
            assert nginx.get(nginx.get(f"/api/v1/items/{item}").json["image"]).status == 200
        end(one)
        assert [nginx.get("/items/3").status for _ in range(8)] == [200] * 8
        assert new in [hit["item"]["id"] for hit in nginx.get(SIMILAR).json["hits"]]


class _WithoutEngine(BaseHTTPRequestHandler):
    """Answers as a host does while Milvus is away: searches with 503, pages as ever."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path.startswith("/search") else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.slow
def test_nginx_that_asks_the_next_host_after_a_503_takes_none_for_dead(
    client: FlaskClient, tmp_path: Path
) -> None:
    text, upstream = text_of(client, "scale"), snippets(client)["upstream"]
    (next_one,) = re.findall(r"proxy_next_upstream [^;]+;", text)
    (instead, usual) = re.findall(r"and (max_fails=\d) in the place of ([^:]+):", text)[0]
    assert upstream.count(usual) == 2
    upstream = upstream.replace(usual, instead)
    with ExitStack() as stack:
        for theirs in ("web1.example:8000", "web2.example:8000"):
            host = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _WithoutEngine))
            threading.Thread(target=host.serve_forever, daemon=True).start()
            stack.callback(host.shutdown)
            upstream = upstream.replace(theirs, f"127.0.0.1:{host.server_port}")
        found = unescape(client.get("/help/nginx", headers={"Host": HOST}).text)
        site = re.search(r'<code id="recipe">(.*?)</code>', found, re.DOTALL)
        assert site
        written = re.sub(r"upstream hashbag \{.*?\}", upstream, site[1], count=1, flags=re.DOTALL)
        written = written.replace("location /", f"{next_one}\n    location /", 1)
        nginx = stack.enter_context(behind_nginx(tmp_path / "nginx", written))
        assert [nginx.get("/search").status for _ in range(6)] == [503] * 6
        assert [nginx.get("/browse").status for _ in range(6)] == [200] * 6
