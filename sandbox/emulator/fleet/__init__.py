"""The fleet: a process beside the embedded AWS that runs a host for each instance of Elastic Beanstalk.

The fleet follows ``GET /moto-api/hosts`` (``endpoint.py``), which answers what hosts, load balancers and data stores it
runs (``state.py``). The embedded AWS asks the fleet to deploy, to run commands, and how its load balancers' health
checks went (``registration.py``). While a fleet is registered, ``ticker.py`` moves deployments on between requests.

Without a fleet the embedded AWS answers as if every instance took each deployment and passed each health check.
"""
