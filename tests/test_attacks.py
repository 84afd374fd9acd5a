"""Requests that no browser sends: to the server itself and through nginx, none of them works."""

import json
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.nginx import HOST, Proxy, behind_nginx, recipe
from tests.pictures import bag, encoded
from tests.serving import HANGS, Server, eventually, picture_form, served

pytestmark = pytest.mark.slow

OWNER = "of-the-owner"
SECRET = "this is in a file that no visitor may see"
BODY, FORM = picture_form(encoded(bag(3), "PNG"), "bag.png")

Send = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def server(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("attacked")
    instance = Path(shutil.copytree(eight, folder / "instance"))
    for place in (instance, folder):
        (place / "secret.txt").write_text(SECRET)
    settings = {"HASHBAG_ADMIN_TOKEN": OWNER, "HASHBAG_TRUSTED_PROXIES": "1"}
    with served(instance, 1, settings | {"HASHBAG_PATIENCE": "3"}) as found:
        yield found


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("before") / "nginx"
    with behind_nginx(folder, recipe(server, "/help/nginx")) as proxy:
        yield proxy


@pytest.fixture(params=["gunicorn", "nginx"])
def send(request: pytest.FixtureRequest, server: Server) -> Send:
    """Send bytes over a connection of its own; returns all that came back."""
    if request.param == "gunicorn":
        at = urlsplit(server.url)

        def straight(sent: bytes) -> bytes:
            return exchanged(socket.create_connection((at.hostname, at.port), HANGS), sent)

        return straight
    proxy: Proxy = request.getfixturevalue("nginx")
    trusted = ssl.create_default_context(cafile=str(proxy.folder / "fullchain.pem"))
    trusted.check_hostname = False

    def through(sent: bytes) -> bytes:
        plain = socket.create_connection(("127.0.0.1", proxy.secure), HANGS)
        return exchanged(trusted.wrap_socket(plain), sent)

    return through


def exchanged(connection: socket.socket, sent: bytes) -> bytes:
    parts = []
    with connection:
        connection.sendall(sent)
        try:
            while part := connection.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            """It would hear no more of it."""
    return b"".join(parts)


def lines(*head: str, body: bytes = b"") -> bytes:
    return "\r\n".join((*head, "", "")).encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(None, 2)[1])


# What leads out of a folder, written in every way that some server has once taken.
WAYS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..%252f",
    "..\\",
    "..%5c",
    "%c0%ae%c0%ae/",
    "..;/",
    "....//",
    "/../",
    ".%00./",
)
FILES = ("secret.txt", "instance/secret.txt", "pyproject.toml", "etc/passwd", "webapp/config.py")
FOLDERS = ("static", "js/x", "images", "thumbs", "cards", "help", "map/tiles", "items/by/filename")


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_path_leads_out_of_a_folder(server: Server, send: Send, folder: str) -> None:
    for way in WAYS:
        for name in FILES:
            for times in (1, 2, 9):
                target = f"/{folder}/{way * times}{name}"
                answer = send(lines(f"GET {target} HTTP/1.1", f"Host: {HOST}", "Connection: close"))
                assert not answer or status(answer) in {301, 308, 400, 404}, (target, answer[:200])
                for told in (SECRET, "root:", "[project]", "import tomllib"):
                    assert told.encode() not in answer, target
    assert "Traceback" not in server.errors.read_text()


SMUGGLED = b"GET /help/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"0\r\n\r\n" + SMUGGLED
LENGTH = f"Content-Length: {len(CHUNKED)}"
IN_CHUNKS = "Transfer-Encoding: chunked"
SPLITS = {
    "a length and chunks": (
        [LENGTH, IN_CHUNKS],
        CHUNKED,
    ),
    "chunks and a length": (["Transfer-Encoding: chunked", "Content-Length: 5"], CHUNKED),
    "two lengths": (["Content-Length: 0", f"Content-Length: {len(SMUGGLED)}"], SMUGGLED),
    "two lengths in one": ([f"Content-Length: 0, {len(SMUGGLED)}"], SMUGGLED),
    "a folded length": (["Content-Length:", f" {len(SMUGGLED)}"], SMUGGLED),
    "folded chunks": (["Transfer-Encoding:", " chunked"], CHUNKED),
    "chunks and something": (["Transfer-Encoding: chunked, identity"], CHUNKED),
    "something and chunks": (["Transfer-Encoding: xchunked"], CHUNKED),
    "chunks twice": (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], CHUNKED),
    "chunks after a tab": (["Transfer-Encoding:\tchunked", "Content-Length: 5"], CHUNKED),
    "chunks with a blank": (["Transfer-Encoding : chunked", "Content-Length: 5"], CHUNKED),
    "chunks behind a low line": (
        ["Transfer_Encoding: chunked", LENGTH],
        CHUNKED,
    ),
    "a signed length": (["Content-Length: +0"], SMUGGLED),
    "a negative length": (["Content-Length: -1"], SMUGGLED),
    "a length in hexadecimal": (["Content-Length: 0x0"], SMUGGLED),
    "a bare line feed": (["X: y\nContent-Length: 0", f"Content-Length: {len(SMUGGLED)}"], SMUGGLED),
    "a bare carriage return": (["X: y\rContent-Length: 0"], SMUGGLED),
    "a null": (["X: y\0"], SMUGGLED),
    "two hosts": (["Host: evil.example", "Content-Length: 0"], b""),
    "a chunk of no size": (["Transfer-Encoding: chunked"], b"x\r\n" + SMUGGLED),
    "a chunk with a sign": (["Transfer-Encoding: chunked"], b"+0\r\n\r\n" + SMUGGLED),
    "a chunk with a bare line feed": (["Transfer-Encoding: chunked"], b"0\n\n" + SMUGGLED),
}


