"""Passwords that are tried first: stems that people build long ones of, and what makes them long.

A list of leaked passwords has few of twelve characters or more; most of those are a well-known word repeated, or with
digits behind it, or a way across the keyboard. So this module holds the words and the ways, and `plain_form` undoes the
usual disguises. The operator's own file of breached passwords comes on top.
"""

import re
from typing import Final

_DISGUISES: Final = str.maketrans(
    {"@": "a", "4": "a", "0": "o", "1": "l", "!": "l", "3": "e", "$": "s", "5": "s", "7": "t"}
)

_WORDS: Final = """
password passwort passw0rd motdepasse contrasena senha parola wachtwoord letmein welcome willkommen bienvenue iloveyou
administrator admin root system guest user default changeme temporary secret master manager operator supervisor service
support server network internet computer microsoft windows linux oracle cisco siemens huawei samsung google facebook
qwerty qwertz azerty qwertyuiop asdfghjkl zxcvbnm qazwsx qazwsxedc wsxedc asdf asdfgh zxcv abcdef abcdefg abcdefgh abc
abcd football baseball basketball superman batman spiderman pokemon starwars dragon monkey shadow sunshine princess
michael jennifer jessica charlie jordan daniel thomas andrew ashley nicole soccer hockey killer trustno freedom whatever
mustang corvette ferrari porsche mercedes chelsea arsenal liverpool barcelona realmadrid summer winter autumn spring
january february march april june july august september october november december monday tuesday wednesday thursday
friday saturday sunday hello goodbye love lovely baby angel friends family forever jesus christ god blessed matrix
hunter ranger tigger ginger pepper cookie chocolate banana orange purple yellow silver golden diamond butterfly flower
woaini wodemima mima zhongguo beijing shanghai guangzhou shenzhen traffic signal signalctrl signals trafficlight police
control controller centre center cabinet junction street highway city town test testing tester demo example sample
"""
_ROWS: Final = (
    "1234567890", "0987654321", "qwertyuiop", "poiuytrewq", "asdfghjkl", "lkjhgfdsa", "zxcvbnm", "mnbvcxz",
    "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm",
    "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "zaqlxswcde", "zaq1xsw2cde3vfr4bgt5",
)  # fmt: skip
_SEPARATORS: Final = re.compile(r"[\s._\-+*/#&,;:?=|\\~^()\[\]{}<>'\"`%]+")


def plain_form(password: str) -> str:
    """Return a password in small letters, without separators.

    >>> plain_form("Correct-Horse Battery")
    'correcthorsebattery'
    """
    return _SEPARATORS.sub("", password.casefold())


class _Common:
    """Tells whether a password in plain form is made of well-known pieces alone."""

    def __init__(self) -> None:
        self._stems = frozenset(_without_disguise(stem) for stem in _WORDS.split())
        self._longest = max(map(len, self._stems))

    def __contains__(self, plain: str) -> bool:
        core = plain.strip("0123456789!@$")
        return (
            not core
            or _is_repeated(plain)
            or any(_along(plain, row) for row in _ROWS)
            or self._is_built(_without_disguise(core))
        )

    def _is_built(self, text: str) -> bool:
        """Tell whether a text is at most three stems one behind the other, digits between them."""
        reached = {0: 0}
        for begin in range(len(text)):
            if begin not in reached or reached[begin] >= 3:
                continue
            for end in range(begin + 1, min(len(text), begin + self._longest) + 1):
                if text[begin:end] in self._stems:
                    reached[end] = min(reached.get(end, 9), reached[begin] + 1)
        return len(text) in reached


def _without_disguise(text: str) -> str:
    return text.translate(_DISGUISES)


def _is_repeated(text: str) -> bool:
    """Tell whether a text is one piece of up to six characters, over and over."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, min(7, len(text))))


def _along(text: str, row: str) -> bool:
    """Tell whether a text runs along a row of keys, round and round."""
    return len(text) >= 4 and text in row * (len(text) // len(row) + 2)


COMMON: Final = _Common()
