"""Releases: today, building the bundle that Elastic Beanstalk deploys. It imports `commands` and `settings`."""
