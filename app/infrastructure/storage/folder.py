"""Files of companies in a folder: for the service's own user only, and whole or not there."""

import os
import shutil
from pathlib import Path

from app.domain.shared.ids import Id

_PARTIAL = ".partial"


class NewFile:
    """A file to fill, which stands under its name once it is whole and on the disk.

    Its methods wait for the disk, so they are called in a thread.
    """

    def __init__(self, partial: Path, place: Path) -> None:
        self._partial = partial
        self._place = place
        partial.unlink(missing_ok=True)
        self.stream = os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def keep(self) -> None:
        """Let the file stand under its name."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self._partial.replace(self._place)

    def drop(self) -> None:
        """Remove what was written, unless it was kept."""
        self.stream.close()
        self._partial.unlink(missing_ok=True)


class CompanyFiles:
    """A folder with one folder for each company. Names are made of ids: none comes from outside."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, tenant_id: Id, name: str) -> Path:
        """Where a file of a company stands, should it be there."""
        return self._folder(tenant_id) / name

    def new(self, tenant_id: Id, name: str, attempt: int) -> NewFile:
        """A new file; two that fill the same one, in two attempts, do not meet.

        Raises:
            OSError: the folder cannot be made or written.
        """
        folder = self._folder(tenant_id)
        self._root.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        return NewFile(folder / f"{name}.{attempt}{_PARTIAL}", folder / name)

    def remove(self, tenant_id: Id, name: str) -> None:
        """Remove a file and what attempts at it have left; it need not be there."""
        folder = self._folder(tenant_id)
        for each in (folder / name, *folder.glob(f"{name}.*{_PARTIAL}")):
            each.unlink(missing_ok=True)

    def remove_all(self, tenant_id: Id) -> int:
        """Remove every file of a company; how many there were."""
        folder = self._folder(tenant_id)
        if not folder.is_dir():
            return 0
        found = sum(1 for _ in folder.iterdir())
        shutil.rmtree(folder)
        return found

    def _folder(self, tenant_id: Id) -> Path:
        return self._root / tenant_id.hex()
