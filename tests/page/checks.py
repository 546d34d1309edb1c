"""`make check-page`: the audit's page in headless Chromium, as a file, without network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hermipy import page as written
from tests.page import documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
COPIES = 500  # of 6 programs


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "audit.html"
    with path.open("wb") as stream:
        written.write(documents.audit(COPIES), stream)
    return path


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, file: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from opened(browser, file, DESKTOP, request.param)


@pytest.fixture
def phone(browser: Browser, file: Path) -> Iterator[Page]:
    yield from opened(browser, file, PHONE, "light")


def opened(browser: Browser, file: Path, size: dict[str, int], scheme: str) -> Iterator[Page]:
    """A page that must end without a complaint and without having asked for anything."""
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
    page, complaints, asked = context.new_page(), [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    assert complaints == []
    assert {url.partition("#")[0] for url in asked if url != "data:,"} == {file.as_uri()}
    context.close()


def paths(page: Page) -> list[str]:
    return page.locator("tr.program .name").all_inner_texts()


def test_words_narrow_the_table_to_what_has_them_all(page: Page) -> None:
    page.fill("#search", "copies/7/ riscv64")
    assert paths(page) == [f"/copies/7/usr/bin/{name}" for name in ("bpftool", "cat", "lost", "sh")]
    assert page.inner_text("#count") == "4 of 3,000"


def test_the_name_of_a_syscall_finds_who_makes_it_and_who_lacks_it(page: Page) -> None:
    page.fill("#search", "copies/7/ personality")
    assert paths(page) == ["/copies/7/usr/bin/cat"]
    page.fill("#search", "copies/7/ lacks:wait4")
    assert len(paths(page)) == 2
    page.fill("#search", "copies/7/ lacks:write")
    assert paths(page) == []


def test_a_syscall_above_the_table_fills_the_search(page: Page) -> None:
    page.locator(".wanted button", has_text="bpf").click()
    assert page.input_value("#search") == "lacks:bpf"
    assert page.inner_text("#count") == "500 of 3,000"
    assert page.url.endswith("#q=lacks%3Abpf")


def test_a_link_with_a_search_opens_on_it(page: Page, file: Path) -> None:
    page.goto(file.as_uri() + "#q=lacks%3Abpf")
    page.reload()
    assert page.inner_text("#count") == "500 of 3,000"


def test_a_click_sorts_and_another_turns_the_order_around(page: Page) -> None:
    page.fill("#search", "copies/7/")
    page.click("[data-sort=count]")
    counts = [int(text or -1) for text in page.locator("tr.program .c-count").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert page.get_attribute("th.c-count", "aria-sort") == "descending"
    page.click("[data-sort=count]")
    turned = [int(text or -1) for text in page.locator("tr.program .c-count").all_inner_texts()]
    assert turned == sorted(counts)


def test_a_program_opens_to_its_syscalls_and_a_syscall_to_its_path(page: Page) -> None:
    page.fill("#search", "copies/7/ cat riscv64")
    page.click("tr.program .name")
    assert "ioctl" in page.inner_text(".details")
    assert "GCONV_PATH is not set" in page.inner_text(".details")
    page.locator(".chip", has_text="ioctl").click()
    told = page.inner_text(".why")
    assert "FIOASYNC & <others> are ENOTTY" in told
    assert "request: TCGETS, TIOCGWINSZ" in told
    steps = page.locator(".why li").all_inner_texts()
    assert [step.split()[0] for step in steps] == ["main", "vprintf", "_IO_write"]
    page.click("tr.program .name")
    assert not page.is_visible(".details")


def test_the_keyboard_alone_reaches_a_witness(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("copies/7/ bpftool")
    for _ in range(8):  # the seven columns' buttons, then the program
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.is_visible(".why.absent")
    assert "0x77 in /usr/lib/libc.so.6: the number is loaded" in page.inner_text(".details")


def test_names_stay_text_and_unseen_characters_are_seen(page: Page) -> None:
    page.fill("#search", "is:errors")
    last = paths(page)[-1]
    page.locator("tr.program .name").last.click()
    assert "</script><script>" in last
    assert "\\u202e" in last
    assert "\\udcff" in last
    assert page.title() == "Hermipy: coverage audit"
    assert page.locator("tbody b, tbody i, tbody script").count() == 0  # no path is open


def test_rows_come_a_screenful_at_a_time_and_all_in_the_end(page: Page) -> None:
    assert page.locator("tr.program").count() <= 300
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("tr.program").count() == 6 * COPIES


def test_nothing_moves_while_the_page_loads(browser: Browser, file: Path) -> None:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const e of list.getEntries())"
        " window.moved += e.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") == 0
    context.close()


def test_a_phone_needs_no_sideways_scrolling(phone: Page) -> None:
    phone.fill("#search", "copies/7/")
    for button in phone.locator("tr.program .name").all():
        button.click()
    for button in phone.locator(".chip").all():
        button.click()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert "riscv64" in phone.inner_text("tr.program .package >> nth=1")


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.fill("#search", "copies/7")
    page.pdf(path=tmp_path / "audit.pdf", format="A4")
    assert (tmp_path / "audit.pdf").read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.is_visible("#search")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
