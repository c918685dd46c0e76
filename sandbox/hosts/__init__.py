"""Machines for the embedded Beanstalk's instances: namespaces of the kernel over one Debian root, and what is around them."""
