"""Tests of the embedded AWS through boto3: in this process, and over a socket where that matters."""
