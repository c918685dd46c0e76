#!/usr/bin/env bash
# Serves what /etc/exports.d names. Run at every boot, when the shares are mounted and exported.
set -euo pipefail

# Each waits for a disk most of the time. Eight a processor, of which a machine may have more after a reboot; the kernel's
# default is eight in all.
threads=$((8 * $(nproc)))
printf '[nfsd]\nthreads=%d\n' "$threads" >/etc/nfs.conf.d/threads.conf

# Version 4 asks none of these ("Configuring an NFSv4-only server").
systemctl mask --now rpcbind.socket rpcbind.service rpc-statd.service
systemctl enable --now nfs-server.service
# One that a reboot started before this. It takes another number without a restart.
rpc.nfsd "$threads"
