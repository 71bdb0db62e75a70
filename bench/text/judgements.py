"""Who is right where our front end and upstream's differ, and why; one sentence a kind."""

from __future__ import annotations

# A part of the text: the judgement. The first that fits counts.
_ONLY_IMITATED: tuple[tuple[str, str], ...] = (
    ("https", "upstream's own network for an unknown word; nobody is right"),
    ("1,234,567", "ours: *thirty-four*; upstream's network garbles it"),
)
# What remains when imitating, and so differs either way.
_IMITATED: tuple[tuple[str, str], ...] = (
    ("I read the book", "ours: a past tense beside *yesterday*; upstream's tagger does not see it"),
    ("wound the bandage", "ours for the noun at the end; upstream's tagger takes it for a verb"),
    ("I object", "ours: verb, then noun; upstream's tagger has them the other way round"),
    ("Elon", "upstream: from its list of names, which we do not have"),
    ("Lead the way", "ours: an order; upstream reads the metal"),
    ("The dove dove", "ours: the bird, then the past of *dive*"),
    ("minute details", "ours: the adjective"),
    ("We live", "ours: the verb, then the adjective"),
    ("Tear the paper", "ours: to rip, then the drop"),
    ("ねえ", "another dictionary (pyopenjtalk-plus): one accent phrase more or less"),
    ("今日はいい", "another dictionary (pyopenjtalk-plus): the accent of 今日"),
    ("Hello、これは", "ours in Japanese text: the word; upstream spells it"),
    ("和2个", "ours: 和 is Chinese here; upstream's detector says Japanese"),
    ("GPT-SoVITS做", "ours: Chinese; upstream's detector says Japanese"),
    ("月薪10000元", "ours: ten thousand in Chinese; upstream's detector says Japanese and reads figures one by one"),
    ("Python和Java", "ours: 和 is Chinese here; upstream's detector says Japanese"),
    ("你好，世界", "ours: Chinese; upstream's detector says Japanese for the second half"),
)
_DEFAULT: tuple[tuple[str, str], ...] = (
    ("银行行长", "ours: 行 is no reduplication here"),
    ("长公主", "ours: 很长 is *hěn cháng*, long"),
    ("得赶紧", "ours: 得 *děi*, must"),
    ("啊——", "ours: a dash is a pause; upstream drops it"),
    ("3:2", "ours: a ratio is read 比; upstream drops the colon"),
    ("米哈游", "ours: the company's name; upstream takes 哈 for a particle"),
    ("剑长三十", "ours: 长 as a measure is *cháng*"),
    ("Dr. Smith", "ours: doctor; upstream reads *drive* and stops at the full stop. Either: *and* in the house number"),
    ("10:30 a.m.", "ours: A M once; upstream says it twice, in pieces"),
    ("1,234,567", "ours: with *and*, without pauses; upstream's network garbles *thirty-four*"),
    ("-12.5", "ours: minus; upstream joins *tonegative* to one word"),
    ("45%", "either: upstream takes *forty-five* for one word with a weaker second half"),
    ("NASA", "ours: a word; upstream spells it"),
    ("OpenAI", "ours: a semicolon is a pause; upstream drops it"),
    ("A complex", "ours: the article; upstream reads the letter"),
    ("A apple", "ours: the article; upstream reads the letter"),
    ("boxes'", "ours: an apostrophe has no sound; upstream writes a dash"),
    ("Rock 'n'", "ours: an apostrophe has no sound; upstream spells a dash and the letter N"),
    ("Wait...", "either: a pause of another kind"),
    ("Parenthetical", "ours: brackets are pauses"),
    ("E.g.", "either: two forms of *et cetera*"),
    ("555-0199", "ours: the figures of a number that begins with nought; upstream reads one hundred ninety-nine"),
    ("example.com", "ours: *dot*, *slash*, *equals*; upstream drops them"),
    ("someone@", "ours: *at*, *dot*; upstream drops them"),
    ("iPhone", "ours: no dash in USB-C"),
    ("GPT-", "ours: SoVITS as a word, no dash"),
    ("2005", "either: with or without *and*"),
    ("3/4", "either: quarters or fourths"),
    ("10 km", "ours: kilometres; upstream spells the unit after a space"),
    ("100 m,", "ours: units with a space before them; upstream spells them"),
    ("Zyxwvut", "either: no words"),
    ("Machinelearning", "either: a compound's second half has the weaker stress with us"),
    ("Um, well -", "ours: dashes are pauses; upstream reads *minus*"),
    ("€20", "ours: euros, cents and *and*; upstream drops the signs"),
    ("Supercali", "either"),
    ("，", "ours: a comma at the end of an English stretch is kept; upstream drops it"),
    ("、", "ours: a comma at the end of an English stretch is kept; upstream drops it"),
    ("WiFi", "ours: a word; upstream spells WI"),
    ("Ok", "either: upstream's pause before a short text; ours comes with the whole piece"),
    ("Hi", "either: upstream's pause before a short text; ours comes with the whole piece"),
    ("JSON", "ours: a word; upstream spells it"),
    ("Let's go", "ours: no comma in mid-sentence before a short English stretch"),
)


def judge(text: str, tag: str, *, imitate: bool) -> str:
    """The judgement on a difference in ``text``; with faults imitated or as spoken by default."""
    if tag == "en" and any("一" <= character <= "龥" or "ぁ" <= character <= "ヿ" for character in text):
        return "either: what an English voice does with Chinese text; we say nothing where nothing is English"
    if tag in ("zh", "all_zh") and any("ぁ" <= character <= "ヿ" for character in text):
        return "either: kana in text that is said to be Chinese has no reading"
    lists = (_ONLY_IMITATED, _IMITATED) if imitate else (_IMITATED, _DEFAULT)
    for judgements in lists:
        for part, verdict in judgements:
            if part in text:
                return verdict
    return "not judged"
