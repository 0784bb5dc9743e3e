"""Names of WAL segments: pure arithmetic over timeline and log position (LSN)."""

from collections.abc import Iterable

#: Size of a segment; the embedded server is made with PostgreSQL's default.
SEGMENT_BYTES = 16 << 20
_NAME_LENGTH = 24
_SEGMENTS_PER_LOG = (1 << 32) // SEGMENT_BYTES


def parse_lsn(text: str) -> int:
    """Byte position of an LSN as PostgreSQL writes it ("1/2A000028")."""
    high, _separator, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def segment_name(timeline: int, number: int) -> str:
    """File name of the segment with that number on the timeline."""
    return f"{timeline:08X}{number // _SEGMENTS_PER_LOG:08X}{number % _SEGMENTS_PER_LOG:08X}"


def segment_at(timeline: int, lsn: int) -> str:
    """File name of the segment that holds the byte at the position."""
    return segment_name(timeline, lsn // SEGMENT_BYTES)


def segment_number(name: str) -> int:
    """Number of the segment on its timeline."""
    return int(name[8:16], 16) * _SEGMENTS_PER_LOG + int(name[16:], 16)


def segments(names: Iterable[str], timeline: int) -> set[int]:
    """Numbers of the segments of one timeline among file names of all kinds."""
    prefix = f"{timeline:08X}"
    return {
        segment_number(name)
        for name in names
        if len(name) == _NAME_LENGTH and name.startswith(prefix) and all(c in "0123456789ABCDEF" for c in name)
    }


def first_gap(present: set[int], start: int) -> int | None:
    """The first number missing between `start` and the highest one present; None when there is no hole."""
    end = max(present, default=start)
    return next((number for number in range(start, end + 1) if number not in present), None)
