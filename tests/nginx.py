"""The real nginx with the recipe of the help page, before a real server."""

import http.client
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest

from tests.serving import HANGS, Answer, Server, eventually, free_port

HOST = "bags.example"
CLIENT = "127.0.0.2"
"""Where requests over TLS come from: another address than nginx asks the server from."""

# What a package's own configuration says around a site; all of it in a folder of the test's.
_AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/errors;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site;
}}
"""


def needed(program: str) -> str:
    """Find a program; continuous integration must have it."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return found
    missing = f"there is no {program}: what needs it was not tried"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def recipe(server: Server, page: str) -> str:
    """Copy the recipe from a page of help, as it reads for a site's name."""
    html = server.get(page, {"Host": HOST}).text
    match = re.search(r'<code id="recipe">(.*?)</code>', html, re.DOTALL)
    assert match, html
    return unescape(match[1])


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    plain: int
    secure: int
    folder: Path

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask over TLS."""
        return self.send("GET", target, headers or {})

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Any = None
    ) -> Answer:
        """Send a request over TLS, as to the site of the recipe."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        trusted.check_hostname = False  # it is asked by its address
        connection = http.client.HTTPSConnection(
            "127.0.0.1",
            self.secure,
            timeout=HANGS,
            context=trusted,
            source_address=(CLIENT, 0),
        )
        return _answer(connection, method, target, headers, body)

    def get_plain(self, target: str) -> Answer:
        """Ask without TLS."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=HANGS)
        return _answer(connection, "GET", target, {}, None)


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Any,
) -> Answer:
    try:
        connection.request(method, target, body, {"Host": HOST, **headers})
        response = connection.getresponse()
        return Answer(response.status, cast(Mapping[str, str], response.headers), response.read())
    finally:
        connection.close()


@contextmanager
def behind_nginx(folder: Path, site: str) -> Iterator[Proxy]:
    """Run nginx with a site's configuration, on ports and with files of the test's own."""
    folder.mkdir()
    proxy = Proxy(free_port(), free_port(), folder)
    make_certificate(folder, HOST, f"DNS:{HOST}")
    for theirs, ours in (
        ("listen 80;", f"listen 127.0.0.1:{proxy.plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{proxy.secure} "),
        (f"/etc/letsencrypt/live/{HOST}/", f"{folder}/"),
        ("/var/cache/nginx/hashbag", f"{folder}/cache"),
    ):
        assert theirs in site
        site = site.replace(theirs, ours)
    with _running(proxy, site):
        yield proxy


@contextmanager
def _running(proxy: Proxy, site: str) -> Iterator[Proxy]:
    folder = proxy.folder
    (folder / "site").write_text(site, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # else nobody could write into the folder
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user), "utf-8")
    command = [needed("nginx"), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/errors"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    try:
        eventually(lambda: _answers(proxy, process), "nginx answered")
        yield proxy
    finally:
        process.terminate()
        process.wait(HANGS)


def _answers(proxy: Proxy, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (proxy.folder / "errors").read_text()
    try:
        return proxy.get_plain("/").status > 0
    except OSError:
        return False


def make_certificate(folder: Path, name: str, also: str) -> None:
    """Make a key, `privkey.pem`, and a certificate that signs itself, `fullchain.pem`."""
    subprocess.run(
        [
            *(needed("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={also}"),
            *("-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"),
        ],
        capture_output=True,
        check=True,
    )


# Each request goes to the next host, but for imports at the desk, which one host has in its folder.
_BALANCING = """
upstream hosts {{
    {servers}
}}
upstream imports {{
    {first}
}}
server {{
    listen 127.0.0.1:{port};
    client_max_body_size 1g;
    proxy_set_header Host $http_host;
    proxy_connect_timeout 5s;
    proxy_next_upstream error timeout http_503;
    location / {{ proxy_pass http://hosts; }}
    location /admin/import {{ proxy_pass http://imports; }}
}}
"""


@contextmanager
def balancing(folder: Path, hosts: Sequence[str]) -> Iterator[str]:
    """Run nginx before several hosts, each given as HOST:PORT; yields its address."""
    folder.mkdir()
    port = free_port()
    # Alternately from the first request on, and again as soon as a host is back.
    servers = "\n    ".join(f"server {one} max_fails=0;" for one in hosts)
    first = servers.replace("max_fails=0", "max_fails=0 backup").replace(" backup", "", 1)
    site = _BALANCING.format(servers=servers, first=first, port=port)
    with _running(Proxy(port, 0, folder), site) as proxy:
        yield f"http://127.0.0.1:{proxy.plain}"
