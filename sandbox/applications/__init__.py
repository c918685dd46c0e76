"""Stand-ins for the applications that Beanstalk's instances run: a shop laid out as Magento, and three satellites.

Each says in its pages and headers that it is a stand-in. `releases.py` builds source trees of the shop: the base tree,
and changes of it that a release brings.
"""
