"""Which parameters of MySQL are static, dynamic or fixed on RDS.

AWS answers it by DescribeEngineDefaultParameters; botocore has no list. Only parameters that people set for a shop are
listed. ``explicit_defaults_for_timestamp``, ``innodb_buffer_pool_size``, ``max_connections`` and ``log_bin`` are as a
public project recorded them from a mysql8.4 group in July 2026. The others follow the MySQL manual, "Server System
Variable Reference", and reports of groups that were applied.
"""

from __future__ import annotations

from typing import Any

from sandbox.emulator.errors import AwsError

FIXED = frozenset({"datadir", "log_bin", "port", "server_id", "socket", "tmpdir"})
"""AWS lets nobody change these."""

STATIC = frozenset(
    {
        "back_log",
        "enforce_gtid_consistency",
        "explicit_defaults_for_timestamp",
        "ft_min_word_len",
        "gtid-mode",
        "innodb_buffer_pool_instances",
        "innodb_ft_min_token_size",
        "innodb_read_io_threads",
        "innodb_write_io_threads",
        "lower_case_table_names",
        "performance_schema",
        "skip_name_resolve",
        "table_open_cache_instances",
        "thread_stack",
    }
)
"""A change applies after a reboot of the instance."""

DYNAMIC = frozenset(
    {
        "binlog_format",
        "character_set_server",
        "collation_server",
        "event_scheduler",
        "general_log",
        "innodb_buffer_pool_size",
        "innodb_flush_log_at_trx_commit",
        "innodb_lock_wait_timeout",
        "innodb_print_all_deadlocks",
        "interactive_timeout",
        "join_buffer_size",
        "local_infile",
        "log_output",
        "log_queries_not_using_indexes",
        "long_query_time",
        "max_allowed_packet",
        "max_connections",
        "max_heap_table_size",
        "require_secure_transport",
        "slow_query_log",
        "sort_buffer_size",
        "sql_mode",
        "sync_binlog",
        "table_open_cache",
        "time_zone",
        "tmp_table_size",
        "transaction_isolation",
        "wait_timeout",
    }
)
"""A change applies at once."""


def apply_type(name: str) -> str:
    """How AWS describes when a change applies. A parameter that is not listed counts as static."""
    return "dynamic" if name in DYNAMIC else "static"


def check(parameter: dict[str, Any]) -> None:
    """Raise ``AwsError`` for a change of a MySQL parameter that AWS refuses.

    It also refuses to apply at once a parameter that is not listed. AWS takes ``pending-reboot`` for every parameter.
    """
    name, method = parameter["ParameterName"], parameter.get("ApplyMethod")
    if method not in ("immediate", "pending-reboot"):
        raise AwsError("InvalidParameterValue", f"Invalid apply method {method} for parameter {name}")
    if name in FIXED:
        raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if method == "immediate" and name not in DYNAMIC:
        why = (
            "" if name in STATIC else f". The sandbox does not know {name}; pending-reboot is right for every parameter"
        )
        raise AwsError(
            "InvalidParameterCombination", f"cannot use immediate apply method for static parameter {name}{why}"
        )
