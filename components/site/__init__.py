"""The shop: its environments, data stores, files and Magento's own configuration.

It imports shared, network, data, beanstalk, servers and delivery.
"""
