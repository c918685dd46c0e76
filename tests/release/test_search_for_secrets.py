"""The search for secrets in what live releases leave behind: it finds one that was planted, however it was written."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tests.hosts.secrets import Secrets

PASSWORD, KEY = "pa/ss+word'x\"1234567890", "tv7IwpV+jnY76fSEhe/pgyxLX/aJFs2+IAQFgO7vbR4="
SECRETS = Secrets({"password": PASSWORD, "key": KEY})


@pytest.mark.parametrize(("name", "secret"), list(SECRETS.values.items()))
def test_a_planted_secret_is_found(name: str, secret: str) -> None:
    broken = f"{secret[:9]}   \n  {secret[9:]}"
    header = base64.b64encode(f"it:{secret}".encode()).decode()
    # After letters that could be Base64 themselves, such as those of a path.
    headers = [f"{before}{header}" for before in ("Basic ", "a", "of", "to/")]
    in_json = json.dumps(f"the {secret}")
    for said in (secret, in_json, in_json.replace("/", "\\/"), quote(secret, safe=""), *headers, broken):
        assert SECRETS.found_in(f"it says {said} here") == {name}, said
        # As a field of a record in the journal.
        assert SECRETS.found_in(json.dumps({"error": said})) == {name} or "\\" in said, said


def test_what_was_taken_out_is_not_found() -> None:
    assert SECRETS.found_in("it says [secret] and 1234567890 at the end") == set()
