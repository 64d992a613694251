"""People use the page: talk, type, drop a file, keep documents, replay; by phone, by keyboard."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import KEY, Opened, picture
from tests.service.serving import SAMPLES, Running

pytestmark = [pytest.mark.page]

QUESTION = "Сколько стоит вызов мастера?"


def ask(page: Page, text: str = QUESTION) -> None:
    page.get_by_label("Ваш вопрос").fill(text)
    page.get_by_label("Ваш вопрос").press("Enter")


def answered(page: Page, number: int = 1, *, timed: bool = True) -> str:
    """The answer of a turn, once it has its sources and, when asked for, its timeline."""
    turn = page.locator(".turn").nth(number - 1)
    expect(turn.locator(".sources li").first).to_be_visible()
    if timed:
        expect(turn.locator(".timeline dd").first).to_be_visible()
    return turn.locator(".answer").inner_text()


def test_one_types(page: Opened) -> None:
    shown = page()
    picture(shown, "welcome")
    ask(shown)
    assert "500" in answered(shown)
    shown.locator(".sources summary").first.click()
    expect(shown.locator(".sources blockquote").first).to_contain_text("мастер")
    assert {"первое слово", "первый звук"} <= set(shown.locator(".timeline dt").all_inner_texts())
    picture(shown, "typed")


def test_one_talks(page: Opened) -> None:
    shown = page()
    shown.get_by_label("Говорить голосом").click()
    expect(shown.locator("#call-state")).to_have_text("Слушаю")
    level = shown.get_by_role("meter", name="Громкость")
    expect(level).to_have_attribute("aria-valuenow", re.compile(r"^([5-9]\d|100)$"))
    expect(shown.locator("#caption")).not_to_be_empty(timeout=60_000)
    expect(shown.locator(".turn .asked").first).to_contain_text("офис", timeout=60_000)
    assert "10" in answered(shown, timed=False)
    expect(shown.locator(".timeline dd").first).to_be_visible()
    expect(shown.locator("#call-state")).to_have_text("Отвечаю")  # not only when all is said
    picture(shown, "talking")
    shown.get_by_role("button", name="Без микрофона").click()
    expect(shown.locator("#call-state")).to_have_text("Микрофон выключен")
    shown.get_by_role("button", name="Закончить").click()
    expect(shown.locator("#call")).to_be_hidden()


def test_one_hangs_up_before_the_microphone_is_allowed(page: Opened) -> None:
    shown = page()
    shown.evaluate(
        """() => {
            const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            const allowed = new Promise((allow) => (window.allow = allow));
            window.asked = new Promise((asked) => {
                navigator.mediaDevices.getUserMedia = async (wanted) => {
                    asked(true);
                    await allowed;
                    return (window.stream = await open(wanted));
                };
            });
        }"""
    )
    shown.get_by_label("Говорить голосом").click()
    assert shown.evaluate("window.asked")
    shown.get_by_role("button", name="Закончить").click()
    shown.evaluate("window.allow()")
    turned_off = """() => new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error("the microphone is still on")), 10_000);
        setInterval(() => {
            const tracks = window.stream?.getTracks() ?? [{ readyState: "not yet" }];
            if (tracks.every((track) => track.readyState === "ended")) resolve(true);
        }, 50);
    })"""
    assert shown.evaluate(turned_off)
    expect(shown.locator("#notice")).to_be_hidden()
    expect(shown.locator("#call")).to_be_hidden()


def drop(page: Page, file: Path, kind: str) -> None:
    """Let go of a file over the page."""
    content = base64.b64encode(file.read_bytes()).decode()
    transfer = page.evaluate_handle(
        """([content, name, type]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type }));
            return transfer;
        }""",
        [content, file.name, kind],
    )
    page.dispatch_event("main", "dragenter", {"dataTransfer": transfer})
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})


def test_one_drops_a_recording(page: Opened, tmp_path: Path) -> None:
    shown = page()
    drop(shown, SAMPLES / "questions" / "q3.wav", "audio/wav")
    assert "10" in answered(shown)
    expect(shown.locator(".asked")).to_contain_text("офис")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"not a recording")
    drop(shown, broken, "audio/wav")
    expect(shown.locator(".turn.failed .answer")).to_contain_text("нет звука")


def test_one_keeps_documents(page: Opened, tmp_path: Path) -> None:
    otters, empty, broken = (tmp_path / name for name in ("otters.md", "empty.md", "broken.pdf"))
    otters.write_text("# Выдры\n\nВыдру Матильду кормят в восемь часов утра.\n", encoding="utf-8")
    empty.write_bytes(b"")
    broken.write_bytes(b"%PDF-1.4 no")
    shown = page()
    shown.locator("#document-files").set_input_files([otters, empty, broken])
    expect(shown.locator("#uploads .bad")).to_have_count(2)
    expect(shown.locator("#uploads li", has_text="otters.md")).to_contain_text("добавлен")
    reasons = shown.locator("#uploads .bad p").all_inner_texts()
    assert reasons == ["Не читается: файл пуст", "Не читается: файл испорчен или зашифрован"]
    expect(shown.locator("#document-list")).to_contain_text("Выдры")
    picture(shown, "documents")
    ask(shown, "Во сколько кормят выдру Матильду?")
    assert "восемь" in answered(shown)
    shown.get_by_role("button", name="Убрать документ «Выдры»").click()
    shown.get_by_role("dialog").get_by_role("button", name="Отмена").click()
    expect(shown.locator("#document-list")).to_contain_text("Выдры")
    shown.get_by_role("button", name="Убрать документ «Выдры»").click()
    shown.get_by_role("dialog").get_by_role("button", name="Убрать").click()
    expect(shown.locator("#document-list")).not_to_contain_text("Выдры")


def test_one_replays_a_conversation(page: Opened, service: Running) -> None:
    service.client.post("/v1/talk", json={"text": "Сколько стоит вызов мастера на дом?"})
    shown = page(dark=True)
    shown.get_by_role("button", name="Беседы", exact=True).click()
    shown.locator("#conversation-list button", has_text="мастера на дом").first.click()
    assert "500" in answered(shown)
    picture(shown, "replay")
    shown.get_by_role("button", name="Проиграть").click()
    expect(shown.locator(".turn.speaking")).to_be_visible()
    expect(shown.locator(".turn.speaking")).to_have_count(0)
    expect(shown.get_by_role("button", name="Проиграть")).to_be_visible()
    shown.get_by_role("button", name="Продолжить").click()
    ask(shown, "А во сколько открывается офис на Лесной в субботу?")
    answered(shown, 2)
    # A turn is kept once it is known how much of it was heard.
    expect(shown.locator("#conversation-list")).to_contain_text("2 вопроса")
    kept = service.client.get("/v1/conversations").json()["data"][0]
    assert kept["turns"] == 2 and "мастера на дом" in kept["title"]


def test_one_hears_a_recorded_call(page: Opened, service: Running) -> None:
    question = str(SAMPLES / "questions" / "q8.wav")
    service.beseda("load", question, "--over", "audiosocket", "--turns", "1")
    shown = page()
    shown.get_by_role("button", name="Беседы", exact=True).click()
    shown.locator("#conversation-list button").first.click()
    player = shown.locator("#call-recording")
    expect(player).to_be_visible()
    heard = player.evaluate(
        """audio => new Promise((resolve, reject) => {
            audio.ontimeupdate = () => audio.currentTime > 0.3 && resolve(audio.duration);
            audio.onerror = () => reject(audio.error.message);
            audio.play();
        })"""
    )
    assert heard > 5
    picture(shown, "recorded")


def test_on_a_phone(page: Opened) -> None:
    shown = page(width=390, height=844)
    ask(shown)
    answered(shown)
    picture(shown, "phone")
    wider = "document.documentElement.scrollWidth > innerWidth"
    assert not shown.evaluate(wider), "nothing sticks out"
    for section in ("Документы", "Беседы"):
        shown.get_by_role("button", name=section, exact=True).click()
        expect(shown.get_by_role("heading", name=section)).to_be_visible()
        expect(shown.get_by_label("Ваш вопрос")).to_be_hidden()
        assert not shown.evaluate(wider)
    picture(shown, "phone-history")


def test_in_english(page: Opened) -> None:
    shown = page(locale="en-GB", width=390, height=844, dark=True)
    expect(shown.get_by_role("heading", name="Ask out loud, or in writing")).to_be_visible()
    picture(shown, "phone-english-dark")
    shown.get_by_role("button", name="Русский").click()
    expect(shown.get_by_role("heading", name="Спросите голосом или текстом")).to_be_visible()
    shown.reload()
    expect(shown.locator("html")).to_have_attribute("lang", "ru")


def test_by_keyboard_alone(page: Opened) -> None:
    shown = page()
    shown.keyboard.press("Tab")
    expect(shown.get_by_role("link", name="К вопросу")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(shown.get_by_label("Ваш вопрос")).to_be_focused()
    shown.keyboard.type(QUESTION)
    shown.keyboard.press("Enter")
    answered(shown)
    reached = set()
    for _ in range(60):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"attach", "send", "talk", "add-documents", "new", "sound"} <= reached
    shown.get_by_label("Говорить голосом").focus()
    shown.keyboard.press("Enter")
    expect(shown.get_by_role("button", name="Закончить")).to_be_focused()
    shown.keyboard.press("Enter")
    expect(shown.locator("#call")).to_be_hidden()
    expect(shown.get_by_label("Говорить голосом")).to_be_focused()


def test_a_key_is_asked_for_and_kept(page: Opened) -> None:
    shown = page(key=None)
    dialog = shown.get_by_role("dialog", name="Нужен ключ")
    dialog.get_by_label("Ключ доступа").fill("wrong")
    shown.keyboard.press("Enter")
    expect(dialog.get_by_text("Ключ не подошёл.")).to_be_visible()
    dialog.get_by_label("Ключ доступа").fill(KEY)
    dialog.get_by_role("button", name="Войти").click()
    expect(shown.locator("#document-list li").nth(5)).to_be_visible()
    ask(shown)
    answered(shown)
