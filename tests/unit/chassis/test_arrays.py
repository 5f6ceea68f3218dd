"""Arrays go to PostgreSQL as one text each, whatever stands in their elements."""

from chassis.db.arrays import numbers, texts, written_as_text


def test_quotes_and_backslashes_are_escaped_only_where_they_stand() -> None:
    assert texts(["a", "b,c", ""]) == '{"a","b,c",""}'
    assert texts(['say "so"', "back\\slash"]) == '{"say \\"so\\"","back\\\\slash"}'
    assert texts(['","']) == '{"\\",\\""}'
    assert texts([None, "NULL", 'x"']) == '{NULL,"NULL","x\\""}'
    assert (texts([]), numbers([]), numbers([1, None, 2])) == ("{}", "{}", "{1,NULL,2}")


def test_only_arrays_whose_type_is_said_everywhere_are_sent_as_text() -> None:
    sql, writers = written_as_text("SELECT CAST($1 AS text[]), CAST($2 AS date[]), CAST($10 AS numeric[])")
    assert sql == (
        "SELECT CAST(CAST($1 AS text) AS text[]), CAST($2 AS date[]), CAST(CAST($10 AS text) AS numeric[])"
    )
    assert writers == {0: texts, 9: numbers}
    for kept in (
        "SELECT CAST($1 AS text[]) WHERE x = ANY($1)",
        "SELECT CAST($1 AS text[]), CAST($1 AS bigint[])",
    ):
        assert written_as_text(kept) == (kept, {})
