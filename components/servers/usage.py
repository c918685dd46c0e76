"""How much a server uses: metrics that it publishes itself every five minutes, in ``boot_status.NAMESPACE``.

No agent of AWS's collects them: it would be one more package that a boot can fail at, and its metrics of a file system
have the device among their dimensions, whose name changes with each instance.
"""

from __future__ import annotations

DISK = "DiskUsedPercent"
"""Bytes of a file system that are used, in percent."""
INODES = "InodesUsedPercent"
"""Files and directories of a file system, in percent of those that it can have."""
MEMORY = "MemoryUsedPercent"
"""Memory that is not available to programs, in percent."""
SWAP = "SwapUsedPercent"
"""0 without swap, as on Debian's image."""
LOAD = "LoadAverage5min"
"""As Beanstalk calls it, on Linux only."""
MISSING_VOLUMES = "VolumesMissing"
"""Data volumes of a Linux server that are not mounted. It is published while there are any."""
DIRECTORY = "Directory"
"""The dimension of a single file system: its directory, or its drive letter on Windows. Without it, ``DISK`` and
``INODES`` have the values of all file systems of a server, so that their maximum is that of the fullest."""
