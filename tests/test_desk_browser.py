"""The desk as its owner uses it in Chromium, with scripts and without; and as others cannot."""

import csv
import http.server
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accessibility import violations_of
from tests.browsing import HEIGHT, SCHEMES, Look, is_drawn, looking
from tests.hosts import lose_one, two_hosts
from tests.pictures import bag, catalogue, encoded
from tests.serving import Server, served

pytestmark = pytest.mark.slow
OWNER = "of-the-owner"


@pytest.fixture
def server(eight: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Serve 8 bags by two workers, or where a test says so by two hosts."""
    if getattr(request, "param", "") == "two hosts":
        with two_hosts(request, tmp_path / "hosts", catalogue(tmp_path / "photos", 8)) as front:
            yield front
        return
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    with served(instance, settings={"HASHBAG_ADMIN_TOKEN": OWNER}) as server:
        yield server


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Draw photos, and make a list with its zip."""
    for number in (50, 51):
        (tmp_path / f"{number}.png").write_bytes(encoded(bag(number), "PNG"))
    with (tmp_path / "list.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [("filename", "title", "price"), ("60.png", "Sent", "7"), ("no.png", "", "")]
        )
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("60.png", encoded(bag(60), "PNG"))
    return tmp_path


def sign_in(page: Page) -> None:
    page.goto("/admin")
    page.get_by_label("Token").fill(OWNER)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="The desk")).to_be_visible()


def add(page: Page, photo: Path, title: str) -> None:
    page.get_by_role("link", name="Add a bag", exact=True).click()
    page.get_by_label("Its photo, or several").set_input_files(photo)
    page.get_by_label("Title").fill(title)
    page.get_by_label("Price").fill("12,50 €")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


@pytest.mark.parametrize(
    "look", [Look(1280), Look(1280, scripts=False), Look(390, "dark")], ids=str
)
def test_an_owner_works_a_day_at_the_desk(
    chromium: Browser, server: Server, files: Path, look: Look
) -> None:
    work_a_day(chromium, server, files, look)


@pytest.mark.xdist_group("milvus")
@pytest.mark.parametrize("server", ["two hosts"], indirect=True)
def test_an_owner_works_a_day_at_two_hosts_of_which_one_is_lost(
    chromium: Browser, server: Server, files: Path
) -> None:
    work_a_day(chromium, server, files, Look(1280))


