"""Abbreviations, units, currencies and names of signs, as tables."""

from __future__ import annotations

from typing import Final

MONTHS: Final = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
MONTH_ABBREVIATIONS: Final = {month[:3]: month for month in MONTHS} | {"sept": "september"}
WEEKDAYS: Final = {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}

# With the full stop that marks them as abbreviations.
ABBREVIATIONS: Final = {
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "dr": "doctor",
    "prof": "professor",
    "st": "saint",
    "sr": "senior",
    "jr": "junior",
    "rev": "reverend",
    "gen": "general",
    "sgt": "sergeant",
    "capt": "captain",
    "lt": "lieutenant",
    "col": "colonel",
    "gov": "governor",
    "sen": "senator",
    "hon": "honorable",
    "ave": "avenue",
    "blvd": "boulevard",
    "rd": "road",
    "mt": "mount",
    "ft": "fort",
    "dept": "department",
    "inc": "incorporated",
    "ltd": "limited",
    "co": "company",
    "corp": "corporation",
    "bros": "brothers",
    "vs": "versus",
    "etc": "et cetera",
    "approx": "approximately",
    "appt": "appointment",
    "apt": "apartment",
    "est": "established",
    "ext": "extension",
    "fig": "figure",
    "figs": "figures",
    "vol": "volume",
    "no": "number",
    "nos": "numbers",
    "pp": "pages",
    "min": "minutes",
    "max": "maximum",
    "tel": "telephone",
    "temp": "temperature",
}
# These need no full stop.
ALWAYS: Final = {"mr": "mister", "mrs": "missus", "dr": "doctor", "vs": "versus", "etc": "et cetera"}
# Before a number only: "no. 5", but "No. I will not."
BEFORE_NUMBER: Final = frozenset(("no", "nos", "fig", "figs", "vol", "pp", "ext", "apt"))
# After a number only: "10 min."
AFTER_NUMBER: Final = frozenset(("min", "max"))

LATIN: Final = {"e.g.": "for example", "i.e.": "that is", "a.k.a.": "also known as", "p.s.": "p s"}

UNITS: Final = {
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "in": "inch",
    "ft": "foot",
    "yd": "yard",
    "mi": "mile",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "ml": "milliliter",
    "l": "liter",
    "ms": "millisecond",
    "s": "second",
    "sec": "second",
    "min": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "hz": "hertz",
    "khz": "kilohertz",
    "mhz": "megahertz",
    "ghz": "gigahertz",
    "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte",
    "tb": "terabyte",
    "kbps": "kilobit per second",
    "mbps": "megabit per second",
    "gbps": "gigabit per second",
    "v": "volt",
    "kv": "kilovolt",
    "w": "watt",
    "kw": "kilowatt",
    "kwh": "kilowatt hour",
    "mph": "mile per hour",
    "kph": "kilometer per hour",
    "km/h": "kilometer per hour",
    "m/s": "meter per second",
    "db": "decibel",
    "rpm": "revolution per minute",
    "°": "degree",
    "°c": "degree celsius",
    "°f": "degree fahrenheit",
    "%": "percent",
}
# Units only when joined to the number: "3in", but "3 in stock".
ALSO_WORDS: Final = frozenset(("in",))
UNCHANGED_PLURALS: Final = frozenset(("hertz", "kilohertz", "megahertz", "gigahertz", "percent"))
IRREGULAR_PLURALS: Final = {"foot": "feet", "inch": "inches"}

CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}
SCALES: Final = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "trillion": "trillion",
}

SIGNS: Final = {
    "%": "percent",
    "&": "and",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "#": "number",
    "°": "degrees",
    "§": "section",
    "$": "dollars",
    "£": "pounds",
    "€": "euros",
    "¥": "yen",
    "₹": "rupees",
    "¢": "cents",
    "<": "less than",
    ">": "greater than",
    "*": "star",
    "^": "to the power of",
    "~": "about",
    "/": "slash",
    "\\": "backslash",
    "_": "underscore",
    "|": "",
    "`": "",
}

# Words of two or three letters that are words even in capitals.
_SHORT: Final = (
    "a i am an and any are as at be big but by can day did do eat end far few for get go had has he her him his "
    "how if in is it its let lot man may me my new no not now of off old on one or our out own put red run say "
    "see set she sit so ten the too to top two up us use was way we who why win yes yet you nato nasa mr ms dr "
    "st"
)
SHORT_WORDS: Final = frozenset(_SHORT.split())
