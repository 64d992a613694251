"""Names that dates are made of, in the forms that dates need."""

from russian.grammar.morphology import Case
from russian.grammar.tables import listed

MONTHS = listed("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
YEARS: dict[Case, str] = {
    "nomn": "годы", "accs": "годы", "gent": "годов", "datv": "годам", "ablt": "годами",
    "loct": "годах",
}  # fmt: skip
