"""What a price per billing period is per month: ``per_month(price, period, count, quantity)`` in a source file."""

from __future__ import annotations

_MONTHS = {
    "12 * 7 / 365": "week weeks weekly wöchentlich woche wochen wekelijks haftalık haftalik hafta هفته",
    "12 / 365": "day days daily täglich tag tage dagelijks günlük gunluk gün روز",
    "1": "month months monthly monat monate monatlich maand maanden maandelijks ay aylık aylik mois mensuel ماه mahane",
    "3": "quarter quarters quarterly quartal kwartaal trimestre",
    "6": "semiannual semiannually half-year half-yearly halfyearly semester",
    "12": "year years yearly annual annually annum jahr jahre jährlich jaar jaarlijks yıl yillik yıllık yil an annuel "
    "سال salane",
}


def per_month_macro() -> str:
    """Return SQL that defines ``per_month(price, period, count := 1, quantity := 1)`` for a connection.

    ``period`` is a word such as month, yearly or week, alone or with a count before it (every 3 months, 12 weeks); a
    year has 365 days. A word that is no period makes the expression fail, and so refuses its row.
    """
    word = "regexp_replace(lower(trim(period::VARCHAR)), '^(every )?[0-9]* *', '')"
    stated = "coalesce(TRY_CAST(regexp_extract(period::VARCHAR, '[0-9]+') AS DOUBLE), 1)"
    cases = " ".join(
        f"WHEN list_contains([{', '.join(repr(w) for w in words.split())}], {word}) THEN {months}::DOUBLE"
        for months, words in _MONTHS.items()
    )
    # A failing cast, not error(): what TRY guards may not be volatile.
    months = f"CASE {cases} ELSE CAST('no billing period: ' || {word} AS DOUBLE) END"
    count, quantity = (f"coalesce(TRY_CAST({name} AS DOUBLE), 1)" for name in ("count", "quantity"))
    return (
        "CREATE OR REPLACE TEMP MACRO per_month(price, period, count := 1, quantity := 1) AS "
        f"CAST(price * {quantity} / ({stated} * {count} * {months}) AS DECIMAL(18, 4))"
    )
