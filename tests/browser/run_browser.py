"""
The pages in a real browser: Debian's Chromium, driven by Playwright, against real servers.

Not collected with the other tests: `nox -s browser` runs it. `BROWSER_SHOTS=folder` keeps pictures of what was seen.
"""

from __future__ import annotations

import asyncio
import os

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from people import RIGHT, WRONG
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect
from web.services import Service, in_aiohttp, in_asgi, service

from belvo_async.sandbox import Fault
from belvo_async.web import Look


pytestmark = [pytest.mark.anyio, pytest.mark.timeout(100)]

FLOW = "order-17"

PATCH = "PATCH /api/links/"

CHROMIUM: Final = "/usr/bin/chromium"

SWITCHES: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SIZES: Final = {"desktop": (1280, 800), "phone": (375, 740)}

SHOTS = os.environ.get("BROWSER_SHOTS")

expect.set_options(timeout=20_000)


@pytest.fixture(name="browser", scope="module")
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        await browser.close()


@pytest.fixture(name="complaints")
def _complaints() -> list[str]:
    return []


Open = Callable[..., AbstractAsyncContextManager[BrowserContext]]


@pytest.fixture(name="opened")
def _opened(browser: Browser, complaints: list[str]) -> Open:
    """
    Return what opens a fresh browser, whose every complaint is kept: of scripts, and of what the policy forbids.
    """

    @asynccontextmanager
    async def opened(size: str = "desktop", **options: Any) -> AsyncIterator[BrowserContext]:
        width, height = SIZES[size]
        context = await browser.new_context(
            viewport={"width": width, "height": height}, **{"locale": "en-GB", **options}
        )
        # 404 and the like are told as errors of the console, and are answers.
        context.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type in {"error", "warning"} and "Failed to load resource" not in said.text
                else None
            ),
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        try:
            yield context
        finally:
            await context.close()

    return opened


async def picture(page: Page, name: str) -> None:
    """
    Keep a picture, if they are wanted.
    """
    if SHOTS is not None:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def is_readable(page: Page) -> None:
    """
    Check that nothing has to be scrolled sideways, and that everything that can be pressed has a name and a size.
    """
    wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    small = await page.evaluate(
        """[...document.querySelectorAll('main button, main input[type=text], main a, footer a, footer button')]
        .filter(one => one.getBoundingClientRect().height < 40 || !(one.textContent || one.labels?.length))
        .map(one => one.outerHTML)"""
    )

    assert (False, []) == (wide, small)


async def start(made: Service, username: str = "mfa_default") -> None:
    """
    Begin the one flow of a test.
    """
    await made.begin(FLOW, username)


