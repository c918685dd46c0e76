"""Tests of the machines that ``./shop sandbox live`` makes; they need root and Debian or Ubuntu."""
