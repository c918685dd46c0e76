"""Tests of the provider plugin: its protocol, and every adapter against the embedded AWS."""
