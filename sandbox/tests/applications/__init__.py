"""Tests of the stand-in applications, with real PHP, MariaDB and Redis."""