def work_a_day(chromium: Browser, server: Server, files: Path, look: Look) -> None:
    # Answers that are errors on purpose are told by the browser too.
    with looking(chromium, server, look, expect="status of (404|422)|^(404|422) ") as page:
        sign_in(page)
        add(page, files / "50.png", "A new bag")
        expect(page.get_by_text("Nothing else here has the same picture")).to_be_visible()
        assert is_drawn(page.locator(".subject img"))
        add(page, files / "50.png", "The same again")
        expect(page.get_by_text("It seems to be here already")).to_be_visible()
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_role("heading", name="The same again")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone: the bag is back")).to_be_visible()

        page.get_by_label("Price").fill("dear")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("This is not a price")).to_be_visible()
        page.get_by_label("Price").fill("15")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved The same again")).to_be_visible()

        page.get_by_role("link", name="Bags", exact=True).click()
        page.locator(".filters summary").click()
        page.get_by_role("checkbox", name="Ora 3").check()
        page.get_by_role("button", name="Show these").click()
        page.get_by_role("link", name="Change or remove all 3").click()
        page.get_by_label("Value; empty takes it away").fill("99")
        page.get_by_role("button", name="See what changes").click()
        expect(page.get_by_role("heading", name="Set price of 3 bags")).to_be_visible()
        page.get_by_role("button", name="Change 3 bags").click()
        expect(page.get_by_text("Changed 3 of 3")).to_be_visible()

        lose_one(server)
        page.get_by_role("link", name="The same twice").click()
        page.get_by_role("button", name="Not the same").click()
        expect(page.get_by_text("Remembered: they are not the same")).to_be_visible()

        page.get_by_role("link", name="Import", exact=True).click()
        page.get_by_label("The list").set_input_files(files / "list.csv")
        page.get_by_label("Its photos").set_input_files(files / "photos.zip")
        page.get_by_role("button", name="See what would change").click()
        page.get_by_role("button", name="Take it in").click()  # once it is there
        page.get_by_role("link", name="What came of it").click()
        expect(page.get_by_text("no photo of this name was sent")).to_be_visible()

        page.get_by_role("link", name="Overview").click()
        expect(page.get_by_text("What people search")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        page.goto("/admin/bags")
        expect(page.get_by_label("Token")).to_be_visible()
        page.goto("/browse?text=sent")
        expect(page.get_by_text("Sent").first).to_be_visible()


def test_no_page_of_the_desk_keeps_anybody_out(
    chromium: Browser, server: Server, files: Path
) -> None:
    context = chromium.new_context(base_url=server.url, bypass_csp=True, reduced_motion="reduce")
    faults: list[str] = []
    try:
        page = context.new_page()
        page.goto("/admin")
        _look(page, faults)
        sign_in(page)
        for _ in range(2):
            add(page, files / "50.png", "A bag with a rather long title that is there twice")
        _look(page, faults)
        visited = (
            *("/admin", "/admin/add", "/admin/items/9", "/admin/bags", "/admin/bags?text=zzz"),
            *("/admin/many?brand=Ora", "/admin/many/check?brand=Ora&many.do=remove"),
            *("/admin/duplicates", "/admin/import", "/admin/sizes"),
        )
        for address in visited:
            page.goto(address)
            _look(page, faults)
        page.goto("/admin/items/10")
        page.get_by_role("button", name="Remove this bag").click()
        _look(page, faults)
    finally:
        context.close()
    assert not faults, faults


def _look(page: Page, faults: list[str]) -> None:
    """Look at a page in both schemes, on a phone and on a wide screen."""
    page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = violations_of(page)
            faults += [f"{page.url} {width} {scheme}: {one}" for one in found]
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        faults += [f"{page.url} {width}: {beyond} px too wide"] if beyond > 0 else []


FORMS = """<!doctype html><title>Elsewhere</title>
<form id="plain" method="post" action="{desk}/admin/items/3/remove"><button>Go</button></form>
<form id="many" method="post" action="{desk}/admin/many?many.do=remove"><button>Go</button></form>
<form id="file" method="post" enctype="multipart/form-data" action="{desk}/admin/add">
<input name="title" value="Planted"><button>Go</button></form>
<form id="out" method="post" action="{desk}/admin/sign-out"><button>Go</button></form>
"""


def test_a_form_of_another_site_writes_nothing(chromium: Browser, server: Server) -> None:
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(FORMS.replace("{desk}", server.url).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    before = server.get("/api/v1/items?page=1").json["total"]
    context = chromium.new_context(base_url=server.url)
    try:
        page = context.new_page()
        sign_in(page)
        # By another port it is another origin of the same site, to which all cookies go; by
        # another name it is another site.
        for host in ("127.0.0.1", "localhost"):
            for form in ("plain", "many", "file", "out"):
                page.goto(f"http://{host}:{site.server_port}/")
                with page.expect_navigation():
                    page.locator(f"#{form} button").click()
                expect(page.get_by_role("heading", name="Nothing was changed")).to_be_visible()
                page.goto("/admin")
                expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        # Nor can it show the desk in a frame, or read it.
        page.goto(f"http://localhost:{site.server_port}/")
        script = "address => fetch(address, {credentials: 'include'}).then(() => 1, () => 0)"
        assert page.evaluate(script, f"{server.url}/admin") == 0
    finally:
        context.close()
        site.shutdown()
        site.server_close()
    assert server.get("/api/v1/items?page=1").json["total"] == before
    assert server.get("/api/v1/items/3").status == 200
