"""Which speakers the watermark was tuned on, and which its figures are measured on. They never mix."""

from __future__ import annotations

from typing import Final

_TUNE_NAMES: Final = """
kathleen ls103 ls1088 ls1246 ls1447 ls1594 ls163 ls1867 ls196 ls1992 ls2136 ls226 ls2391 ls2518 ls26 ls2843
ls2989 ls311 ls3240 ls3440 ls3699 ls374 ls3947 ls4018 ls4051 ls4214 ls4397 ls445 ls4680 ls4853 ls5104 ls5390
ls5561 ls5750 ls587 ls6000 ls6147 ls6385 ls6529 ls6848 ls7078 ls7226 ls730 ls7402 ls7635 ls8014 ls8098 ls831
ls8465 ls8630 ls89 ls911
"""

_TEST_NAMES: Final = """
LJ SF1 SM1 kerstin ls1034 ls1098 ls1263 ls1455 ls1624 ls1688 ls1841 ls19 ls1970 ls1998 ls2033 ls211 ls2159
ls2384 ls2414 ls250 ls254 ls2691 ls2893 ls307 ls3112 ls3242 ls3486 ls367 ls3723 ls3879 ls40 ls403 ls4195
ls4362 ls441 ls4640 ls481 ls4859 ls5163 ls5393 ls5652 ls5778 ls60 ls6019 ls6181 ls6415 ls6531 ls6880 ls7113
ls7264 ls7367 ls7517 ls7859 ls8095 ls8238 ls8312 ls8468 ls8747 ls8975
"""

TUNE: Final = frozenset(_TUNE_NAMES.split())
"""Seen while parameters were chosen."""

TEST: Final = frozenset(_TEST_NAMES.split())
"""Every quoted figure: English, with one German reader, read speech."""
