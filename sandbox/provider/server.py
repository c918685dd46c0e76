"""The plugin's gRPC server: binds a ``Servicer`` to a port and turns exceptions into statuses that the engine
shows."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn

import grpc  # type: ignore[import-untyped]
from google.protobuf.message_factory import GetMessageClass

from sandbox.provider.errors import PartialFailureError, describe, is_expected
from sandbox.provider.protocol import provider_pb2, status_pb2
from sandbox.provider.servicer import InitFailedError, Servicer

_THREADS: Final = 64
"""More than the engine asks for at once: it runs four operations a core, and each may spend minutes waiting."""
_SERVICE: Final = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"]


def serve(servicer: Servicer) -> tuple[Any, int]:
    """A started server on a free loopback port, and the port."""
    server = grpc.server(
        ThreadPoolExecutor(_THREADS),
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(_SERVICE.full_name, _handlers(servicer))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _handlers(servicer: Servicer) -> dict[str, Any]:
    """A handler for each method of the service that the servicer has; gRPC answers UNIMPLEMENTED to the others."""
    handlers = {}
    for method in _SERVICE.methods:
        implementation = getattr(servicer, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method.name).lower(), None)
        if implementation is not None:
            handlers[method.name] = grpc.unary_unary_rpc_method_handler(
                _answering(implementation),
                request_deserializer=GetMessageClass(method.input_type).FromString,
                response_serializer=GetMessageClass(method.output_type).SerializeToString,
            )
    return handlers


def _answering(implementation: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, context: Any) -> Any:
        try:
            return implementation(request)
        except Exception as error:
            _abort(context, error)

    return answer


def _abort(context: Any, error: Exception) -> NoReturn:
    code, message = grpc.StatusCode.FAILED_PRECONDITION, describe(error)
    cause = _root(error)
    if not is_expected(cause):
        traceback.print_exception(cause, file=sys.stderr)
    if isinstance(error, InitFailedError):
        # gRPC's own place for a typed error; without it the engine would forget the resource that was made.
        status = status_pb2.Status(code=code.value[0], message=message)
        status.details.add().Pack(error.detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    elif not is_expected(error):
        code = grpc.StatusCode.INTERNAL
    context.abort(code, message)
    raise AssertionError("context.abort always raises")


def _root(error: BaseException) -> BaseException:
    """What a partial failure was made of; any other error as it is."""
    while isinstance(error, (InitFailedError, PartialFailureError)) and error.__cause__ is not None:
        error = error.__cause__
    return error
