"""Values that AWS or an instance would refuse, or that would do harm, with what is said of each."""

from __future__ import annotations

from typing import Any

REFUSED: tuple[tuple[str, tuple[Any, ...], str], ...] = (
    # Sizes.
    ("site.database.storage_gib", (-5, 0, 1, 19), "20 to 65536"),
    ("site.database.max_storage_gib", (501,), "550 or more, 10 % above storage_gib (500)"),
    ("site.front.root_volume_gib", (-300, 0), "8 to 65536"),
    ("windows.size.root_volume_gib", (8,), "30 or more, the size of Windows Server's image"),
    ("site.front.instances", (100_000,), "1 to 10000"),
    ("site.search.storage_gib", (-1,), "10 to 65536"),
    ("site.search.instances", (81, -1), "1 to 80"),
    ("vpn_links.0.bgp_asn", (-5, 0), "1 to 2147483647"),
    # 9059 is reserved in Ireland only.
    ("vpn_links.0.bgp_asn", (7224,), "a number that AWS does not use itself"),
    ("monitoring.thresholds.database_connections", (10**18,), "0 to 1000000"),
    ("monitoring.thresholds.environment_health", (25, 26), "0 to 24"),
    ("monitoring.thresholds.certificate_days", (10**6,), "1 to 397"),
    # What AWS offers.
    ("site.front.instance_types.0", ("10.0.0.1", "-a", "../../etc/passwd", "mac1.metal"), "an instance type of EC2"),
    ("site.front.instance_types", (["c7g.xlarge", "c7g.xlarge"],), "each type once"),
    ("site.database.instance_class", ("cache.t4g.small", "r7g.4xlarge", "db.x9z.large"), "a class of RDS for MySQL"),
    # In other regions, but not in Paris.
    ("site.database.instance_class", ("db.r7g.large",), "a type that eu-west-3 offers. If AWS offers it since"),
    ("site.front.instance_types.0", ("c7gn.large",), "a type that eu-west-3 offers"),
    ("site.cache.node_type", ("r7g.large", "cache.r7g.large\n", "cache.z9.large"), "a node type of ElastiCache"),
    ("site.search.instance_type", ("r7g.large", "z9.large.search"), "an instance type of OpenSearch"),
    ("site.cache.engine_version", ("8.1\n", "8.1-8.1", "8.7", "٨.١"), "one of 7.2, 8.0, 8.1"),
    ("site.search.engine_version", ("3.1é", "3.1-3.1", "3.9"), "one of 3.1, 3.3"),
    ("shared_database.engine_version", ("5.5", "8.4\n"), "one of 8.0, 8.4"),
    ("site.crypt_key_secret", ("", "crypt-key", "arn:aws:s3:::client-magento-config"), "the ARN of a secret, such as"),
    ("network.flow_log_retention_days", (45, 0, -1), "one of 1, 3, 5, 7, 14"),
    ("session_manager.log_retention_days", (100, 0), "one of 1, 3, 5, 7, 14"),
    ("network.zones", (["a", "z"],), "one of a, b, c, the zones of eu-west-3"),
    ("network.zones", (list("abcdefghijklmnopqrstuvwxyz"),), "one of a, b, c, the zones of eu-west-3"),
    (
        "satellites.1.solution_stack",
        ("Windows 95", "64bit Amazon Linux 2023 v. running PHP 8.4"),
        "a Beanstalk platform",
    ),
    ("satellites.1.php", ("7.4", "8.9"), "one of 8.2, 8.3, 8.4, 8.5"),
    ("windows.size.instance_type", ("t4g.large",), "an Intel or AMD type"),
    ("windows.size.instance_type", ("t2.large",), "a type of the Nitro system"),
    ("rundeck.size.instance_type", ("t2.micro", "m4.large"), "a type of the Nitro system"),
    ("rundeck.size.ami", ("ami-nonsense", "", "ami-1"), "the id of an image"),
    ("windows.size.release", ("99", "12"), "one of 2016, 2019, 2022, 2025"),
    ("gateway.size.release", ("99", "2022"), "one of 12, 13"),
    ("rundeck.size.release", ("99", "13"), "one of 12"),
    # Addresses.
    (
        "vpn_links.0.peer_address",
        (
            "127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "224.0.0.1",
            "255.255.255.255",
            "100.64.0.1",
        ),
        "a public address, and not a private or reserved one",
    ),
    ("vpn_links.1.peer_address", ("192.0.2.10",), "an address other than that of link lan"),
    ("vpn_links.0.remote_cidrs.0", ("169.254.0.0/16", "127.0.0.0/8", "224.0.0.0/8"), "a network that is not loopback"),
    ("vpn_links.0.remote_cidrs", (["192.168.9.0/24", "192.168.9.0/24"],), "each network once"),
    ("network.cidr", ("169.254.0.0/16", "127.0.0.0/16", "100.64.0.0/16"), "a private network of /16 or /17"),
    ("vpn_access.client_cidr", ("169.254.1.0/24",), "a private network of /16 to /29"),
    ("vpn_access.allowed_cidrs", (["192.0.2.0/24", "192.0.2.0/24"],), "each network once"),
    ("gateway.allowed.0.cidr", ("0.0.0.0/0", "192.0.2.0/27"), "a network of /28 or narrower"),
    ("gateway.allowed.0.cidr", ("127.0.0.0/28", "0.0.0.0/32"), "a network that is not loopback"),
    ("gateway.allowed", ([],), "1 entry or more"),
    (
        "gateway.forwards.0.target",
        ("127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "169.254.169.123", "224.0.0.1", "255.255.255.255"),
        "an address of another machine",
    ),
    ("gateway.forwards.0.target", ("10.0.0.2", "10.0.1.10", "10.0.101.20", "10.0.255.255"), "outside of 10.0.0.0/16"),
    (
        "gateway.forwards.0.target",
        (
            "client-prod.abc.eu-west-3.rds.amazonaws.com",
            "localhost.localdomain",
            "instance-data.ec2.internal",
            "metadata.google.internal",
        ),
        "a host of yours",
    ),
    (
        "gateway.forwards.0.target",
        ("gateway.internal-client.url", "nfs.internal-client.url"),
        "windows.internal-client.url",
    ),
    ("gateway.forwards.0.ports", ([22], ["20-25"], ["1-65535"]), "ports without 22"),
    ("gateway.forwards.0.target_port", (22,), "ports without 22"),
    ("gateway.forwards.0.ports", ([445, 445],), "each port once"),
    # Schedules.
    (
        "backups.0.schedule",
        (
            "cron(a b c d e f)",
            "cron(60 5 * * ? *)",
            "cron(0 5 * * * *)",
            "cron(0 5 ? * ? *)",
            "cron(0 5 31 2 ? *)",
            "cron(0 5 ? * MON#6 *)",
            "cron(0 5 ? * MON,TUE#1 *)",
            "cron(0/0 5 * * ? *)",
            "cron(9-5 5 * * ? *)",
            "rate(1 day)",
            "cron(0  5 * * ? *)",
        ),
        "cron(…) with the six fields of AWS",
    ),
    (
        "backups.0.schedule",
        (
            "cron(15 2 * * ? *)",
            "cron(30 2 ? * MON *)",
            "cron(* * * * ? *)",
            "cron(0 1 1 * ? *)",
            "cron(0 3 ? * TUE *)",
            "cron(30 3 * * ? *)",
        ),
        "a time outside 01:00-02:30 UTC, and on Tuesdays outside 02:00-04:00",
    ),
    (
        "satellites.2.cron.0.schedule",
        (
            "99 99 99 99 99",
            "a b c d e",
            "0 0 31 2 *",
            "60 * * * *",
            "* * * * 8",
            "5/2 * * * *",
            "*/0 * * * *",
            "9-5 * * * *",
        ),
        "the five fields of cron",
    ),
    # Users.
    (
        "satellites.1.ftp.user",
        ("root", "nobody", "nginx", "daemon", "mysql", "sshd", "wheel", "ab-"),
        "no user or group of the system",
    ),
    # Names.
    ("buckets.0.name", ("a..b", "192.168.1.1", "xn--foo", "a.-b", "foo-s3alias", "foo--ol-s3"), "a name that S3 takes"),
    ("buckets.0.name", ("client-pulumi-state-storage",), "another name than that of the bucket of Pulumi's state"),
    ("buckets.1.purpose", ("cost-reports",), "a bucket with purpose site-configuration"),
    ("buckets.4.purpose", ("load-balancer-logs",), "each purpose once, except temporary"),
    ("file_server.host_name", ("../../etc/passwd", "NFS", "a" * 64), "1 to 63 lower-case letters"),
    ("file_server.host_name", ("windows", "rundeck", "phpmyadmin"), "a name other than that of"),
    ("satellites.0.https_host_name", ("pim.other.example",), "client.url or a name that ends in .client.url"),
    ("satellites.0.https_host_name", ("www.client.url",), "a name other than that of site.host_names.1"),
    ("content_delivery.media", ("www.client.url", "client.url"), "a name other than that of site.host_names"),
    ("site.host_names.1", ("$(reboot)", "a b", f"{'a' * 64}.client.url"), "a domain name in lower case"),
    ("certificate.domain", ("*.other.url",), "*.client.url, since domains.public is client.url"),
    ("site.back_office_path", ("static", "rest", "Media"), "a word that is no path of the shop's own"),
    # Alarms.
    ("monitoring.alarm_names", ({"database-cpu": "x" * 300},), "a line of text, 1 to 256 characters"),
    (
        "monitoring.alarm_names",
        ({"database-cpu": "x" * 256}, {"vpn-*-down": f"{{}}{'x' * 240}"}),
        "at most 255 characters",
    ),
    (
        "monitoring.alarm_names",
        ({"database-cpu": "DB {CPU}"}, {"database-cpu": "DB {"}, {"database-cpu": "{0.__class__}"}),
        "no braces except {}",
    ),
    (
        "monitoring.alarm_names",
        ({"database-cpu": "DB {}"}, {"vpn-*-down": "VPN"}),
        "one {} in the name for each * in the key",
    ),
    ("monitoring.recipients.0", ("<x>@b.c", "a@b..cd", "a b@c.url", f"{'x' * 65}@client.url"), "an e-mail address"),
    # Lists with one entry twice.
    ("satellites.2.filled_secrets", (["HIPAY_LOGIN", "HIPAY_LOGIN"],), "each name once"),
    ("satellites.2.cron", ([{"schedule": "0 0 * * *", "command": "x"}] * 2,), "each job once"),
    ("site.host_names", (["client.url", "client.url"],), "each host name once"),
    # Text.
    ("vpn_links.0.reason", ("a\nb", "a\x00b", "a\u2028b", "a\x7fb", "a\u202eb", " ", "x" * 257), "a line of text"),
    ("gateway.allowed.0.owner", ("a\nb",), "a line of text"),
    ("gateway.allowed.0.reason", ("Offices\nof the client", " " * 12), "a line of text"),
    ("certificate.directory", ("a\nb", ""), "a line of text"),
    ("certificate.certificate_file", ("a\x00b",), "a line of text"),
    ("site.health_check_path", ("/a\nb", "/a b", "health"), "a path that begins with /"),
    ("site.document_root", ("/../x", "/a;b", "//a", "/a\n", "/.git"), "a directory that begins with /"),
    ("satellites.2.cron.0.command", ("a\rb", "a\x00b", "a\u2028b"), "one line that is not empty"),
    # Harm.
    ("buckets.1.expire_after_days", (30,), "no expire_after_days, since S3 would delete the configuration"),
    (
        "file_server.shares.0.path",
        ("vendor", "app", "app/etc", "bin", "lib", "setup", "generated", "pub", "pub/errors", "var", "var/cache"),
        "one without files of the release's own. An empty share in place of",
    ),
    ("file_server.shares.2.path", ("pub/media/catalog",), "a directory outside pub/media, which is a share itself"),
    (
        "satellites.2.filled_secrets.0",
        ("DATABASE_PASSWORD", "PATH"),
        "a name that neither the stack nor the system uses",
    ),
    *(
        ("satellites.2.variables", ({name: "x"},), "a name that neither the stack nor the system uses")
        for name in ("PATH", "LD_PRELOAD", "DATABASE_HOST", "PERL5LIB", "BASH_ENV", "GCONV_PATH", "NODE_OPTIONS", "IFS")
    ),
    ("satellites.2.variables", ({"A": "a\nb"},), "one or more letters, digits, spaces and"),
    ("satellites.2.variables", ({"A": "x" * 5000},), "4096 or fewer"),
)
"""A path in production's stack file, values for it, and how what was expected begins, or a part of it."""
