"""Vietnamese text for searching: "boi duong" must find "Bồi dưỡng"."""

import unicodedata


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces; đ counts as d."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.split())


def tidy(text: str) -> str:
    """As people are stored: composed (NFC), no stray spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())
