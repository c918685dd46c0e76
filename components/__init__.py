"""The platform's parts, by area. Each file holds one component and what it takes.

Areas import one another in one direction only: shared, network, data, beanstalk, servers, delivery, site, satellites,
monitoring. Every area may import the sections of ``settings``, but not the reader of the stack file.
"""
