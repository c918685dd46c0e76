"""Names that an instance of Beanstalk has already, as users or as groups. ``useradd`` refuses them."""

from __future__ import annotations

_USERS = """
adm bin chrony daemon dbus ec2-instance-connect ec2-user ftp games halt libstoragemgmt lp mail nobody operator root rpc
rpcuser shutdown sshd sync systemd-coredump systemd-network systemd-oom systemd-resolve systemd-timesync tcpdump tss
unbound
"""
"""Of Amazon Linux 2023, from ``/etc/passwd`` of its image."""
_GROUPS = """
audio cdrom dialout disk floppy input kmem kvm lock man mem render sgx slocate ssh-keys sys systemd-journal tape tty
users utempter utmp video wheel
"""
_OF_THE_PLATFORM = """
apache awslogs elasticbeanstalk healthd memcached mysql nginx php-fpm postgres vsftpd webapp
"""
"""What Beanstalk's PHP platform and the program's hooks install."""
SYSTEM_NAMES = frozenset(f"{_USERS} {_GROUPS} {_OF_THE_PLATFORM}".split())
