"""Elastic Beanstalk environments, load balancers and listeners."""
