"""Tone changes in connected Mandarin: neutral tone, *yī* and *bù*, third tones, and *ér* after its syllable.

Works on words with their tones, one per character (0 for a mark). The rules are those of the grammars (Chao 1968, "A
Grammar of Spoken Chinese", 1.3.4-1.3.7; Duanmu 2007, "The Phonology of Standard Chinese", ch. 11); which words carry a
neutral tone is the list of the Putonghua proficiency test with some everyday words more. ``imitate`` turns on what the
models' makers do beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from synthesis.engine.gpt_sovits.text.zh.words import Cut, halves

NEUTRAL: Final = frozenset((Path(__file__).parents[1] / "data" / "neutral.txt").read_text("utf-8").split())
# Full syllables that look like suffixes or repetitions.
_FULL: Final = frozenset(
    "男子 女子 分子 原子 量子 电子 离子 质子 中子 粒子 因子 莲子 石子 瓜子 鱼子 王子 太子 公子 君子 天子 父子 母子 弟子 才子 "  # noqa: SIM905 - a list of words reads as text
    "亲子 孔子 孟子 庄子 人人 天天 年年 处处 家家 户户 常常 刚刚 渐渐 仅仅 往往 偏偏 虎虎".split()
)
_PARTICLES: Final = frozenset("吧呢啊呐噻嘛吗吖嗨哦哒呀啦哩哟喽啰喔")
_STRUCTURAL: Final = frozenset("的地得")
_IMITATED_PARTICLES: Final = frozenset("哈额滴耶诶")
_FULL_ER: Final = frozenset(
    "女儿 男儿 婴儿 幼儿 孤儿 患儿 胎儿 少儿 健儿 宠儿 妻儿 侄儿 孙儿 花儿 鸟儿 马儿 猫儿 狗儿 虫儿 生儿 育儿 "  # noqa: SIM905 - a list of words reads as text
    "乞儿 聋儿 弃儿 小儿 为儿 有儿 一儿 我儿 混血儿 流浪儿 连体儿 红孩儿".split()
)
# Words that keep their suffix whatever jieba takes them for.
_SUFFIX_ER: Final = frozenset("小院儿 胡同儿 媳妇儿 老汉儿 妥妥儿 撒欢儿 范儿".split())  # noqa: SIM905
_NUMERALS: Final = frozenset("零一二三四五六七八九十百千万亿两几")


def change(cut: Cut, tones: Sequence[int], *, er: bool = True, imitate: bool = False) -> list[int]:
    """Tones of a word in speech.

    Args:
        cut: the word, joined as ``words.join`` does.
        tones: of the single characters, as many as the word has.
        er: whether the suffix *er* takes the tone before it (version 2).
        imitate: do as the models' makers.
    """
    changed = list(tones)
    _bu(cut.word, changed)
    _yi(cut.word, changed)
    _neutral(cut, changed, imitate=imitate)
    _third(cut.word, changed)
    if er:
        _er(cut, changed)
    return changed


def _bu(word: str, tones: list[int]) -> None:
    if len(word) == 3 and word[1] == "不":
        tones[1] = 5
        return
    for index, character in enumerate(word[:-1]):
        if character == "不" and tones[index + 1] == 4:
            tones[index] = 2


def _yi(word: str, tones: list[int]) -> None:
    if "一" not in word or all(character in _NUMERALS and character not in "百千万亿两几" for character in word):
        return
    if len(word) == 3 and word[1] == "一" and word[0] == word[2]:
        tones[1] = 5
    elif word.startswith("第一"):
        tones[1] = 1
    else:
        for index, character in enumerate(word[:-1]):
            if character == "一" and tones[index + 1]:
                tones[index] = 2 if tones[index + 1] == 4 else 4


def _neutral(cut: Cut, tones: list[int], *, imitate: bool) -> None:
    word, tag = cut.word, cut.tag
    if _repeats(cut, imitate=imitate):
        for index in range(1, len(word)):
            if word[index] == word[index - 1]:
                tones[index] = 5
    if _structural(word, tones[-1], imitate=imitate) or _neutral_end(word, tag, imitate=imitate):
        tones[-1] = 5
    elif (place := _measure_ge(word)) is not None:
        tones[place] = 5
    elif _listed(word):
        tones[-1] = 5
    head, tail = halves(word)
    if _listed(head):
        tones[len(head) - 1] = 5
    if tail and _listed(tail):
        tones[-1] = 5


def _listed(word: str) -> bool:
    return word in NEUTRAL or word[-2:] in NEUTRAL


def _repeats(cut: Cut, *, imitate: bool) -> bool:
    if cut.word in _FULL or cut.tag[:1] not in ("n", "v", "a"):
        return False
    return imitate or (len(cut.word) == 2 and cut.tag[0] != "a")


def _structural(word: str, tone: int, *, imitate: bool) -> bool:
    """的 地 得 as particles; not in 目的, 土地, 获得, nor 得 *děi*, "must"."""
    return word[-1] in _STRUCTURAL and (imitate or tone == 5 or (len(word) == 1 and tone != 3))


def _neutral_end(word: str, tag: str, *, imitate: bool) -> bool:
    last = word[-1]
    if last in _PARTICLES or (imitate and last in _IMITATED_PARTICLES):
        return True
    if len(word) == 1:
        return last in "了着过" and tag in ("ul", "uz", "ug")
    if last in "们子":
        return tag in ("r", "n") and word not in _FULL
    if last in "上下里":
        return tag in ("s", "l", "f")
    return last in "来去" and word[-2] in "上下进出回过起开"


def _measure_ge(word: str) -> int | None:
    """Where 个 counts: after a numeral, or alone."""
    place = word.find("个")
    if word == "个" or (place >= 1 and (word[place - 1] in _NUMERALS or word[place - 1] in "有半多各整每做是")):
        return place
    return None


def _third(word: str, tones: list[int]) -> None:
    """Of third tones that meet, all but the last rise; in three syllables the inner structure says which meet first."""
    if len(word) == 2 and tones == [3, 3]:
        tones[0] = 2
    elif len(word) == 4:
        for start in (0, 2):
            if tones[start : start + 2] == [3, 3]:
                tones[start] = 2
    elif len(word) == 3:
        split = len(halves(word)[0])
        if tones == [3, 3, 3]:
            tones[:2] = [2, 2] if split == 2 else [3, 2]
            return
        for start, end in ((0, split), (split, 3)):
            if end - start == 2 and tones[start:end] == [3, 3]:
                tones[start] = 2
        if tones[split:] and tones[split] == 3 and tones[split - 1] == 3:
            tones[split - 1] = 2


def _er(cut: Cut, tones: list[int]) -> None:
    word = cut.word
    if word[-1] != "儿":
        return
    if tones[-1] == 1:
        tones[-1] = 2
    plain = word in _FULL_ER or word[-2:] in _FULL_ER or cut.tag in ("a", "j", "nr")
    if len(word) > 1 and tones[-1] in (2, 5) and (word in _SUFFIX_ER or not plain):
        tones[-1] = tones[-2]
