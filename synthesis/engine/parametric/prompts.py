"""What an owner reads to be enrolled: twenty sentences of our own, chosen for the neighbours their phones have.

The script is the greedy cover of the pool below (``choose``), most new diphones per phone first; a test keeps the two in
step. Each takes three to six seconds to read: 840 phones with silences, every phone at least four times, 483 different
diphones (the whole pool of seventy sentences has 762).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from synthesis.engine.parametric import phones as ph
from synthesis.engine.parametric.text.lexicon import Lexicon
from synthesis.engine.parametric.text.phrases import parse

SCRIPT_LENGTH: Final = 20

POOL: Final = (
    "The boy enjoyed a measured voyage around the usual northern islands.",
    "Both judges thought the young witness should choose her words with care.",
    "A cheerful fox jumped over the shallow brook just before sunset.",
    "Please measure the width of the garage before you buy another door.",
    "Our neighbor's husky voice could be heard through the thin wall.",
    "She poured hot oil from a small jug while the kitchen filled with smoke.",
    "Few people knew why the museum kept its finest treasure underground.",
    "I would rather walk five miles than wait for that noisy old bus.",
    "The choir sang an unusual hymn about fire, earth, and moving water.",
    "Their father owns a huge orchard beyond the village church.",
    "Yesterday evening we watched a beige moth circle the porch lamp.",
    "Which of these yellow cushions looks good beside the azure chair?",
    "The engineers argued about how the bridge should have been built.",
    "Thank you for bringing enough sandwiches to feed the whole crew.",
    "Ask the doctor whether this medicine might make you feel drowsy.",
    "Zoe's aunt usually joins us for lunch on the second Thursday of each month.",
    "He found an eighth of a mile of rope coiled beneath the southern pier.",
    "A bright orange kite got caught in the upper branches of the oak.",
    "Could you push the heavy box a little further toward the shelf?",
    "My cousin avoids loud places, so he chose a cabin in the woods.",
    "The strange vision vanished as swiftly as it had appeared.",
    "Put the sugar bowl back where you found it, and wash your hands.",
    "Nobody noticed the gray wolf until its shadow crossed the road.",
    "Every hour the clock tower chimes, and the pigeons fly away.",
    "Do you think the weather will be mild enough for a picnic?",
    "The leather glove on the hood of the car belongs to my uncle.",
    "Six shy geese huddled together while the thunder rolled on.",
    "With a good hook and fresh bait, you should catch a fish or two.",
    "The jury reached its decision after nearly eleven hours.",
    "Our teacher wrote a list of foreign names on the board.",
    "I saw the baby yawn, then smile, then drift off to sleep again.",
    "Rich soil and gentle rain helped the young maples grow.",
    "How on earth did a goat get up onto the roof of the bakery?",
    "The pilot's calm voice assured us that we would land on time.",
    "Two brave firemen carried the owl out of the burning barn.",
    "Choose a cool place to store your eggs, milk, and butter.",
    "Her thesis explores the origin of ancient Asian languages.",
    "The television show about whales is on channel forty four.",
    "A thick fog made the harbor look like an empty gray sheet.",
    "Give me a push if the engine dies at the top of the hill.",
    "We heard an odd echo as the train went through the tunnel.",
    "Cathy arranged a dozen purple flowers in a tall glass vase.",
    "The youngest sheep always follows the same narrow path home.",
    "Bob and Ann hope to own a boat house near Ocean Beach one day.",
    "If he agrees, we can move the old oak table upstairs ourselves.",
    "Those wooden toys were made by hand in a village up north.",
    "The queen's visit was delayed by ice, wind, and deep snow.",
    "Just beyond the hedge, a huge badger was digging for worms.",
    "Paul always adds a pinch of ginger to his vegetable soup.",
    "Why are you leaving so early, when the show has only begun?",
    "The lazy cat stretched out on the warm edge of the couch.",
    "I cannot imagine a worse excuse for missing a birthday party.",
    "Luke threw the ball so high that it hit a power line.",
    "This cloth feels smooth, but that rough one will last longer.",
    "The mayor's speech was brief, honest, and rather amusing.",
    "An early frost ruined the cherries and half of the plums.",
    "Joyce took a quick look at the map and turned around.",
    "The fifth month began with showers and ended with sunshine.",
    "Have you ever tried to teach a parrot to say good evening?",
    "The treasure chest was full of coins, chains, and cheap rings.",
    "Most of the guests had gone by the time the cake was cut.",
    "A cup of strong coffee usually keeps me awake until dawn.",
    "The south gate opens at seven, but the north gate stays shut.",
    "Uncle Hugh drew a rough sketch of the engine on a napkin.",
    "We were allowed to use the pool, the sauna, and the gym.",
    "Her answer was vague, yet everyone seemed to be satisfied.",
    "They ought to fix the loose floor board near the back door.",
    "The author signed each book with a thin blue pen.",
    "Is it true that you once rode a mule across the desert?",
    "The old mirror above the fireplace gives the room more light.",
)

# The greedy cover of the pool, in reading order.
SCRIPT: Final = (
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
)


@dataclass(frozen=True)
class Coverage:
    """How often each phone, and how many different diphones, a list of sentences has; silence counts as a phone."""

    phones: Counter[str]
    diphones: Counter[tuple[str, str]]


def coverage(sentences: Sequence[str], lexicon: Lexicon) -> Coverage:
    """Count phones and diphones, stress aside."""
    phones: Counter[str] = Counter()
    diphones: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        symbols = _symbols(sentence, lexicon)
        phones.update(symbols)
        diphones.update(itertools.pairwise(symbols))
    return Coverage(phones, diphones)


def _symbols(sentence: str, lexicon: Lexicon) -> list[str]:
    symbols = [ph.SILENCE]
    for phrase in parse(sentence, lexicon):
        symbols.extend(ph.split_stress(symbol)[0] for word in phrase.words for symbol in word.phones)
        symbols.append(ph.SILENCE)
    return symbols


def choose(pool: Sequence[str], lexicon: Lexicon, count: int = SCRIPT_LENGTH) -> list[str]:
    """Greedy cover: again and again the sentence with most gain per phone.

    A diphone's gain is 1 when it is new and a quarter when it was heard once; a phone heard fewer than three times adds one
    half.
    """
    chosen: list[str] = []
    heard: Counter[tuple[str, str]] = Counter()
    phones: Counter[str] = Counter()
    left = list(pool)
    while left and len(chosen) < count:

        def gain(sentence: str) -> float:
            symbols = _symbols(sentence, lexicon)
            new = set(itertools.pairwise(symbols))
            value = sum(1.0 if not heard[pair] else 0.25 if heard[pair] == 1 else 0.0 for pair in new)
            value += sum(0.5 for symbol in set(symbols) if phones[symbol] < 3)
            return value / math.sqrt(len(symbols))

        best = max(left, key=lambda sentence: (gain(sentence), sentence))
        left.remove(best)
        chosen.append(best)
        symbols = _symbols(best, lexicon)
        heard.update(itertools.pairwise(symbols))
        phones.update(symbols)
    return chosen
