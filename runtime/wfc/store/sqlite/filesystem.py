"""Is a file on a network filesystem? SQLite's locks and shared memory are not to be trusted there."""

from __future__ import annotations

from pathlib import Path

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs", "virtiofs"}
    | {f"fuse.{name}" for name in ("sshfs", "glusterfs", "ceph", "s3fs", "rclone", "gcsfuse")}
)
_MOUNTS = Path("/proc/self/mounts")


def network_filesystem(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the name of the network filesystem that holds a file; None for a local one, or where it can't be told."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:  # not Linux
        return None
    folder = path.resolve()
    best: tuple[int, str] = (-1, "")
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace(r"\040", " "))
        if point == folder or point in folder.parents:
            best = max(best, (len(point.parts), fields[2]), key=lambda found: found[0])
    return best[1] if best[1] in _NETWORK else None
