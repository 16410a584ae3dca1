"""What a price per billing period is per month: ``per_month(price, period, count, quantity)`` in a source file."""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.sources.currencies import listed

_EVERY = "every|per|pro|pr|par|por|al|je|alle|cada|a cada|ogni|chaque|tous les|toutes les|elke|iedere|co|her|once a|a"
_COUNT = rf"^(/|(({_EVERY})\.? +|p)?[0-9]+ *|({_EVERY})\.? +)"
_MONTHS: dict[float, str] = {
    12 * 7 / 365: "hebdo wk wch week weeks weekly wöchentlich woche wochen wekelijks haftalık haftalik hafta هفته w "
    "semaine hebdomadaire semana semanas semaines weken veckor uger tygodnie tygodni settimane týdny "
    "týdnů semanal settimana settimanale vecka veckovis uge ugentlig uke tydzień tygodniowo týdně heti "
    "săptămânal mingguan 週 неделя недели недель еженедельно أسبوع أسبوعي هفتگی 每周 每週 주 매주",
    12 * 14 / 365: "fortnight fortnightly biweekly quinzaine quincenal quincena quinzenal quindicinale zweiwöchentlich "
    "tweewekelijks dwutygodniowo varannan",
    12 / 365: "day days daily täglich tag tage dagelijks günlük gunluk gün روز d",
    1: "mesi meses mtl mon monatl mens month months monthly monat monate monatlich maand maanden maandelijks "
    "ay aylık aylik mois mensuel ماه mahane m mo miesięczna miesięczny měsíční havi hónap lunar lunară "
    "lună kuukausittain bulanan bulan mensuelle mensual mensal mensile mes mês mese månad månadsvis måned "
    "månedlig månedsvis miesiąc miesięcznie měsíc měsíčně månader måneder miesiące miesięcy měsíce měsíců "
    "luni havonta kuukausi 月 毎月 月額 月払い 月払 每月 按月 월 매월 월간 ежемесячно месяц месяца месяцев мес "
    "помесячно ماهانه ماهیانه شهر شهري شهرية أشهر",
    3: "vj viertelj vierteljährl trim quarter quarters quarterly quartal kwartaal trimestre trimestriel "
    "trimestrielle trimestral trimestrale vierteljährlich quartalsweise kvartal kvartalsvis kwartał "
    "kwartalnie čtvrtletně negyedévente neljännesvuosi q 四半期 kwartalna kwartalny üçaylık negyedéves "
    "trimestrial neljännesvuosittain triwulanan квартал ежеквартально поквартально "
    "季度 季付 분기 فصلی ربعسنوي",
    4: "termly",
    2: "bimestre bimestral bimestrale bimestriel bimestrielle",
    6: "hj halbj halbjährl semestr half-jaar half-jährlich semestre semestri 半年 semiannual semiannually "
    "half-year half-yearly halfyearly semester halbjährlich halbjahr semestriel semestrielle semestral "
    "semestrale halvår halvårsvis halfjaar halfjaarlijks pololetně półrocze półrocznie altıaylık "
    "halvårlig féléves semestrial полугодие полгода 半年払い halvårligt ششماهه نصفسنوي 반기",
    12: "anni anos años ans jaren year years yearly annual annually annum jahr jahre jährlich jaar jaarlijks "
    "yıl yillik yıllık yil an annuel سال salane y annuelle anual anualmente año ano anno annuale år "
    "årligen årlig årsvis rok rocznie ročně évente vuosi 年 毎年 год yr année roczna roczny roční éves év "
    "vuosittain tahunan tahun ежегодно года лет "
    "年払い 年払 每年 按年 연간 년 매년 سنة سنوي سنوية سالانه سالیانه årligt",
    24: "biennial biennially",
    36: "triennial triennially",
}


_KNOWN = {word.replace("-", ""): months for months, words in _MONTHS.items() for word in words.split()}


def per_month_macro() -> str:
    """Return SQL that defines ``per_month(price, period, count := 1, quantity := 1)`` for a connection.

    And ``period_months(period)``, how many months a period lasts.

    ``period`` is a word such as month, yearly or week, alone or with a count before it (every 3 months, 12 weeks,
    P3M); a year has 365 days. A word that is no period makes the expression fail, and so refuses its row.
    """
    word = f"regexp_replace(regexp_replace(lower(trim(period::VARCHAR)), '{_COUNT}', ''), '[ .-]', '', 'g')"
    stated = "coalesce(TRY_CAST(regexp_extract(period::VARCHAR, '[0-9]+') AS DOUBLE), 1)"
    found = f"{listed(map(str, _KNOWN.values()))}[list_position({listed(_KNOWN)}, {word})]"
    # A failing cast, not error(): what TRY guards may not be volatile.
    months = f"coalesce({found}::DOUBLE, CAST('no billing period: ' || {word} AS DOUBLE))"
    count, quantity = (f"coalesce(TRY_CAST({name} AS DOUBLE), 1)" for name in ("count", "quantity"))
    return (
        f"CREATE OR REPLACE TEMP MACRO period_months(period) AS {stated} * {months}; "
        "CREATE OR REPLACE TEMP MACRO per_month(price, period, count := 1, quantity := 1) AS "
        f"CAST(price * {quantity} / ({stated} * {count} * {months}) AS DECIMAL(18, 4))"
    )


@lru_cache(maxsize=10_000)
def months_of(period: str) -> float | None:
    """Return how many months a billing period lasts, as ``per_month`` reads it; None for no period.

    >>> months_of("every 3 months"), months_of("P1Y"), months_of("per half jaar"), months_of("lifetime")
    (3.0, 12.0, 6.0, None)
    >>> months_of("Semi-Annually"), months_of("Triennially"), months_of("havi"), round(months_of("Bi-Weekly") or 0, 2)
    (6.0, 36.0, 1.0, 0.46)
    >>> months_of("pr. måned"), months_of("Квартал"), months_of("سنوي"), months_of("毎月")
    (1.0, 3.0, 12.0, 1.0)
    >>> months_of("ogni 2 mesi"), months_of("alle 3 Monate"), months_of("mtl."), months_of("viertelj.")
    (2.0, 3.0, 1.0, 3.0)
    """
    text = period.strip().lower()
    word, number = re.sub("[ .-]", "", re.sub(_COUNT, "", text)), re.search("[0-9]+", text)
    months = _KNOWN.get(word)
    return months and months * float(number.group() if number else 1)
