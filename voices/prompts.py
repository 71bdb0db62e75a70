"""Sentences for enrolment, in the order in which they help most: the first twenty are chosen for the neighbours that their phones have.

Written for this platform, and free to use. Numbers are words, so that the check of the reading knows what to expect.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ENGLISH = (
    # The script of the parametric engine, in its order; a test keeps the two in step.
    "Zoe's aunt usually joins us for lunch on the second Thursday of each month.",
    "Yesterday evening we watched a beige moth circle the porch lamp.",
    "Both judges thought the young witness should choose her words with care.",
    "If he agrees, we can move the old oak table upstairs ourselves.",
    "A thick fog made the harbor look like an empty gray sheet.",
    "He found an eighth of a mile of rope coiled beneath the southern pier.",
    "This cloth feels smooth, but that rough one will last longer.",
    "Few people knew why the museum kept its finest treasure underground.",
    "A cheerful fox jumped over the shallow brook just before sunset.",
    "Cathy arranged a dozen purple flowers in a tall glass vase.",
    "How on earth did a goat get up onto the roof of the bakery?",
    "Why are you leaving so early, when the show has only begun?",
    "She poured hot oil from a small jug while the kitchen filled with smoke.",
    "I would rather walk five miles than wait for that noisy old bus.",
    "Thank you for bringing enough sandwiches to feed the whole crew.",
    "The jury reached its decision after nearly eleven hours.",
    "Most of the guests had gone by the time the cake was cut.",
    "Give me a push if the engine dies at the top of the hill.",
    "The youngest sheep always follows the same narrow path home.",
    "Two brave firemen carried the owl out of the burning barn.",
    # More, for who wants to read on.
    "The quick beige fox jumped over a thin white fence this morning.",
    "She usually enjoys a large cup of coffee with both of her boys.",
    "Please measure the length of the garden path before you choose a stone.",
    "A thousand yellow birds flew south above the quiet harbour.",
    "George thought the judge would change his mind on Thursday.",
    "We should take the old road through the woods and leave the noise behind.",
    "My father bought twelve pounds of cherries at the village market.",
    "The children laughed while the clown threw water at the audience.",
    "How could you possibly know where the treasure was hidden?",
    "Both teams were nervous, yet they shook hands and smiled.",
    "An honest answer is often worth more than a clever joke.",
    "The young doctor wore a bright blue jacket and heavy boots.",
    "Her vision of the future includes trains that fly like birds.",
    "They sang a joyful song as the long evening slowly faded.",
    "Put the cheese, the bread and the oranges on the kitchen table.",
    "Each engine makes a strange buzzing sound when it is cold.",
    "The poor boy lost his shoe near the edge of the river.",
    "Nothing could be further from the truth than that rumour.",
    "Would you mind opening the window? It is rather warm in here.",
    "The teacher wrote a short message in large white letters.",
    "Thick fog covered the bridge, so we drove at walking speed.",
    "I have always wanted to visit the museum in the capital.",
    "Few people noticed the small change in the usual schedule.",
    "The captain gave a calm order, and everyone obeyed at once.",
    "Rough weather kept the fishing boats inside the harbour wall.",
    "If you push the red button, the machine will stop by itself.",
    "A gentle breeze moved the curtains and cooled the room.",
    "Our neighbours are going to paint their house pale green.",
    "The author signed every book with a short, friendly note.",
    "What a pleasure it is to hear your voice again after a year!",
    "He hid the golden watch beneath a pile of woollen socks.",
    "Most of the visitors arrived by bus in the early afternoon.",
    "The lawyer asked whether the witness could hear the question.",
    "Seven grey geese are eating grass beside the church.",
    "Could the package have been thrown away by mistake?",
    "The sound of thunder rolled across the valley at night.",
    "Take the third street on the left, then cross the square.",
    "Sugar, butter and flour are all you need for this biscuit.",
    "The nurse gave the patient a fresh towel and some juice.",
    "It was so quiet that we heard the snow fall from the roof.",
)
_GERMAN = (
    "Am frühen Morgen fährt der erste Zug langsam über die alte Brücke.",
    "Zwölf junge Boxer jagten einen großen Hund quer durch den Garten.",
    "Können Sie mir bitte sagen, wie ich am schnellsten zum Bahnhof komme?",
    "Das schöne Mädchen mit den roten Schuhen lachte über die Geschichte.",
    "Im Herbst fliegen viele tausend Vögel gemeinsam in den Süden.",
    "Meine Nachbarin backt jeden Sonntag einen Kuchen mit frischen Äpfeln.",
    "Der Richter änderte gestern überraschend seine Meinung.",
    "Auf dem Tisch liegen ein Schlüssel, ein Heft und eine blaue Tasse.",
    "Wir haben lange gewartet, doch niemand öffnete uns die Tür.",
    "Ein kühler Wind weht vom Meer und treibt die Wolken vor sich her.",
)
_CHINESE = (
    "今天早上天气很好，我们一起去公园散步吧。",
    "请问，从这里到火车站怎么走最快？",
    "春天来了，院子里的花都开了，颜色非常漂亮。",
    "他每天六点起床，先喝一杯水，然后去跑步。",
    "这本书讲的是一个年轻人独自旅行的故事。",
    "昨天晚上下了一场大雨，路上的车都开得很慢。",
    "奶奶做的红烧鱼又香又嫩，全家人都喜欢。",
    "学习一门新的语言需要耐心，也需要勇气。",
    "窗外的鸟儿唱着歌，好像在欢迎远方的客人。",
    "如果明天不忙，我们就去图书馆借几本新书。",
)
_PROMPTS: Mapping[str, tuple[str, ...]] = {"en": _ENGLISH, "de": _GERMAN, "zh": _CHINESE}


def enrolment_prompts(language: str) -> list[str]:
    """Sentences to read in ``language``; English ones where there are none of it."""
    return list(_PROMPTS.get(language, _ENGLISH))


SCRIPT_LENGTH = 20
# A phone is covered once it was heard this often: less, and one slip of the tongue is all that is known of it.
HEARD_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class PhoneCoverage:
    """How many of a language's phones the readings hold often enough to learn from, of how many, and which not yet."""

    covered: int
    all: int
    missing: tuple[str, ...]


def phone_coverage(language: str, sentences: Iterable[str]) -> PhoneCoverage | None:
    """Coverage of the phones of ``language`` by sentences of ``enrolment_prompts``; others count for nothing.

    None for a language whose prompts have no transcription.
    """
    if language != "en":
        return None
    table = _english_phones()
    counts = Counter(phone for sentence in set(sentences) for phone in table.get(sentence, ()))
    inventory = sorted({phone for phones in table.values() for phone in phones})
    missing = tuple(phone for phone in inventory if counts[phone] < HEARD_ENOUGH)
    return PhoneCoverage(len(inventory) - len(missing), len(inventory), missing)


@cache
def _english_phones() -> Mapping[str, tuple[str, ...]]:
    """Each prompt's phones, as the engine's front end has them; a test keeps the table in step."""
    text = Path(__file__).with_name("prompt_phones.json").read_text(encoding="utf-8")
    return {sentence: tuple(phones.split()) for sentence, phones in json.loads(text).items()}
