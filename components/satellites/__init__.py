"""The applications beside the shop: each on Beanstalk, with the shared database, and by FTP if asked.

It imports shared, network, data, beanstalk and servers.
"""
