"""The time in `last_refresh`, read as leniently as Codex reads it (C32 in profiles/CODEX.md)."""

from __future__ import annotations

import re

# White space in the sense of Unicode; Python's own idea of it takes four control characters more.
_WHITE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_S = f"[{_WHITE}]*"
_D = "([0-9]{1,2})"
#: Compiled at its first use, because that takes a millisecond.
_TIME = (
    f"{_S}([+-][0-9]+|[0-9]{{1,4}}){_S}-{_S}{_D}{_S}-{_S}{_D}[Tt ]"
    rf"{_S}{_D}{_S}:{_S}{_D}{_S}:{_S}{_D}(?:\.([0-9]+))?"
    f"{_S}(?:[Zz]|[Uu][Tt][Cc]|([+\u2212-])([0-9]{{2}})[:{_WHITE}]*([0-9]{{2}})){_S}"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: The first and last second that Codex's calendar has: the years -262143 to 262142.
_FIRST, _LAST = -8_334_601_228_800, 8_210_266_876_799
#: Seconds since the epoch from which on nothing can be shown: the year 10000.
_UNSHOWN = 253_402_300_800


def parse_time(value: object) -> int | None:
    """Return nanoseconds since the epoch (UTC), or None when Codex would not take it for a time."""
    if not isinstance(value, str):
        return None
    found = re.fullmatch(_TIME, value)
    if found is None:
        return None
    year_text, *fields = found.groups()[:6]
    digits = year_text.lstrip("+-").lstrip("0")
    if len(digits) > 6:
        return None
    year = -int(digits or "0") if year_text[0] == "-" else int(digits or "0")
    month, day, hour, minute, second = map(int, fields)
    if not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 60:
        return None
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _DAYS[month - 1] + (is_leap and month == 2):
        return None
    # A second 60 is the 59th with more than a whole second of fraction: it may still be the calendar's last.
    whole = _days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + min(second, 59)
    sign, hours, minutes = found.groups()[7:]
    if sign is not None:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = int(hours) * 3_600 + int(minutes) * 60
        whole += offset if sign != "+" else -offset
    if not _FIRST <= whole <= _LAST:
        return None
    nanoseconds = int(((found.group(7) or "") + "000000000")[:9])
    return (whole + (second == 60)) * 1_000_000_000 + nanoseconds


def believable(moment: int | None) -> int | None:
    """Return the time, or None when it says nothing: before 1970 (Go writes the year 1) or after 9999."""
    return moment if moment is not None and 0 <= moment < _UNSHOWN * 1_000_000_000 else None


def _days(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01; the year begins in March here, so that a leap day is its last."""
    if month <= 2:
        year -= 1
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
