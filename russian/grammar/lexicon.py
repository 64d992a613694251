"""Latin words and acronyms that support lines meet, and how Russians say them.

One table for both directions: the voice reads the second column, the recogniser's words are
written as the first. Further spoken variants are after the first, with a slash.
"""

from functools import cache

from russian.grammar.tables import listed

_TABLE = """
Wi-Fi        вай-фай / вайфай / вай фай
IP           ай пи / айпи
IPv4         ай пи вэ четыре
IPv6         ай пи вэ шесть
SMS          эс эм эс / эсэмэс / смс
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
Boeing       боинг
Watch        вотч
Mercedes     мерседес
Benz         бенц
VIP          вип
СМИ          сми
dpi          ди пи ай
ОГЭ          о гэ э / огэ
pH           пэ аш
JPEG         джипег
PowerPoint   пауэрпоинт
News         ньюс
ЗАО          зэ а о
Spotify      спотифай
MP3          эм пэ три / эм пи три
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
4K           четыре ка
2G           два джи
3G           три джи
4G           четыре джи
5G           пять джи
3D           три дэ
example      экзампл
business     бизнес
privacy      прайваси
office       офис
sales        сейлс
admin        админ
Reset        ресет
Live         лайв
search       сёрч
BMW          бэ эм вэ
Ctrl         контрол
Alt          альт
Shift        шифт
Enter        энтер
Esc          эскейп
Delete       делит
Tab          таб
Caps Lock    капс лок
Galaxy       гэлакси
price        прайс
service      сервис
site         сайт
shop         шоп
store        стор
delivery     деливери
drive        драйв
cloud        клауд
music        мьюзик
disk         диск
Java         джава
JavaScript   джаваскрипт
GitHub       гитхаб
Facebook     фейсбук
Instagram    инстаграм
Twitter      твиттер
Amazon       амазон
Yandex       яндекс
Tesla        тесла
Intel        интел
Sony         сони
Nokia        нокиа
Nike         найк
Adidas       адидас
Philips      филипс
Lenovo       леново
Toyota       тойота
Volkswagen   фольксваген
Audi         ауди
iCloud       айклауд
MacBook      макбук
Note         ноут
Air          эйр
Mini         мини
Ultra        ультра
router       роутер
server       сервер
file         файл
game         гейм
team         тим
time         тайм
life         лайф
house        хаус
НДС          эн дэ эс / ндс
ИНН          и эн эн / инн
КПП          ка пэ пэ / кпп
БИК          бик
ОМС          о эм эс / омс
ДМС          дэ эм эс / дмс
СБП          эс бэ пэ / сбп
МГУ          эм гэ у / мгу
ЦСКА         цэ эс ка а / цска
ВТБ          вэ тэ бэ / втб
ГИБДД        гэ и бэ дэ дэ / гибдд
МВД          эм вэ дэ / мвд
ФСБ          эф эс бэ / фсб
ФНС          эф эн эс / фнс
ОСАГО        осаго
КАСКО        каско
ЕГЭ          е гэ э / егэ
МРТ          эм эр тэ / мрт
КТ           ка тэ
ЭКГ          э ка гэ / экг
ООН          о о эн / оон
ОГРН         о гэ эр эн / огрн
СНИЛС        снилс
ФИО          фэ и о / фио
ООО          о о о / ооо
ОАО          о а о
ПАО          пэ а о / пао
АО           а о
ИП           и пэ
ЕС           е эс
ПО           пэ о
РФ           эр эф / рф
США          сэ шэ а / сша
СССР         эс эс эс эр / ссср
СНГ          эс эн гэ / снг
ТВ           тэ вэ / тв
ЛК           эл ка
АТС          а тэ эс / атс
МФЦ          эм эф цэ / мфц
ЖКХ          жэ ка ха / жкх
МТС          эм тэ эс / мтс
УК           у ка
ТО           тэ о
ЧП           че пэ
ЕДДС         е дэ дэ эс / еддс
ЭЦП          э цэ пэ / эцп
АЗС          а зэ эс / азс
ИБП          и бэ пэ / ибп
ЭВМ          э вэ эм / эвм
ТЭЦ          тэц
ГОСТ         гост
"""
# Ordinary Russian words, too, so never written this way by themselves.
_ONE_WAY = frozenset(
    listed(
        """LAN WAN MAC PIN Visa Plus Max Pro Premium Start Light Lite Home Family Smart Box Online
        Offline Internet Beseda Zoom Steam Chrome Word email SIM CD SOS Safari SIP
        Python OK 4K 2G 3G 4G 5G 3D example admin Reset Live АО ИП ЕС ПО ТО УК БИК ЛК
        ОАО КТ search Ctrl Alt Shift Enter Esc Delete Tab
        Galaxy price service site shop store delivery drive cloud music disk Note Air Mini
        Ultra router server file game team time life house Intel Tesla Yandex ОСАГО КАСКО
        Watch News VIP СМИ
        business privacy office sales"""
    )
)


@cache
def spoken_forms() -> dict[str, str]:
    """How a Latin word or phrase is said, by its lower-case spelling."""
    found = {written.lower(): said[0] for written, said in _rows() if not _cyrillic(written)}
    return {written.replace("-", ""): said for written, said in found.items()} | found


@cache
def acronyms() -> dict[str, str]:
    """How a Russian acronym in capitals is said."""
    return {written: said[0] for written, said in _rows() if _cyrillic(written)}


@cache
def written_forms() -> dict[str, str]:
    """How a spoken word or phrase is written, by its words without hyphens."""
    found: dict[str, str] = {}
    for written, variants in _rows():
        if written not in _ONE_WAY:
            for variant in variants:
                found.setdefault(_without_hyphens(variant), written)
    return found


@cache
def first_words() -> frozenset[str]:
    """Words that a phrase of `written_forms` can begin with."""
    return frozenset(phrase.split()[0] for phrase in written_forms())


@cache
def keys() -> dict[str, str]:
    """One key for each spelling of a word, written or spoken: "wifi" for Wi-Fi and «вай-фай»."""
    found: dict[str, str] = {}
    for written, variants in _rows():
        if written in _ONE_WAY and _cyrillic(written):
            continue  # "ПО" is not «по»
        key = _without_hyphens(variants[0] if written in _ONE_WAY else written.lower())
        for spelling in (written.lower(), *variants):
            for form in (spelling, spelling.replace(" ", ""), spelling.replace(" ", "-")):
                found.setdefault(form, key.replace(" ", ""))
    return found


@cache
def _rows() -> list[tuple[str, list[str]]]:
    rows = []
    for line in _TABLE.strip().splitlines():
        written, said = line[:13].strip(), line[13:]
        rows.append((written, [variant.strip() for variant in said.split("/")]))
    return rows


def _without_hyphens(spoken: str) -> str:
    return " ".join(spoken.replace("-", " ").split())


def _cyrillic(word: str) -> bool:
    return any("а" <= letter <= "я" for letter in word.lower())
