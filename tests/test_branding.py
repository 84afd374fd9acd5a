"""The app under its owner's name: logo, accent, currency, language, footer, and without tools."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser

from tests.accessibility import violations
from tests.applications import Once, take_in
from tests.browsing import SCHEMES, Look, is_drawn, looking
from tests.pictures import bag, encoded
from tests.serving import served
from tests.test_pages import Page, page
from webapp import create_app
from webapp.exceptions import ConfigError
from webapp.hashing.kinds import KINDS
from webapp.web.branding import accent

Opened = Callable[..., Flask]
PAPERS = {"light": (0xF8, 0xF5, 0xEF), "dark": (0x1B, 0x19, 0x17)}
OTHERS = [one for one in KINDS if one not in {"shape", "colour"}]  # those two are words as well


@pytest.fixture
def opened(eight: Path) -> Opened:
    """Open the catalogue of 8 bags under some settings."""
    return lambda **settings: create_app({"instance": eight, **settings})


@pytest.fixture(scope="session")
def priced(once: Once) -> Path:
    """Take in bags whose prices name no currency, but for the last."""

    def fill(folder: Path) -> None:
        for number in range(3):
            (folder / f"{number}.png").write_bytes(encoded(bag(number), "PNG"))
        rows = "0.png,1299.5,\n1.png,1234567,\n2.png,80,USD\n"
        (folder / "bags.csv").write_text(f"filename,price,currency\n{rows}", "utf-8")
        take_in(create_app({"instance": folder / "instance"}), folder / "bags.csv")

    return once("priced", fill) / "instance"


def shown(app: Flask, target: str = "/") -> Page:
    return page(app.test_client(), target)


@pytest.mark.thorough
def test_pages_manifest_and_shared_links_bear_the_owners_name(opened: Opened) -> None:
    app = opened(name="  Täschner &  Söhne ")
    found = shown(app, "/items/1")
    assert "Hashbag" not in found.html
    assert "· Täschner &amp; Söhne</title>" in found.html
    assert ">Täschner &amp; Söhne</span>" in found.html
    assert [m["content"] for m in found.all("meta") if m.get("property") == "og:site_name"] == [
        "Täschner & Söhne"
    ]
    manifest = app.test_client().get("/manifest.webmanifest").get_json(force=True)
    assert manifest["name"] == manifest["short_name"] == "Täschner & Söhne"
    assert "Hashbag" not in shown(app, "/about").html


def test_a_logo_stands_for_mark_and_name_and_is_the_icon(opened: Opened, tmp_path: Path) -> None:
    Image.new("RGB", (300, 100), "#0a5").save(tmp_path / "logo.png")
    app = opened(name="Vell", logo=str(tmp_path / "logo.png"))
    found = shown(app)
    (logo,) = [one for one in found.all("img") if one.get("class") == "logo"]
    assert (logo["alt"], logo["width"], logo["height"]) == ("Vell", "300", "100")
    client = app.test_client()
    answer = client.get(logo["src"])
    assert (answer.mimetype, answer.data) == ("image/png", (tmp_path / "logo.png").read_bytes())
    assert "immutable" in answer.headers["Cache-Control"]
    (icon,) = [link for link in found.all("link") if link["rel"] == "icon"]
    assert (icon["href"], icon["type"]) == (logo["src"], "image/png")
    for drawn in ("/icons/192.png", "/favicon.ico"):
        picture = Image.open(io.BytesIO(client.get(drawn).data)).convert("RGB")
        middle = picture.getpixel((picture.width // 2, picture.height // 2))
        assert middle == (0, 0xAA, 0x55)


def test_another_logo_has_another_address(opened: Opened, tmp_path: Path) -> None:
    sources = set()
    for colour in ("red", "blue"):
        Image.new("RGB", (30, 30), colour).save(tmp_path / "logo.png")
        pictures = shown(opened(logo=str(tmp_path / "logo.png"))).all("img")
        sources |= {one["src"] for one in pictures if one.get("class") == "logo"}
    assert len(sources) == 2


def test_a_drawing_may_be_the_logo_and_can_do_nothing_by_itself(
    opened: Opened, tmp_path: Path
) -> None:
    drawing = b'<?xml version="1.0"?>\n<!-- ours -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'
    (tmp_path / "logo.svg").write_bytes(drawing)
    answer = opened(logo=str(tmp_path / "logo.svg")).test_client().get("/logo")
    assert (answer.mimetype, answer.data) == ("image/svg+xml", drawing)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_files_are_named_from_the_instance_folder(once: Once) -> None:
    def fill(folder: Path) -> None:
        (folder / "imprint.txt").write_text("Imprint", "utf-8")
        (folder / "config.toml").write_text('footer = "imprint.txt"\n', "utf-8")

    app = create_app({"instance": once("with-a-footer", fill)})
    assert "Imprint" in shown(app).html


def test_without_a_logo_or_accent_there_is_nothing_at_their_addresses(opened: Opened) -> None:
    client = opened().test_client()
    for target in ("/logo", "/accent.css", "/mark.svg"):
        assert client.get(target).status_code == 404


def rules(app: Flask) -> str:
    (sheet,) = [
        link["href"] for link in shown(app).all("link") if "accent.css" in link.get("href", "")
    ]
    answer = app.test_client().get(sheet)
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    return answer.text


@pytest.mark.thorough
def test_an_accent_comes_in_a_style_sheet_with_an_address_of_its_content(opened: Opened) -> None:
    assert "--act: #00508c" in rules(opened(accent="#00508C"))
    first, other = (shown(opened(accent=one)).html for one in ("#00508c", "#006e4f"))
    addresses = [set(re.findall(r"/accent\.css\?v=\w+", html)) for html in (first, other)]
    assert len(addresses[0] | addresses[1]) == 2
    mark = opened(accent="#00508c").test_client().get("/mark.svg")
    assert (mark.mimetype, "#00508c" in mark.text) == ("image/svg+xml", True)


def test_an_accent_that_can_be_read_in_a_theme_is_left_as_it_is() -> None:
    assert accent.read("#7a1f2b").light.accent == "#7a1f2b"
    assert accent.read("#eb9a9f").dark.accent == "#eb9a9f"
    assert accent.read("#fc0").light.act == "#ffcc00"
    assert accent.read("#fc0").light.on_act == "#000000"


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_can_be_read_in_both_themes(colour: int) -> None:
    found = accent.read(f"#{colour:06x}")
    for theme, paper in PAPERS.items():
        shades = getattr(found, theme)
        for ground in (paper, numbers(shades.accent_soft)):
            assert accent.contrast(numbers(shades.accent), ground) >= 4.5
        assert accent.contrast(numbers(shades.act), numbers(shades.on_act)) >= 4.5
        assert accent.contrast(numbers(shades.act), paper) >= 1.25


def numbers(written: str) -> accent.Colour:
    red, green, blue = bytes.fromhex(written[1:])
    return red, green, blue


def prices(app: Flask) -> list[str]:
    return re.findall(r'class="price">([^<]*)<', shown(app, "/browse?sort=price").html)


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ({}, ["$\xa080", "1,299.50", "1,234,567"]),
        ({"currency": "eur"}, ["$\xa080", "€\xa01,299.50", "€\xa01,234,567"]),
        (
            {"currency": "EUR", "language": "de"},
            ["80\xa0$", "1.299,50\xa0€", "1.234.567\xa0€"],
        ),
        ({"language": "fr"}, ["80\xa0$US", "1\u202f299,50", "1\u202f234\u202f567"]),
        ({"currency": "INR", "language": "en_IN"}, ["$80", "₹1,299.50", "₹12,34,567"]),
        ({"language": "en-IN"}, ["$80", "1,299.50", "12,34,567"]),
    ],
)
def test_prices_are_written_in_the_owners_way(
    priced: Path, settings: dict[str, str], written: list[str]
) -> None:
    assert prices(create_app({"instance": priced, **settings})) == written


def test_a_catalogue_without_currencies_narrows_by_price_in_the_owners(
    priced: Path, opened: Opened
) -> None:
    assert "Price in $" in shown(create_app({"instance": priced})).html
    assert "Price in €" in shown(opened()).html  # the bags have it


def test_the_footer_is_text_with_links_and_never_markup(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "footer.txt").write_text(
        "\ufeffVell GmbH, Street 1\r\nwrite to <b>us</b> <script>x</script>\r\n\r\n"
        "Imprint: https://vell.example/imprint?a=1&b=2\n"
        "Privacy: javascript:alert(1)\nmore at https://vell.example/more.\n",
        "utf-8",
    )
    found = shown(opened(footer=str(tmp_path / "footer.txt")))
    footer = found.html[found.html.index("<footer>") : found.html.index("</footer>")]
    assert "Vell GmbH, Street 1<br>write to &lt;b&gt;us&lt;/b&gt; &lt;script&gt;" in footer
    links = [(a["href"], a.get("rel")) for a in found.all("a") if "vell" in a["href"]]
    assert links == [
        ("https://vell.example/imprint?a=1&b=2", "noopener"),
        ("https://vell.example/more", "noopener"),
    ]
    assert ">Imprint</a>" in footer
    assert 'href="javascript' not in found.html


HIDDEN = ("/compare?item=1", "/map", "/duplicates", "/why?item=1&to=2")


@pytest.mark.parametrize("target", HIDDEN)
def test_tools_are_not_there_when_they_are_off(opened: Opened, target: str) -> None:
    assert opened(tools="off").test_client().get(target).status_code == 404
    assert opened().test_client().get(target).status_code == 200


@pytest.mark.thorough
def test_without_tools_no_page_names_a_kind_or_leads_to_a_tool(opened: Opened) -> None:
    app = opened(tools="off")
    client = app.test_client()
    photo = (io.BytesIO(encoded(bag(3), "PNG")), "photo.png")
    result = client.post("/search", data={"image": photo}).headers["Location"]
    by_hand = ("/items/1?by=whash", "/list?ids=1,2&by=whash")
    for target in (
        "/",
        "/browse",
        "/items/1",
        "/search",
        result,
        "/list?ids=1,2",
        *by_hand,
        "/about",
    ):
        found = shown(app, target)
        words = re.sub(r"<[^>]*>", " ", found.html)
        for kind in OTHERS:
            assert kind not in words, (target, kind)
        assert "<b>look</b>" not in found.html
        for tool in ("/compare", "/map", "/duplicates", "/why"):
            assert not [a for a in found.all("a") if a["href"].startswith(tool)], (target, tool)
    assert "Compare" in shown(opened(), "/items/1").html
    assert "/map" not in client.get("/sitemap.xml").text


def test_without_tools_the_words_under_a_bag_mean_what_they_mean_with_them(opened: Opened) -> None:
    """But for the same picture: of that the shorter page has no figures, and promises nothing."""
    with_tools, without = (
        re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", shown(app, "/about").html)
        for app in (opened(), opened(tools="off"))
    )
    assert len(without) == 4
    assert without[1:] == with_tools[1:]
    assert without[0][1].startswith("Nearly always")


@pytest.mark.slow
@pytest.mark.parametrize("accent_colour", ["#ffd400", "#101010"])
def test_people_see_the_logo_and_axe_finds_nothing_wrong_with_an_owners_colours(
    chromium: Browser, eight: Path, tmp_path: Path, accent_colour: str
) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><rect width="4" height="1"/>'
    )
    (tmp_path / "logo.svg").write_text(f"{drawing}</svg>", "utf-8")
    (tmp_path / "footer.txt").write_text("Vell\nImprint: https://vell.example/imprint", "utf-8")
    settings = {
        "HASHBAG_NAME": "Vell",
        "HASHBAG_LOGO": str(tmp_path / "logo.svg"),
        "HASHBAG_ACCENT": accent_colour,
        "HASHBAG_FOOTER": str(tmp_path / "footer.txt"),
    }
    with served(eight, 1, settings) as server:
        for target in ("/items/1", "/search", "/about"):
            for scheme in SCHEMES:
                assert violations(chromium, server.url + target, scheme) == [], (target, scheme)
        with looking(chromium, server, Look(390, "dark")) as tab:
            tab.goto("/")
            assert is_drawn(tab.locator(".logo"))
            said = tab.evaluate(
                "getComputedStyle(document.documentElement).getPropertyValue('--act')"
            )
            assert said == accent.read(accent_colour).dark.act


WRONG = [
    ({"name": " "}, "HASHBAG_NAME"),
    ({"name": "x" * 41}, "HASHBAG_NAME"),
    ({"name": "a\x07b"}, "HASHBAG_NAME"),
    ({"logo": "nowhere.png"}, "HASHBAG_LOGO"),
    ({"logo": "page.html"}, "HASHBAG_LOGO"),
    ({"logo": "cut.png"}, "HASHBAG_LOGO"),
    ({"logo": "large.svg"}, "HASHBAG_LOGO"),
    ({"logo": "wide.png"}, "HASHBAG_LOGO"),
    ({"accent": "red"}, "HASHBAG_ACCENT"),
    ({"accent": "#12345"}, "HASHBAG_ACCENT"),
    ({"accent": "#12;}*{"}, "HASHBAG_ACCENT"),
    ({"currency": "EURO"}, "HASHBAG_CURRENCY"),
    ({"language": "klingon"}, "HASHBAG_LANGUAGE"),
    ({"language": "../de"}, "HASHBAG_LANGUAGE"),
    ({"footer": "nowhere.txt"}, "HASHBAG_FOOTER"),
    ({"footer": "cut.png"}, "HASHBAG_FOOTER"),
    ({"footer": "large.svg"}, "HASHBAG_FOOTER"),
    ({"footer": "."}, "HASHBAG_FOOTER"),
    ({"tools": "no"}, "HASHBAG_TOOLS"),
]


@pytest.mark.parametrize(("settings", "named"), WRONG)
def test_a_setting_that_cannot_be_used_is_named_at_the_start(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    (tmp_path / "page.html").write_text("<html><svg></svg></html>", "utf-8")
    (tmp_path / "cut.png").write_bytes(encoded(bag(1), "PNG")[:200])
    (tmp_path / "large.svg").write_bytes(b"<svg>" + b" " * 600_000)
    Image.new("1", (5000, 2)).save(tmp_path / "wide.png")
    with pytest.raises(ConfigError, match=named):
        create_app({"instance": tmp_path, **settings})
