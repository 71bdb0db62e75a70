"""Words of one spelling and two pronunciations, told apart by the words beside them.

A small tagger of our own stands in for a part-of-speech model: what stands before a word says in most cases whether it is
a verb here. The pairs are those of the CMU dictionary's variants that differ by part of speech.
"""

from __future__ import annotations

from typing import Final

_NOUNISH: Final = frozenset(
    "a an the this that these those my your his her its our their no any some each every another of for in by with from on "  # noqa: SIM905 - a list of words reads as text
    "at into about against under over between new old same such first second last next great good bad own best".split()
)
_VERBISH: Final = frozenset(
    "to will would can could should may might must shall do does did don't doesn't didn't won't can't cannot couldn't "  # noqa: SIM905 - a list of words reads as text
    "wouldn't shouldn't not i you we they who please let's let and i'll you'll we'll they'll he'll she'll".split()
)
_PERSONS: Final = frozenset(("he", "she", "it", "i", "you", "we", "they", "who"))
_OPENERS: Final = frozenset(
    "a an the this that these those my your his her its our their it me him them us all some any".split()  # noqa: SIM905
)
_PERFECT: Final = frozenset(
    "have has had having was were been being is are be i've you've we've they've he's she's it's".split()  # noqa: SIM905
)
_PAST: Final = frozenset("yesterday ago last already once earlier".split())  # noqa: SIM905

