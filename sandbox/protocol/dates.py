"""Dates and times as trees: their ISO text; with a zone, or in the hour that comes twice, [text, fold, zone].

A zone is [microseconds, name or null], or [microseconds, {"key": …}] of the time zone database, whose microseconds
are for a machine that lacks it.
"""

import datetime
import re
from typing import Any

KEY = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,3}")
MICROSECOND = datetime.timedelta(microseconds=1)


def date_tree(value: datetime.datetime, foreign: Any) -> Any:
    """`foreign` is called with a zone of a class that does not cross; what it was then, is kept of it."""
    day, time = datetime.datetime.date(value), datetime.datetime.time(value)
    plain = datetime.datetime.combine(day, time)
    return _tree(datetime.datetime.isoformat(plain), value, foreign)


def time_tree(value: datetime.time, foreign: Any) -> Any:
    plain = datetime.time(value.hour, value.minute, value.second, value.microsecond)
    return _tree(plain.isoformat(), value, foreign)


def _tree(text: str, value: Any, foreign: Any) -> Any:
    if value.tzinfo is None and not value.fold:
        return text
    zone = zone_tree(value.tzinfo, value)
    if zone is None and value.tzinfo is not None:
        foreign(value.tzinfo)
        offset = value.utcoffset()
        zone = None if offset is None else [offset // MICROSECOND, None]
    return [text, value.fold, zone]


def zone_tree(zone: object, at: Any = None) -> list[Any] | None:
    """None for what is no zone of the standard library. `at`: when, for who has no database."""
    if type(zone) is datetime.timezone:
        offset, name = [*zone.__getinitargs__(), None][:2]  # type: ignore[attr-defined]
        return [offset // MICROSECOND, name]
    key = getattr(zone, "key", None)
    if type(zone).__module__ != "zoneinfo" or not isinstance(key, str) or not KEY.fullmatch(key):
        return None
    offset = at.utcoffset() if at is not None else None
    return [(offset or datetime.timedelta()) // MICROSECOND, {"key": key}]


def make_date(body: Any) -> datetime.datetime:
    """Raises an exception of whatever class for what is none, as the two below."""
    if isinstance(body, str):
        return datetime.datetime.fromisoformat(body)
    text, fold, zone = body
    return datetime.datetime.fromisoformat(text).replace(fold=fold, tzinfo=make_zone(zone))


def make_time(body: Any) -> datetime.time:
    if isinstance(body, str):
        return datetime.time.fromisoformat(body)
    text, fold, zone = body
    return datetime.time.fromisoformat(text).replace(fold=fold, tzinfo=make_zone(zone))


def make_zone(body: Any) -> datetime.tzinfo | None:
    if body is None:
        return None
    microseconds, name = body
    offset = datetime.timedelta(microseconds=microseconds)
    if not isinstance(name, dict):
        return datetime.timezone(offset) if name is None else datetime.timezone(offset, name)
    if not KEY.fullmatch(name["key"]):
        raise ValueError("no key of a time zone")
    import zoneinfo  # by those who need it: a box starts without

    try:
        return zoneinfo.ZoneInfo(name["key"])
    except zoneinfo.ZoneInfoNotFoundError:
        return datetime.timezone(offset)
