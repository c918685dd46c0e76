"""``env.php`` as PHP understands it: nothing in a password may end its string."""

import re

from hypothesis import given
from hypothesis import strategies as st

from components.shared.php_array import php_file


def test_the_shape_that_magento_reads() -> None:
    """Nested arrays, numbers, booleans and null, and integer keys without quotes as PDO's options need them."""
    assert php_file({"db": {"host": "h", "options": {"1014": True}}, "cron": 0, "none": None}) == (
        "<?php\nreturn [\n"
        "    'db' => [\n"
        "        'host' => 'h',\n"
        "        'options' => [\n"
        "            1014 => true,\n"
        "        ],\n"
        "    ],\n"
        "    'cron' => 0,\n"
        "    'none' => null,\n"
        "];\n"
    )


@given(st.text())
def test_any_text_survives_single_quotes(text: str) -> None:
    """PHP undoes two escapes between single quotes: undoing them gives the text back, and no quote is left bare."""
    literal = re.fullmatch(r"<\?php\nreturn \[\n    'key' => '(.*)',\n\];\n", php_file({"key": text}), re.DOTALL)
    assert literal is not None
    assert re.search(r"(?<!\\)(\\\\)*'", literal[1]) is None
    assert re.sub(r"\\([\\'])", r"\1", literal[1]) == text
