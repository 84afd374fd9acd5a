"""What people write is shown and never run: in a browser that is told to ignore our policy."""

import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page

from tests.applications import draw_map, take_in
from tests.pictures import bag
from tests.serving import HANGS, Server, served
from webapp import create_app
from webapp.catalog.import_outcome import Outcome

pytestmark = pytest.mark.slow

OWNER = "of-the-owner"
ITEMS = 6
RUN = "window.hacked=1;alert(1)"
TEXTS = (
    f"<script>{RUN}</script>",
    f'"><img src=x onerror="{RUN}">',
    f"' autofocus onfocus='{RUN}' x='",
    f"</title></textarea></script><svg onload={RUN}>",
    f"javascript:{RUN}//",
    "{{ 7*7 }}{% raw %}<b>${RUN}",
)
COLUMNS = ("title", "brand", "price", "currency", "colour", "category", "url")
OWN_COLUMN = f'<img src=x onerror="{RUN}">'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a catalogue in which every text is an attack, under a name that is one."""
    folder = tmp_path_factory.mktemp("written")
    photos, instance = folder / "photos", folder / "instance"
    photos.mkdir()
    lines = ["\t".join(("filename", *COLUMNS, OWN_COLUMN, "season"))]
    for number in range(ITEMS):
        text = TEXTS[number % len(TEXTS)]
        name = f"{number}{text.replace('/', '_')}.png"
        bag(number).save(photos / name, "PNG")
        quoted = text.replace('"', '""')
        cells = [
            name.replace('"', '""'),
            *[quoted] * (len(COLUMNS) + 1),
            TEXTS[1].replace('"', '""'),
        ]
        lines.append("\t".join(f'"{cell}"' for cell in cells))
    manifest = photos / "list.csv"
    manifest.write_text("\n".join(lines) + "\n", "utf-8")
    app = create_app({"instance": instance})
    assert take_in(app, manifest).count(Outcome.ADDED) == ITEMS
    draw_map(app)
    (instance / "footer.txt").write_text("\n\n".join(TEXTS), "utf-8")
    settings = {
        "HASHBAG_NAME": '<img src=x onerror="alert(1)">',
        "HASHBAG_FOOTER": "footer.txt",
        "HASHBAG_ADMIN_TOKEN": OWNER,
        "HASHBAG_EMBED_ORIGINS": "https://shop.example",
    }
    with served(instance, 1, settings) as found:
        yield found
    shutil.rmtree(instance)


@pytest.fixture
def page(chromium: Browser, server: Server) -> Iterator[Page]:
    """Open a tab that would run whatever stood in a page, and fail where anything was."""
    context = chromium.new_context(base_url=server.url, bypass_csp=True)
    tab = context.new_page()
    tab.set_default_timeout(1000 * HANGS)
    ran: list[str] = []

    def heard(dialog: Dialog) -> None:
        ran.append(tab.url)
        dialog.dismiss()

    tab.on("dialog", heard)
    yield tab
    context.close()
    assert not ran, ran


def see(page: Page, target: str) -> None:
    page.goto(target)
    assert page.evaluate("window.hacked") is None, target
    assert page.locator("img[src=x], svg[onload], [onfocus], [onerror]").count() == 0, target
    links = page.locator("a[href^='javascript:' i]")
    assert links.count() == 0, target


PAGES = (
    "/",
    "/browse",
    "/compare?item=1",
    "/why?item=1&to=2",
    "/duplicates?distance=20",
    "/map",
    "/map?view=list",
    "/map?colour_by=category",
    "/list?ids=1,2,3",
    "/search",
    "/about",
    "/api",
    "/help/embed",
    "/embed/search",
    *(f"/items/{number + 1}" for number in range(ITEMS)),
    *(f"/embed/items/{number + 1}" for number in range(ITEMS)),
)


@pytest.mark.parametrize("target", PAGES)
def test_what_is_in_the_catalogue_is_shown_and_not_run(page: Page, target: str) -> None:
    see(page, target)


ASKED = (
    "/?text={}",
    "/browse?text={}&brand={}&colour={}&category={}&season={}&min_price={}",
    "/?seed={}",
    "/items/1?by={}&tint={}",
    "/items/1?trail={}",
    "/search?q={}",
    "/compare?item={}",
    "/list?ids={}",
    "/map?colour_by={}&only={}",
    "/help/{}",
    "/nowhere/{}",
    "/items/by/filename/{}",
    "/items/by/{}/x",
    "/embed/items/1?n={}&theme={}",
    "/admin/sign-in?to={}",
    "/duplicates?by={}&distance={}",
)


@pytest.mark.parametrize("target", ASKED)
def test_what_is_in_an_address_is_shown_and_not_run(page: Page, target: str) -> None:
    for text in TEXTS[:4]:
        see(page, target.replace("{}", quote(text, safe="")))


@pytest.mark.parametrize(
    "target",
    [
        "/admin",
        "/admin/bags",
        "/admin/add",
        "/admin/many",
        "/admin/import",
        "/admin/duplicates",
        "/admin/removed",
        *(f"/admin/items/{number + 1}" for number in range(ITEMS)),
        f"/admin/bags?text={quote(TEXTS[1], safe='')}",
    ],
)
def test_the_desk_shows_it_and_does_not_run_it(page: Page, target: str) -> None:
    page.goto("/admin/sign-in")
    page.get_by_label("Token").fill(OWNER)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin")
    see(page, target)


def test_the_attack_would_be_seen(chromium: Browser, server: Server) -> None:
    """A page that has it runs it, in such a tab: so the other tests would tell."""
    context = chromium.new_context(bypass_csp=True)
    tab = context.new_page()
    tab.route("**/hacked", lambda route: route.fulfill(body=TEXTS[1], content_type="text/html"))
    ran: list[str] = []

    def heard(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    tab.on("dialog", heard)
    tab.goto(f"{server.url}/hacked")
    context.close()
    assert ran == ["1"]
