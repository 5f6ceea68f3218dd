"""From the bytes of a file to text, saying which encoding was used."""

import codecs

# The mark of UTF-32 begins with that of UTF-16: the longer one is looked for first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUL_SHARE_OF_UTF16 = 0.2
_SNIFF_BYTES_MAX = 4096


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and a sentence on its encoding; never raises."""
    if content.startswith(codecs.BOM_UTF8):
        return _utf8_or_cp1252(content[len(codecs.BOM_UTF8) :], "utf-8 (with a byte order mark)")
    for mark, name in _MARKS:
        if content.startswith(mark):
            text = content[len(mark) :].decode(name, errors="replace")
            return text, f"encoding: {name} (from its byte order mark)"
    guessed = _utf16_without_mark(content[:_SNIFF_BYTES_MAX])
    if guessed:
        return content.decode(guessed, errors="replace"), f"encoding: {guessed} assumed (no byte order mark)"
    return _utf8_or_cp1252(content, "utf-8")


def _utf8_or_cp1252(content: bytes, name: str) -> tuple[str, str]:
    try:
        return content.decode("utf-8"), f"encoding: {name}"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # cp1252 leaves five bytes undefined: they become the replacement character, not a crash.
        text = content.decode("cp1252", errors="replace")
        return text, f"encoding: cp1252 assumed, because line {line} is not valid utf-8"


def _utf16_without_mark(head: bytes) -> str:
    pairs = len(head) // 2
    if pairs < 8:
        return ""
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > pairs * (1 - _NUL_SHARE_OF_UTF16) and even == 0:
        return "utf-16-le"
    if even > pairs * (1 - _NUL_SHARE_OF_UTF16) and odd == 0:
        return "utf-16-be"
    return ""
