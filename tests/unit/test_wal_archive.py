"""Names of WAL segments, and the shell command that archives one: it never overwrites and may be repeated."""

import subprocess

import pytest

from anju.platform.backup import wal
from anju.platform.backup.archive import archive_command
from anju.platform.settings import SettingsError, read_settings


def test_segments_are_numbered_across_the_log_boundary():
    assert wal.segment_at(1, wal.parse_lsn("0/FF000028")) == "0000000100000000000000FF"
    assert wal.segment_at(1, wal.parse_lsn("1/0")) == "000000010000000100000000"
    assert wal.segment_number("000000010000000100000000") == wal.segment_number("0000000100000000000000FF") + 1
    assert wal.segment_name(2, wal.segment_number("0000000200000003000000A1")) == "0000000200000003000000A1"


def test_only_whole_segments_of_the_timeline_count():
    names = [
        "000000010000000000000002",
        "000000010000000000000003.part",
        "000000010000000000000002.00000028.backup",
        "000000020000000000000004",
        "00000002.history",
    ]
    assert wal.segments(names, 1) == {2}


@pytest.mark.parametrize(
    ("present", "start", "gap"),
    [({2, 3, 4}, 2, None), ({2, 4}, 2, 3), ({3, 4}, 2, 2), (set(), 2, 2), ({1, 3}, 3, None)],
)
def test_the_first_gap(present, start, gap):
    assert wal.first_gap(present, start) == gap


def test_archiving_copies_once_repeats_quietly_and_never_overwrites(tmp_path):
    folder = tmp_path / "it's 100% a folder"
    folder.mkdir()
    segment = tmp_path / "segment"

    def run(content):
        segment.write_bytes(content)
        marks = {"%%": "\0", "%p": str(segment), "%f": "0001"}
        command = archive_command(folder)
        for mark, value in marks.items():
            command = command.replace(mark, value)
        return subprocess.run(["sh", "-c", command.replace("\0", "%")], check=False).returncode

    assert run(b"one") == 0
    assert run(b"one") == 0
    assert run(b"two") != 0
    assert (folder / "0001").read_bytes() == b"one"
    assert [path.name for path in folder.iterdir()] == ["0001"]
    (folder / "0001").unlink()
    folder.rename(tmp_path / "elsewhere")
    assert run(b"one") != 0


def test_backups_do_not_lie_inside_what_they_back_up(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read_settings({"ANJU_HOME": str(tmp_path), "ANJU_BACKUP_DIR": str(tmp_path / "postgres" / "wal")})
    assert caught.value.field == "ANJU_BACKUP_DIR"
    assert read_settings({"ANJU_HOME": str(tmp_path)}).backup_dir == tmp_path / "backup"
