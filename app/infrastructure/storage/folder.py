"""Files of companies in a folder: complete, and readable by the service's own user only."""

import os
import shutil
from pathlib import Path

from app.domain.shared.ids import Id

_PARTIAL = ".partial"


class NewFile:
    """A file to fill; it gets its name only when it is complete and on the disk.

    Its methods block on the disk, so call them in a thread.
    """

    def __init__(self, partial: Path, place: Path) -> None:
        self._partial = partial
        self._place = place
        partial.unlink(missing_ok=True)
        self.stream = os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def keep(self) -> None:
        """Complete the file and give it its name."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self._partial.replace(self._place)

    def drop(self) -> None:
        """Remove the unfinished file, unless it was completed."""
        self.stream.close()
        self._partial.unlink(missing_ok=True)


class CompanyFiles:
    """A folder with one subfolder per company. Names are built from ids, never from input."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, tenant_id: Id, name: str) -> Path:
        """The path of a file of a company; it may not exist."""
        return self._folder(tenant_id) / name

    def new(self, tenant_id: Id, name: str, attempt: int) -> NewFile:
        """A new file to fill; two attempts at the same file do not collide.

        Raises:
            OSError: the folder cannot be created or written.
        """
        folder = self._folder(tenant_id)
        self._root.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return NewFile(folder / f"{name}.{attempt}{_PARTIAL}", folder / name)

    def remove(self, tenant_id: Id, name: str) -> None:
        """Remove a file and the remains of failed attempts; it need not exist."""
        folder = self._folder(tenant_id)
        for each in (folder / name, *folder.glob(f"{name}.*{_PARTIAL}")):
            each.unlink(missing_ok=True)

    def remove_all(self, tenant_id: Id) -> int:
        """Remove every file of a company; returns their number."""
        folder = self._folder(tenant_id)
        if not folder.is_dir():
            return 0
        found = sum(1 for _ in folder.iterdir())
        shutil.rmtree(folder)
        return found

    def _folder(self, tenant_id: Id) -> Path:
        return self._root / tenant_id.hex()
