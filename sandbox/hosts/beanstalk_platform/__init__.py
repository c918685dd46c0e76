"""The platform engine of a Beanstalk instance: it runs on the host, with Debian's Python and nothing else.

It does what Amazon Linux 2023's PHP platform does, in its order and with its log lines. Sources: AWS Elastic Beanstalk
Developer Guide, "Platform hooks", "Reverse proxy configuration", "Platform script tools", "Using the Elastic Beanstalk
PHP platform", and eb-engine.log as people published it (rennokki/laravel-aws-eb#55, aws/elastic-beanstalk-roadmap#296).
"""
