"""Which pinyin a character has where it stands.

pypinyin's phrases decide; a table of ours corrects words that they get wrong, and a G2PW model, where there is one, decides
polyphones by the whole sentence.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

from pypinyin import Style, lazy_pinyin

from synthesis.engine.gpt_sovits.text.zh.syllables import split_tone


class Polyphones(Protocol):
    """Chooses readings by the sentence around them."""

    def readings(self, sentence: str) -> list[str | None]:
        """Pinyin with tone figure for each character that it decides, None for the others."""


# Words that pypinyin 0.55 reads wrongly in running text.
CORRECTIONS: Final = {
    "长得": "zhang3 de5",
    "跑得": "pao3 de5",
    "说得": "shuo1 de5",
    "做得": "zuo4 de5",
    "得赶紧": "dei3 gan3 jin3",
    "得赶快": "dei3 gan3 kuai4",
    "必得": "bi4 dei3",
    "总得": "zong3 dei3",
    "还得": "hai2 dei3",
    "都得": "dou1 dei3",
    "也得": "ye3 dei3",
    "行长": "hang2 zhang3",
    "银行行长": "yin2 hang2 hang2 zhang3",
    "很长": "hen3 chang2",
    "好长": "hao3 chang2",
    "太长": "tai4 chang2",
    "多长": "duo1 chang2",
    "剑长": "jian4 chang2",
    "身长": "shen1 chang2",
    "全长": "quan2 chang2",
    "米哈游": "mi3 ha1 you2",
    "都江堰": "du1 jiang1 yan4",
    "嗯": "en5",
    "还款": "huan2 kuan3",
    "还钱": "huan2 qian2",
    "重新": "chong2 xin1",
    "重做": "chong2 zuo4",
    "重来": "chong2 lai2",
    "转圈": "zhuan4 quan1",
    "朝阳区": "chao2 yang2 qu1",
    "会计": "kuai4 ji4",
    "参差": "cen1 ci1",
    "角色": "jue2 se4",
    "供给": "gong1 ji3",
    "给予": "ji3 yu3",
    "血淋淋": "xie3 lin2 lin2",
    "觉得": "jue2 de5",
    "睡觉": "shui4 jiao4",
    "降落": "jiang4 luo4",
    "投降": "tou2 xiang2",
    "单于": "chan2 yu2",
    "数不清": "shu3 bu5 qing1",
    "音乐": "yin1 yue4",
    "快乐": "kuai4 le4",
    "处理": "chu3 li3",
    "好处": "hao3 chu5",
    "着急": "zhao2 ji2",
    "着火": "zhao2 huo3",
    "睡着": "shui4 zhao2",
    "差点": "cha4 dian3",
    "出差": "chu1 chai1",
    "几乎": "ji1 hu1",
    "间隔": "jian4 ge2",
    "中奖": "zhong4 jiang3",
    "打中": "da3 zhong4",
    "应用": "ying4 yong4",
    "应该": "ying1 gai1",
}
_LONGEST: Final = max(map(len, CORRECTIONS))


@lru_cache(maxsize=4096)
def _of_word(word: str) -> tuple[str, ...]:
    # What has no reading stays, one character an item; pypinyin's types know only callables that answer a string.
    read = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True, errors=list)  # type: ignore[arg-type]
    return tuple(read)


def tones(word: str) -> list[int]:
    """Tones of a word read by itself; 0 for what is no syllable."""
    return [tone_of(reading) for reading in _of_word(word)]


def tone_of(reading: str) -> int:
    """The tone of a reading; 0 for a mark."""
    return split_tone(reading)[1] if reading[:1].isalpha() else 0


def read(clause: str, *, corrected: bool = True, polyphones: Polyphones | None = None) -> list[str]:
    """One reading for each character of ``clause``: pinyin with tone figure (5 is neutral), marks as they are."""
    found = list(_of_word(clause))
    if corrected:
        _correct(clause, found)
    if polyphones is not None:
        chosen = polyphones.readings(clause)
        found = [theirs or ours for ours, theirs in zip(found, chosen, strict=True)]
    return found


def _correct(clause: str, found: list[str]) -> None:
    start = 0
    while start < len(clause):
        for size in range(min(_LONGEST, len(clause) - start), 0, -1):
            entry = CORRECTIONS.get(clause[start : start + size])
            if entry:
                found[start : start + size] = entry.split()
                start += size - 1
                break
        start += 1