# word: (as a verb, else)
_VERB_OR_NOUN: Final = {
    "absent": ("AH0 B S EH1 N T", "AE1 B S AH0 N T"),
    "abstract": ("AE0 B S T R AE1 K T", "AE1 B S T R AE2 K T"),
    "abuse": ("AH0 B Y UW1 Z", "AH0 B Y UW1 S"),
    "addict": ("AH0 D IH1 K T", "AE1 D IH0 K T"),
    "advocate": ("AE1 D V AH0 K EY2 T", "AE1 D V AH0 K AH0 T"),
    "alternate": ("AO1 L T ER0 N EY2 T", "AO1 L T ER0 N AH0 T"),
    "appropriate": ("AH0 P R OW1 P R IY0 EY2 T", "AH0 P R OW1 P R IY0 AH0 T"),
    "approximate": ("AH0 P R AA1 K S AH0 M EY2 T", "AH0 P R AA1 K S AH0 M AH0 T"),
    "articulate": ("AA0 R T IH1 K Y AH0 L EY2 T", "AA0 R T IH1 K Y AH0 L AH0 T"),
    "associate": ("AH0 S OW1 S IY0 EY2 T", "AH0 S OW1 S IY0 AH0 T"),
    "attribute": ("AH0 T R IH1 B Y UW2 T", "AE1 T R AH0 B Y UW2 T"),
    "close": ("K L OW1 Z", "K L OW1 S"),
    "combat": ("K AH0 M B AE1 T", "K AA1 M B AE0 T"),
    "compact": ("K AH0 M P AE1 K T", "K AA1 M P AE0 K T"),
    "compound": ("K AH0 M P AW1 N D", "K AA1 M P AW0 N D"),
    "conduct": ("K AH0 N D AH1 K T", "K AA1 N D AH0 K T"),
    "confines": ("K AH0 N F AY1 N Z", "K AA1 N F AY2 N Z"),
    "conflict": ("K AH0 N F L IH1 K T", "K AA1 N F L IH0 K T"),
    "console": ("K AH0 N S OW1 L", "K AA1 N S OW0 L"),
    "contest": ("K AH0 N T EH1 S T", "K AA1 N T EH0 S T"),
    "contract": ("K AH0 N T R AE1 K T", "K AA1 N T R AE2 K T"),
    "contrast": ("K AH0 N T R AE1 S T", "K AA1 N T R AE0 S T"),
    "convert": ("K AH0 N V ER1 T", "K AA1 N V ER0 T"),
    "convict": ("K AH0 N V IH1 K T", "K AA1 N V IH0 K T"),
    "coordinate": ("K OW0 AO1 R D AH0 N EY2 T", "K OW0 AO1 R D AH0 N AH0 T"),
    "decrease": ("D IH0 K R IY1 S", "D IY1 K R IY2 S"),
    "defect": ("D IH0 F EH1 K T", "D IY1 F EH0 K T"),
    "delegate": ("D EH1 L AH0 G EY2 T", "D EH1 L AH0 G AH0 T"),
    "deliberate": ("D IH0 L IH1 B ER0 EY2 T", "D IH0 L IH1 B ER0 AH0 T"),
    "desert": ("D IH0 Z ER1 T", "D EH1 Z ER0 T"),
    "diffuse": ("D IH0 F Y UW1 Z", "D IH0 F Y UW1 S"),
    "discount": ("D IH0 S K AW1 N T", "D IH1 S K AW0 N T"),
    "dove": ("D OW1 V", "D AH1 V"),
    "duplicate": ("D UW1 P L AH0 K EY2 T", "D UW1 P L AH0 K AH0 T"),
    "elaborate": ("IH0 L AE1 B ER0 EY2 T", "IH0 L AE1 B R AH0 T"),
    "escort": ("EH0 S K AO1 R T", "EH1 S K AO0 R T"),
    "estimate": ("EH1 S T AH0 M EY2 T", "EH1 S T AH0 M AH0 T"),
    "excuse": ("IH0 K S K Y UW1 Z", "IH0 K S K Y UW1 S"),
    "exploit": ("EH2 K S P L OY1 T", "EH1 K S P L OY2 T"),
    "export": ("IH0 K S P AO1 R T", "EH1 K S P AO0 R T"),
    "extract": ("IH0 K S T R AE1 K T", "EH1 K S T R AE2 K T"),
    "graduate": ("G R AE1 JH AH0 W EY2 T", "G R AE1 JH AH0 W AH0 T"),
    "house": ("HH AW1 Z", "HH AW1 S"),
    "impact": ("IH2 M P AE1 K T", "IH1 M P AE0 K T"),
    "import": ("IH2 M P AO1 R T", "IH1 M P AO2 R T"),
    "increase": ("IH2 N K R IY1 S", "IH1 N K R IY2 S"),
    "insert": ("IH2 N S ER1 T", "IH1 N S ER2 T"),
    "insult": ("IH2 N S AH1 L T", "IH1 N S AH2 L T"),
    "intimate": ("IH1 N T AH0 M EY2 T", "IH1 N T AH0 M AH0 T"),
    "lead": ("L IY1 D", "L EH1 D"),
    "live": ("L IH1 V", "L AY1 V"),
    "moderate": ("M AA1 D ER0 EY2 T", "M AA1 D ER0 AH0 T"),
    "object": ("AH0 B JH EH1 K T", "AA1 B JH EH0 K T"),
    "perfect": ("P ER0 F EH1 K T", "P ER1 F IH2 K T"),
    "permit": ("P ER0 M IH1 T", "P ER1 M IH2 T"),
    "present": ("P R IY0 Z EH1 N T", "P R EH1 Z AH0 N T"),
    "produce": ("P R AH0 D UW1 S", "P R OW1 D UW0 S"),
    "progress": ("P R AH0 G R EH1 S", "P R AA1 G R EH2 S"),
    "project": ("P R AA0 JH EH1 K T", "P R AA1 JH EH0 K T"),
    "protest": ("P R AH0 T EH1 S T", "P R OW1 T EH2 S T"),
    "rebel": ("R IH0 B EH1 L", "R EH1 B AH0 L"),
    "recall": ("R IH0 K AO1 L", "R IY1 K AO2 L"),
    "record": ("R IH0 K AO1 R D", "R EH1 K ER0 D"),
    "refund": ("R IH0 F AH1 N D", "R IY1 F AH2 N D"),
    "refuse": ("R AH0 F Y UW1 Z", "R EH1 F Y UW2 Z"),
    "reject": ("R IH0 JH EH1 K T", "R IY1 JH EH0 K T"),
    "separate": ("S EH1 P ER0 EY2 T", "S EH1 P ER0 IH0 T"),
    "subject": ("S AH0 B JH EH1 K T", "S AH1 B JH IH0 K T"),
    "suspect": ("S AH0 S P EH1 K T", "S AH1 S P EH2 K T"),
    "tear": ("T EH1 R", "T IH1 R"),
    "transfer": ("T R AE0 N S F ER1", "T R AE1 N S F ER0"),
    "transport": ("T R AE0 N S P AO1 R T", "T R AE1 N S P AO0 R T"),
    "update": ("AH2 P D EY1 T", "AH1 P D EY2 T"),
    "upset": ("AH0 P S EH1 T", "AH1 P S EH2 T"),
    "use": ("Y UW1 Z", "Y UW1 S"),
    "wind": ("W AY1 N D", "W IH1 N D"),
}
_COMPLEX: Final = ("K AH0 M P L EH1 K S", "K AA1 M P L EH0 K S")
_READ: Final = ("R IY1 D", "R EH1 D")
_WOUND: Final = ("W AW1 N D", "W UW1 N D")
_MINUTE: Final = ("M AY0 N UW1 T", "M IH1 N AH0 T")
_SMALL_THINGS: Final = frozenset(
    ("detail", "details", "difference", "differences", "amount", "amounts", "quantities", "traces", "particles")
)


def choose(words: tuple[str, ...], index: int) -> str | None:
    """Phones of ``words[index]`` when it is such a word, symbols parted by spaces; None for any other.

    Args:
        words: of one clause, in lower case.
        index: which of them.
    """
    word = words[index]
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    if word in _VERB_OR_NOUN:
        verb, other = _VERB_OR_NOUN[word]
        return verb if _is_verb(before, after) else other
    if word == "read":
        past = before in _PERFECT or bool(_PAST.intersection(words)) or before in ("he", "she", "it", "who")
        return _READ[past and before not in _VERBISH - _PERSONS]
    if word == "wound":
        return _WOUND[not (before in _PERSONS or after in ("up", "down", "around"))]
    if word == "complex":
        return _COMPLEX[before in ("a", "the", "this") and after in ("", "of", "in", "is", "was")]
    if word == "minute":
        return _MINUTE[not (after in _SMALL_THINGS or before in ("very", "so"))]
    return None


def _is_verb(before: str, after: str) -> bool:
    if before in _NOUNISH:
        return False
    if before in _VERBISH or before in _PERSONS:
        return True
    # At the beginning an order: "Lead the way". After a noun: "The dove dove into the water".
    return after in _OPENERS or (bool(before) and after in ("into", "up", "down"))
