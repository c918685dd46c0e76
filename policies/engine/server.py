"""The policy pack's gRPC server. The engine starts the pack as a process, and reads the port from its output."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies.engine.analyzer import Analyzer
from policies.model.rule import PolicyConfigError

_LARGEST_MESSAGE = 400 << 20
"""Bytes. The engine sends a whole stack in one message; gRPC's own limit is 4 MB."""


def serve(make: Callable[[], Analyzer]) -> None:
    """Serves an analyzer on a free loopback port, prints the port, and returns when the engine ends the process."""
    try:
        analyzer = make()
    except PolicyConfigError as wrong:
        # One line: the SDK would print a traceback around it.
        sys.exit(f"error: {wrong}")
    # One thread: the rules hold Python's lock, so more of them only take turns.
    server = grpc.server(
        ThreadPoolExecutor(max_workers=1),
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.so_reuseport", 0)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(0)
