"""Single EC2 instances: NFS, OpenVPN, gateway, Windows, Rundeck and phpMyAdmin, with the files that they boot from.

It imports shared, network and data.
"""
