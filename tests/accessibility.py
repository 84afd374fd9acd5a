"""What axe-core finds wrong with a page as Chromium shows it."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page


def violations(browser: Browser, url: str, scheme: Literal["light", "dark"]) -> list[str]:
    """Name each violation with the first element that it concerns."""
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.goto(url)
        # Folded parts are pages' parts too.
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        return violations_of(page)
    finally:
        context.close()


def violations_of(page: Page) -> list[str]:
    """Do the same for a page as it is, in a context that bypasses its content policy."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target'][0]}: {one['help']}" for one in found]