KINDS = {
    "text": ("mfa_default", "Enter your code"),
    "numeric": ("mfa_numeric", "Use this number"),
    "qr": ("mfa_qr", "Scan the QR code"),
    "scan": ("mfa_qr_scan", "Scan the QR code"),
    "inputless": ("mfa_inputless", "Confirm on your phone"),
    "unknown": ("mfa_unknown", "Your bank wants a confirmation"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind(opened: Open, complaints: list[str], kind: str, size: str) -> None:
    """
    Each kind of challenge is shown, is answered, and ends in the same page without being loaded anew.
    """
    username, heading = KINDS[kind]
    serve = in_asgi if size == "desktop" else in_aiohttp
    async with service() as made, opened(size) as context:
        await start(made, username)
        page = made.prompt_page(look=Look(brand="Acme Finance", done_url="/accounts"))
        async with serve(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            await expect(tab.get_by_role("heading")).to_have_text(heading)
            await expect(tab.get_by_role("timer")).to_contain_text("9 min")
            await is_readable(tab)
            await picture(tab, f"{kind}-{size}")
            made.gate.clear()
            if kind in {"scan", "inputless"}:
                await tab.get_by_role("button", name="confirmed").click()
            else:
                await tab.get_by_label("Code", exact=True).fill(RIGHT)
                await tab.get_by_role("button", name="Send").click()
            await expect(tab.get_by_role("heading")).to_have_text("Your bank is checking your answer")
            await is_readable(tab)
            await picture(tab, f"{kind}-checking-{size}")
            made.gate.set()
            await expect(tab.get_by_role("heading")).to_have_text("Done")
            await expect(tab.get_by_role("heading")).to_be_focused()
            await is_readable(tab)
            await picture(tab, f"{kind}-done-{size}")

        assert 1 == made.sandbox.counts[PATCH]
    assert [] == complaints


async def test_a_wrong_token_and_the_keyboard(opened: Open, complaints: list[str]) -> None:
    """
    With the keyboard alone: nothing typed, a wrong token, which brings a fresh question by itself, and the right one.
    """
    async with service() as made, opened("phone", color_scheme="dark") as context:
        await start(made)
        page = made.prompt_page()
        async with in_asgi(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            await tab.keyboard.press("Tab")
            await expect(tab.get_by_label("Code", exact=True)).to_be_focused()
            await tab.keyboard.type("   ")
            await tab.keyboard.press("Enter")
            await expect(tab.get_by_role("alert")).to_have_text("Enter the code.")
            await picture(tab, "problem-dark-phone")
            await tab.keyboard.press("Tab")
            await tab.keyboard.type(WRONG)
            await tab.keyboard.press("Enter")
            await expect(tab.get_by_role("status")).to_contain_text("Your bank asks again")
            await is_readable(tab)
            await picture(tab, "again-dark-phone")
            field = tab.get_by_label("Code", exact=True)
            while not await field.evaluate("one => one === document.activeElement"):
                await tab.keyboard.press("Tab")
            await tab.keyboard.type(RIGHT)
            await tab.keyboard.press("Enter")
            await expect(tab.get_by_role("heading")).to_have_text("Done")

        assert 2 == made.sandbox.counts[PATCH]
    assert [] == complaints


async def test_expiry(opened: Open, complaints: list[str]) -> None:
    """
    When the time is up the page says so by itself, and offers to start over.
    """
    async with service(expiry=3) as made, opened("phone") as context:
        await start(made)
        page = made.prompt_page(look=Look(language="en", again_url="/connect"))
        async with in_aiohttp(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            await expect(tab.get_by_role("heading")).to_have_text("Time is up")
            await expect(tab.get_by_role("link", name="Start over")).to_have_attribute("href", "/connect")
            await picture(tab, "expired-phone")

        assert 0 == made.sandbox.counts[PATCH]
    assert [] == complaints


@pytest.mark.parametrize(
    ("locale", "code", "heading", "told"),
    [
        ("en-GB", "login_error", "Your bank did not accept the login", "Check your details"),
        ("en-GB", "institution_down", "The connection to your bank did not work", "Try again later"),
        ("es-MX", "institution_down", "No pudimos completar la conexión", "más tarde"),
        ("pt-BR", "institution_down", "Não conseguimos completar a conexão", "mais tarde"),
    ],
)
async def test_what_went_wrong(
    opened: Open, complaints: list[str], locale: str, code: str, heading: str, told: str
) -> None:
    """
    A user is sent to look at the password only if the bank did not take it; either way there is a way to start over.
    """
    async with service() as made, opened("phone", locale=locale) as context:
        await start(made)
        page = made.prompt_page(look=Look(again_url="/connect"))
        async with in_asgi(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            made.sandbox.faults.add(Fault(kind="answer", operation="PATCH *", status=400, code=code))
            await tab.locator("input[name=token]").fill(RIGHT)
            await tab.keyboard.press("Enter")
            await expect(tab.get_by_role("heading")).to_have_text(heading)
            await expect(tab.get_by_text(told)).to_be_visible()
            await expect(tab.locator("main a.button")).to_have_attribute("href", "/connect")
            await is_readable(tab)
            await picture(tab, f"{code}-{locale}")

        assert 1 == made.sandbox.counts[PATCH]
    assert [] == complaints


async def test_two_tabs_at_once(opened: Open, complaints: list[str]) -> None:
    """
    Two tabs that answer at once send one PATCH, and both come to the end.
    """
    async with service() as made, opened() as context:
        await start(made)
        page = made.prompt_page()
        async with in_asgi(page) as address:
            # Neither form arrives before both were sent, or the slower tab would have gone on by itself.
            both = asyncio.Barrier(2)

            async def hold(route: Route) -> None:
                if route.request.method == "POST":
                    await both.wait()
                await route.continue_()

            await context.route("**/challenge/*", hold)
            tabs = [await context.new_page() for _ in range(2)]
            for tab in tabs:
                await tab.goto(address + page.path(FLOW))
                await tab.get_by_label("Code", exact=True).fill(RIGHT)
            send = [tab.get_by_role("button", name="Send") for tab in tabs]
            await asyncio.gather(*(button.click(no_wait_after=True) for button in send))
            for tab in tabs:
                await expect(tab.get_by_role("heading")).to_have_text("Done")

        assert 1 == made.sandbox.counts[PATCH]
    assert [] == complaints


async def test_a_tab_that_only_looks(opened: Open, complaints: list[str]) -> None:
    """
    A second tab goes on by itself when the first one answers.
    """
    async with service() as made, opened() as context:
        await start(made, "mfa_twice")
        page = made.prompt_page()
        async with in_aiohttp(page) as address:
            first, second = [await context.new_page() for _ in range(2)]
            for tab in (first, second):
                await tab.goto(address + page.path(FLOW))
            await first.get_by_label("Code", exact=True).fill(RIGHT)
            await first.get_by_role("button", name="Send").click()
            for tab in (second, first):
                await expect(tab.get_by_role("heading")).to_have_text("Use this number")
            await second.get_by_label("Code", exact=True).fill(RIGHT)
            await second.get_by_role("button", name="Send").click()
            for tab in (first, second):
                await expect(tab.get_by_role("heading")).to_have_text("Done")

        assert 2 == made.sandbox.counts[PATCH]
    assert [] == complaints


async def test_the_back_button(opened: Open, complaints: list[str]) -> None:
    """
    Whoever goes back after the end finds the end, and no form.
    """
    async with service() as made, opened() as context:
        await start(made)
        page = made.prompt_page()
        async with in_asgi(page) as address:
            tab = await context.new_page()
            await tab.goto(f"{address}{page.path(FLOW)}?lang=pt")
            await tab.goto(f"{address}{page.path(FLOW)}?lang=en")
            await tab.get_by_label("Code", exact=True).fill(RIGHT)
            await tab.get_by_role("button", name="Send").click()
            await expect(tab.get_by_role("heading")).to_have_text("Done")
            for _ in range(2):
                await tab.go_back()
                await expect(tab.get_by_role("textbox")).to_have_count(0)

        assert 1 == made.sandbox.counts[PATCH]
    assert [] == complaints


@pytest.mark.parametrize("size", SIZES)
async def test_without_scripts(opened: Open, complaints: list[str], size: str) -> None:
    """
    Without scripts forms and reloading lead to the end.
    """
    async with service() as made, opened(size, java_script_enabled=False) as context:
        await start(made)
        page = made.prompt_page()
        async with in_aiohttp(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            await expect(tab.get_by_role("timer")).to_contain_text("when this page was opened")
            await picture(tab, f"no-scripts-{size}")
            made.gate.clear()
            await tab.get_by_label("Code", exact=True).fill(RIGHT)
            await tab.get_by_role("button", name="Send").click()
            await expect(tab.get_by_role("link", name="Refresh")).to_be_visible()
            await picture(tab, f"no-scripts-checking-{size}")
            made.gate.set()
            await expect(tab.get_by_role("heading")).to_have_text("Done")

        assert 1 == made.sandbox.counts[PATCH]
    assert [] == complaints


@pytest.mark.parametrize(
    ("locale", "heading", "other", "then"),
    [
        ("es-MX", "Ingresa tu código", "Português", "Digite o seu código"),
        ("pt-BR", "Digite o seu código", "English", "Enter your code"),
        ("fr-FR", "Ingresa tu código", "English", "Enter your code"),
    ],
)
async def test_languages(
    opened: Open, complaints: list[str], locale: str, heading: str, other: str, then: str
) -> None:
    """
    The browser's language is taken, another can be chosen, and stays.
    """
    async with service() as made, opened("phone", locale=locale) as context:
        await start(made)
        page = made.prompt_page(look=Look())
        async with in_asgi(page) as address:
            tab = await context.new_page()
            await tab.goto(address + page.path(FLOW))
            await expect(tab.get_by_role("heading")).to_have_text(heading)
            await is_readable(tab)
            await picture(tab, f"{locale}-phone")
            await tab.get_by_role("link", name=other).click()
            await expect(tab.get_by_role("heading")).to_have_text(then)
            await tab.goto(address + page.path(FLOW))
            await expect(tab.get_by_role("heading")).to_have_text(then)
    assert [] == complaints


async def test_a_ticket(opened: Open, complaints: list[str]) -> None:
    """
    With nothing on the server: a wrong token, another language, the right token; and a form that is sent again sends nothing.
    """
    async with service() as made, opened("phone") as context:
        pages = made.ticket_page()
        async with in_aiohttp(pages) as address:
            ticket = await made.ticket()
            shown = pages.show(ticket, accept_language="en")
            tab = await context.new_page()

            # As the service itself would answer with it.
            await context.route(
                f"{address}/links",
                lambda route: route.fulfill(
                    status=shown.status, headers=dict(shown.headers), body=shown.body.decode()
                ),
            )
            await tab.goto(f"{address}/links")
            await is_readable(tab)
            await tab.get_by_label("Code", exact=True).fill(WRONG)
            await tab.get_by_role("button", name="Send").click()
            await expect(tab.get_by_role("status")).to_contain_text("asks again")
            await tab.get_by_role("button", name="Português").click()
            await expect(tab.get_by_role("heading")).to_have_text("Digite o seu código")
            await picture(tab, "ticket-phone")
            await tab.get_by_role("textbox").fill(RIGHT)
            await tab.get_by_role("button", name="Enviar").click()
            await expect(tab.get_by_role("heading")).to_have_text("Pronto")
            await tab.reload()
            await expect(tab.get_by_role("heading")).to_have_text("Você já respondeu")

        assert 2 == made.sandbox.counts[PATCH]
        assert 1 == len(made.completed)
    assert [] == complaints
