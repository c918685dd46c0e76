"""Machines for the embedded Beanstalk's instances, and the network, data stores and load balancers around them."""
