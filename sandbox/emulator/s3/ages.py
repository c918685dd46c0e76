"""Objects that count as older than they are, for tests of what happens after a time.

``POST /moto-api/s3`` with ``{"Bucket": …, "Key": …, "Seconds": …}``: the object's ``LastModified`` becomes that much
earlier.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import urls
from moto.s3.models import s3_backends

PATH = "/moto-api/s3"


def _answer(request: Any, _url: str, _headers: Any) -> tuple[int, dict[str, str], str]:
    """A request handler in moto's form."""
    content_type = {"Content-Type": "application/json"}
    try:
        asked = json.loads(request.data)
        key = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(asked["Bucket"], asked["Key"])
        if key is None:
            raise ValueError(f"Key: got {asked['Key']}, expected an object of {asked['Bucket']}")
        key.last_modified -= timedelta(seconds=float(asked["Seconds"]))
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return 400, content_type, json.dumps({"message": f"{PATH}: {wrong!r}"})
    return 200, content_type, json.dumps({"LastModified": key.last_modified.isoformat()})


urls.url_paths[f"{{0}}{PATH}$"] = _answer