@pytest.mark.parametrize("split", SPLITS)
def test_no_second_request_is_smuggled_in_a_body(server: Server, send: Send, split: str) -> None:
    """What is in a body, or behind an end that is in doubt, is never answered."""
    head, body = SPLITS[split]
    if send.__name__ == "through":  # some versions of nginx end it there, and hand on two requests
        body = body.replace(b"0\n\n", b"0\n\r")
    name = f"smuggled-{list(SPLITS).index(split)}-{send.__name__}"
    body = body.replace(b"smuggled", name.encode())
    last = lines("GET /last HTTP/1.1", f"Host: {HOST}", "Connection: close")
    answer = send(lines("POST /list HTTP/1.1", f"Host: {HOST}", *head, body=body) + last)
    assert b"smuggled" not in answer
    assert answer.count(b"HTTP/1.1 ") <= 2, answer  # and that of the last
    assert not answer or status(answer) in {303, 400, 408, 411, 501}, answer
    # The log is in the order of the answers, so this one's line comes last.
    marker = f"/help/after-{name}"  # the log has paths of routes that there are
    server.get(marker)
    eventually(lambda: marker in server.log.read_text(), "the request was logged")
    assert f"/help/{name}" not in server.log.read_text()


@pytest.mark.parametrize(
    "host", ["evil.example", 'x"><script>alert(1)</script>', "a b", "evil@x", ""]
)
def test_a_made_up_host_leads_nowhere(send: Send, host: str) -> None:
    for target, method in (
        ("/", "GET"),
        ("/items//3", "GET"),
        ("/admin", "GET"),
        ("/list", "POST"),
        ("/items/by/filename/003.png", "GET"),
    ):
        given = (f"Host: {host}", "Content-Length: 0", "Connection: close")
        answer = send(lines(f"{method} {target} HTTP/1.1", *given))
        head, _, page = answer.partition(b"\r\n\r\n")
        assert b"evil" not in head, head
        assert b"<script>alert" not in page


def test_a_strangers_word_of_the_host_is_not_repeated_by_pages(server: Server) -> None:
    """Without a proxy that is trusted; with one, nginx says it and drops what was said before."""
    said = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert "evil.example" not in server.get("/items/3", said | {"X-Forwarded-Host": ""}).text


INJECTED = "x%0d%0aSet-Cookie:%20evil=1%0d%0aX-Evil:%201%0d%0a%0d%0a<script>alert(1)</script>"


@pytest.mark.parametrize(
    "target",
    [
        f"/?brand={INJECTED}",
        f"/?seed={INJECTED}",
        f"/{INJECTED}",
        f"/items/by/filename/{INJECTED}",
        f"/items/3?by={INJECTED}",
        f"/browse?format=csv&text={INJECTED}",
        f"/admin/sign-in?to={INJECTED}",
        f"/admin/items/3?x={INJECTED}",
        f"/help/{INJECTED}",
        f"/search?q={INJECTED}",
        f"/api/v1/items?cursor={INJECTED}",
        f"/api/v1/{INJECTED}",
        f"/items//3?trail={INJECTED}",
    ],
)
def test_no_line_of_a_parameter_becomes_a_header(send: Send, target: str) -> None:
    answer = send(lines(f"GET {target} HTTP/1.1", f"Host: {HOST}", "Connection: close"))
    head, _, page = answer.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert b"x-evil" not in names
    assert b"evil=1" not in head.replace(b"evil%3D1", b"").partition(b"Set-Cookie: evil")[2]
    assert not any(line.lower().startswith(b"set-cookie: evil") for line in head.split(b"\r\n"))
    assert b"<script>alert" not in page


ELSEWHERE = ("//evil.example", "https://evil.example", "/\\evil.example", "\t//evil.example")


@pytest.mark.parametrize("back", ELSEWHERE)
def test_no_redirect_leads_to_another_site(server: Server, back: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "toggle=3&back=" + "".join(f"%{one:02x}" for one in back.encode())
    answer = server.send("POST", "/list", form, body)
    assert answer.headers["Location"].startswith("/list")
    for target in (f"//{back}", f"/{back}/..", f"/admin/sign-in?to={back.strip()}"):
        answer = server.get(target.replace("\t", "%09"))
        assert "evil" not in answer.headers.get("Location", "").partition("?")[0]


def test_names_of_files_that_are_sent_are_nobodys(server: Server) -> None:
    """They are neither used nor shown, and break no form."""
    picture = encoded(bag(50), "PNG")
    for number, name in enumerate(
        ("../../evil.png", "C:\\evil.png", "<b>evil.png", "a\u202egnp.evil")
    ):
        body, headers = picture_form(picture + bytes(number), name)
        token = {"Authorization": f"Bearer {OWNER}"}
        made = server.send("POST", "/api/v1/items", headers | token, body)
        assert made.status == 201, made.text
        kept = json.loads(made.body)
        image = server.get(kept["image"])
        assert "evil" not in str(image.headers)
        assert "/" not in kept["filename"]
        assert "\\" not in kept["filename"]
        assert server.send("DELETE", f"/api/v1/items/{kept['id']}", token).status in {200, 204}
