"""A real Chromium (Debian's) before the real service, a recording as its microphone.

`make test-page` installs the browser where it can; without one these tests skip and say so.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from dialog.audio.decoding import decode
from dialog.audio.pcm import write_wav
from tests.service.serving import ROOT, SAMPLES, Running, free_port, serving

CHROMIUM = "/usr/bin/chromium"
# `make test-page SCREENSHOTS=docs/screenshots` renews those of the documentation.
SCREENSHOTS = ROOT / os.environ.get("SCREENSHOTS", "build/screenshots")
KEY = "page-key"
MICROPHONE_HZ = 48_000
FLAGS = [
    "--no-sandbox",  # root may start it no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]

# An answer is timed when it has been spoken to its end, on whatever machine this is.
expect.set_options(timeout=60_000)

Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home, phone = tmp_path_factory.mktemp("home"), str(free_port())
    with serving(home, api_keys=KEY, audiosocket_port=phone, record="true") as running:
        running.beseda("ingest", str(SAMPLES / "knowledge"))
        running.client.headers["Authorization"] = f"Bearer {KEY}"
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium: apt-get install chromium")
    spoken = np.concatenate(list(decode(SAMPLES / "questions" / "q3.wav", MICROPHONE_HZ)))
    silence = np.zeros(MICROPHONE_HZ * 2, np.float32)
    microphone = tmp_path_factory.mktemp("microphone") / "question.wav"
    write_wav(microphone, np.concatenate([silence, spoken, *([silence] * 30)]), MICROPHONE_HZ)
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, service: Running) -> Iterator[Opened]:
    """Opens the page; afterwards nothing may have gone wrong in its console."""
    troubles: list[str] = []
    contexts = []

    def console(said: ConsoleMessage) -> None:
        if said.type == "error":
            troubles.append(said.text)

    def opened(*, width: int = 1280, height: int = 800, locale: str = "ru-RU",
               dark: bool = False, key: str | None = KEY) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme="dark" if dark else "light",
            permissions=["microphone"],
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        if key is not None:
            context.add_init_script(f"sessionStorage.setItem('beseda.key', '{key}')")
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", console)
        page.goto(service.url)
        return page

    yield opened
    for context in contexts:
        context.close()
    told = [one for one in troubles if "status of 4" not in one]  # refusals that tests provoke
    assert told == []


def picture(page: Page, name: str) -> Path:
    """A screenshot, for the documentation and for who looks into a failure."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path
