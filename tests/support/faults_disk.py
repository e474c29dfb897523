"""A disk that a test can fill up."""

import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SIZE = "64m"
_BLOCK = 4096


class SmallDisk:
    """A folder on a file system of its own or, where none may be mounted, an ordinary one."""

    def __init__(self, folder: Path, *, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted

    def put(self, source: Path, name: str) -> Path:
        """Copy a file onto it."""
        return Path(shutil.copy(source, self.folder / name))

    @contextmanager
    def filled(self, pid: int) -> Iterator[None]:
        """Leave no room: on the file system, or else to this process for longer files."""
        print("disk full: " + ("of a small file system" if self._mounted else "by RLIMIT_FSIZE"))
        if not self._mounted:
            with _limited(pid, self._longest_file()):
                yield
            return
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            _fill(file.fileno())
            yield
        filler.unlink()

    def _longest_file(self) -> int:
        return max(each.stat().st_size for each in self.folder.iterdir())


def _fill(file: int) -> None:
    block = bytes(_BLOCK)
    try:
        while os.write(file, block):
            continue
    except OSError as error:
        assert error.errno == errno.ENOSPC, error


@contextmanager
def _limited(pid: int, size: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(parent: Path) -> Iterator[SmallDisk]:
    """A folder below ``parent``; what was mounted is gone with the block."""
    folder = parent / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tradepost-test", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(mount, check=False).returncode
    try:
        yield SmallDisk(folder, mounted=mounted)
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
