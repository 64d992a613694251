"""Latin words and acronyms that support lines meet, and how Russians say them.

One table for both directions: the voice reads the second column, the recogniser's words are
written as the first. Further spoken variants are after the first, with a slash.
"""

from functools import cache

_TABLE = """
Wi-Fi        вай-фай / вайфай / вай фай
IP           ай пи / айпи
IPv4         ай пи вэ четыре
IPv6         ай пи вэ шесть
SMS          эс эм эс / эсэмэс
СМС          смс / эс эм эс
USB          ю эс би / юэсби
TV           ти ви / тиви
IPTV         ай пи ти ви
HDMI         эйч ди эм ай
LAN          лан
WAN          ван
WPS          вэ пэ эс
VPN          вэ пэ эн / впн / ви пи эн
DNS          дэ эн эс / ди эн эс
DHCP         ди эйч си пи
MAC          мак
PIN          пин
QR           кью ар / куар
URL          у эр эл / урл
HTML         эйч ти эм эл
HTTP         эйч ти ти пи
HTTPS        эйч ти ти пи эс
PDF          пэ дэ эф / пдф
LTE          эл тэ е
GPON         джи пон / джипон
GSM          джи эс эм
SIM          сим
eSIM         и-сим / исим / е сим
NFC          эн эф си
PPPoE        пи пи пи о и
SSID         эс эс ай ди
HD           эйч ди
Full HD      фул эйч ди
Ultra HD     ультра эйч ди
Smart TV     смарт ти ви / смарт тиви
Ethernet     эзернет / изернет
Google       гугл
Google Play  гугл плей
App Store    апп стор / ап стор
Apple        эпл / эппл
iPhone       айфон
iPad         айпад
iOS          ай о эс / айос
Android      андроид
Windows      виндоус / виндовс
Linux        линукс
Microsoft    майкрософт
Samsung      самсунг
Xiaomi       сяоми / ксиаоми
Huawei       хуавей
Honor        хонор
TP-Link      тэ-пэ-линк / ти пи линк / тп линк
D-Link       ди-линк / ди линк
Keenetic     кинетик
MikroTik     микротик
ZTE          зэт тэ е
Asus         асус
YouTube      ютуб / ютьюб
WhatsApp     вотсап / ватсап / вотс ап
Telegram     телеграм / телеграмм
Viber        вайбер
Skype        скайп
Zoom         зум
Netflix      нетфликс
Steam        стим
Xbox         иксбокс
PlayStation  плейстейшен / плейстейшн
Bluetooth    блютуз / блютус
Visa         виза
Mastercard   мастеркард
Apple Pay    эпл пэй
Google Pay   гугл пэй
Chrome       хром
Firefox      файрфокс
Safari       сафари
Gmail        джимейл / гмаил / жмайл
Outlook      аутлук
Excel        эксель
Word         ворд
Python       пайтон
Plus         плюс
Max          макс
Pro          про
Premium      премиум
Start        старт
Light        лайт
Lite         лайт
Home         хоум
Family       фэмили
Smart        смарт
Box          бокс
Online       онлайн
Offline      офлайн
Internet     интернет
Beseda       беседа
email        имейл
e-mail       имейл / емейл / и мейл
ID           ай ди / айди
OK           окей
FM           эф эм
DVD          дивиди
CD           си ди
SSD          эс эс дэ
GPS          джи пи эс
SLA          эс эл эй
API          эй пи ай
VoIP         войп
SIP          сип
SOS          сос
"""
# Ordinary Russian words, too, so never written in Latin by themselves.
_ONE_WAY = frozenset(
    """LAN WAN MAC PIN Visa Plus Max Pro Premium Start Light Lite Home Family Smart Box Online Offline
    Internet Beseda Zoom Steam Chrome Word email SIM CD SOS Safari SIP Max Python СМС OK""".split()
)


@cache
def spoken_forms() -> dict[str, str]:
    """How a Latin word or phrase is said, by its lower-case spelling."""
    return {written.lower(): variants[0] for written, variants in _rows() if not _cyrillic(written)}


@cache
def written_forms() -> dict[str, str]:
    """How a spoken Latin word or phrase is written, by its words without hyphens."""
    found = {}
    for written, variants in _rows():
        if written not in _ONE_WAY:
            for variant in variants:
                found.setdefault(" ".join(variant.replace("-", " ").split()), written)
    return found


def _rows() -> list[tuple[str, list[str]]]:
    rows = []
    for line in _TABLE.strip().splitlines():
        written, said = line[:13].strip(), line[13:]
        rows.append((written, [variant.strip() for variant in said.split("/")]))
    return rows


def _cyrillic(word: str) -> bool:
    return any("а" <= letter <= "я" for letter in word.lower())
