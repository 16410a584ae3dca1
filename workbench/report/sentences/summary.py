"""The report in two minutes: what is known, what changed, why, what to do now, and how far to trust it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.model import MODEL, NO_MODEL
from workbench.report.findings.contents import UNSAID, Findings
from workbench.report.formats import number_texts as texts
from workbench.report.privacy.privacy_counts import list_sizes
from workbench.report.privacy.private_findings import OTHERS
from workbench.report.sentences import wording as words
from workbench.report.sentences.cards import ALWAYS, OF_FEEDBACK, OF_ORDERS, OF_SUBSCRIPTIONS
from workbench.report.text_tables.why_tables import sign_limit

TITLES = {**ALWAYS, **OF_SUBSCRIPTIONS, **OF_ORDERS, **OF_FEEDBACK}
MOST_SAID = 2
LISTS = {
    "answer": ("Answer those who wait", "open complaints and low marks"),
    "save": ("Talk to customers in notice", "they have cancelled, and service has not ended"),
    "pay": ("Help customers whose payment failed", "they are lost for money, not on purpose"),
    "renew": ("Talk about the next term", "their contracts end soon"),
    "keep": ("Contact customers likely to leave", "a contact is expected to bring more than it costs"),
    "health": ("Call customers whose health score warns", "by your own points"),
    "win back": ("Win back lost customers", "an offer may bring back some who would not return"),
    "onboard": ("Help new customers to start", "they have not reached the first steps"),
}
"""What to do with a list, and why, in a few words."""
UNRANKED = {"keep": "Contact customers with a sign to act on"}
"""What a list is called where the probabilities do not tell who is likely to leave."""
WITHOUT_MONEY = {"keep": "more likely to leave than the average customer, and with a sign to act on"}
"""What a list is about where no amounts are known."""
MOST_TO_DO = 3
DOUBTED = (
    "Do not trust the risk of single customers yet: one feature alone predicts almost too well who leaves, and may "
    "have been written after they left."
)
"""The sentence of trust where a feature looks like the answer."""


@dataclass(frozen=True)
class ToDo:
    """One thing to do now: for how many customers, what it is about in money, and where on the page it stands."""

    title: str
    customers: float
    money: str
    detail: str
    link: str


def headline(f: Findings) -> str:
    """Return the one churn in a sentence: who, when, how many."""
    churn = f.metrics["churn_rate"]
    return (
        f"From {texts.span(f.start, f.end)}, {churn.count:,.0f} of {churn.of:,.0f} active customers "
        f"{words.has_left(f)}: churn {texts.figure(churn)} (95 %: {texts.interval(churn)})."
    )


def freshness(f: Findings) -> str:
    """Return how fresh and how complete the data are, in one line."""
    known = f"Data up to {texts.day(f.facts.last_record_at)}"
    refused = sum(int(str(row["rows"])) for row in f.facts.refused)
    loaded = sum(f.facts.loaded.values())
    set_aside = f"{refused:,}" if refused else "none"
    late = " The days between the last row and the report count as silence." if f.as_of > f.facts.known_until else ""
    return (
        f"{known}; report as of {texts.day(f.as_of)}, and nothing later is used; "
        f"{loaded:,} rows loaded, {set_aside} set aside.{late}"
    )


def why_the_period(f: Findings) -> str:
    """Return which period the figures belong to, and why it ends before the day of the report where it does."""
    period = f"Figures of the last period: {texts.span(f.start, f.end)} ({f.horizon_days} days"
    if f.end >= f.as_of:
        return f"{period}, up to the day of the report)."
    return (
        f"{period}). It ends {texts.days((f.as_of - f.end).days)} before the report: who leaves later may still come "
        f"back or pay. Departures since then, not counted yet: {f.not_counted_yet:,}."
    )


def changed(f: Findings) -> list[str]:
    """Return what clearly changed since the period before, churn first; that nothing did, where nothing did."""
    clear = {key: found for key, found in f.trends.items() if found.direction in ("up", "down") and key in TITLES}
    if not f.trends["churn_rate"].before:
        return ["There is no earlier period to compare with yet."]
    clear.pop("retention_rate", None)  # churn read the other way round
    if not clear:
        return ["No figure changed clearly since the period before: the differences are no larger than chance."]
    sentences = []
    for key, found in clear.items():
        assert found.before is not None and found.change is not None
        before, now = texts.apart(found.before.value, found.metric, f.currency)
        sentences.append(
            f"{TITLES[key]} went {found.direction} from {before} to {now} "
            f"(change, 95 %: {texts.change_interval(found.change)})."
        )
    if "churn_rate" not in clear:
        sentences.insert(0, "Churn did not clearly change since the period before.")
    return sentences


def why(f: Findings) -> list[str]:
    """Return the reasons recorded most often and the signs that clearly go with leaving; that none is known, if so."""
    sentences = [*_reasons_given(f), *_signs(f)]
    if sentences:
        return sentences
    often = " often enough to be named" if f.min_cell > 1 else ""  # those of few are hidden
    return [f"No reason is recorded{often}, and no sign before leaving sets the leavers clearly apart."]


def _reasons_given(f: Findings) -> list[str]:
    reasons = f.details.reasons
    if reasons.empty:
        return []
    named = reasons[~reasons.index.isin([*UNSAID, OTHERS])].head(MOST_SAID)
    lost, unsaid = (int(rows["n"].sum()) for rows in (reasons, reasons[reasons.index.isin(UNSAID)]))
    over = f" in the last {len(f.periods)} periods" if len(f.periods) > 1 else ""
    if named.empty:
        return [f"Of {lost:,} customers lost{over}, no reason is recorded often enough to be named."]
    listed = ", ".join(
        f"{reason} ({row['n']:,}, {texts.share_of(row['share'], lost)})" for reason, row in named.iterrows()
    )
    without = f" Of {unsaid:,} the reason is not recorded, or in words that match no listed reason."
    return [f"Reasons recorded most often, of {lost:,} customers lost{over}: {listed}.{without if unsaid else ''}"]


def _signs(f: Findings) -> list[str]:
    signs = f.details.signs
    clear = signs[signs["differs"] & (signs["churn"] > signs["others_churn"])].head(MOST_SAID)
    if clear.empty:
        return []
    listed = "; ".join(
        f"{row['meaning']}, {sign_limit(row, f.currency)} ({texts.share_and_range(row, 'churn')[0]}, of all "
        f"others {texts.share_of(row['others_churn'], row['others_n'])})"
        for row in clear.to_dict("records")
    )
    return [f"Leaving goes with: {listed}. What goes with leaving need not be its cause."]


def to_do(f: Findings) -> list[ToDo]:
    """Return at most three things to do now: lists to work through, then what to look into."""
    found = [*_lists(f), *_look_into(f)]
    return found[:MOST_TO_DO]


def _lists(f: Findings) -> list[ToDo]:
    """Return the lists that are expected to bring something, those that bring most first.

    Where no amounts are known, those that would, in the order in which they are worked off.
    """
    sizes = list_sizes(f)
    gains = {name: float(listed["expected_gain"].sum()) for name, listed in f.lists.items()}
    about = {} if f.amounts_known else WITHOUT_MONEY
    if not f.amounts_known:
        gains = {name: float(name in LISTS) for name in f.lists}
    return [
        ToDo(title, sizes[name], _gain(gain, sizes[name], f), about.get(name, detail), "contact")
        for name, gain in sorted(gains.items(), key=lambda found: -found[1])
        if gain > 0
        for title, detail in [LISTS.get(name, (f"Work through the list {name!r}", "by your playbook"))]
        for title in [UNRANKED.get(name, title) if not _ranks(f) else title]
    ]


def _gain(gain: float, customers: float, f: Findings) -> str:
    if math.isnan(customers) or not f.amounts_known:
        return ""
    return f"{texts.scenario(gain, f.currency)} expected gain (scenario)"


def _look_into(f: Findings) -> list[ToDo]:
    """Return the first avoidable reason, the segment with the largest clear losses, and the next avoidable reasons."""
    reasons = []
    avoidable = f.details.reasons[
        (f.details.reasons["avoidable"] == "yes") & ~f.details.reasons.index.isin([*words.LEFT_OVER, OTHERS])
    ]
    for reason, row in avoidable.head(MOST_TO_DO).iterrows():
        lost = texts.amount(row["revenue"], f.currency)
        money = "" if lost == "–" else f"{lost} of yearly revenue"
        detail = f"lost for it in the last {len(f.periods)} periods, and it is avoidable"
        title = f"Look into the reason \N{LEFT DOUBLE QUOTATION MARK}{reason}\N{RIGHT DOUBLE QUOTATION MARK}"
        reasons.append(ToDo(title, int(row["n"]), money, detail, "why"))
    found = reasons[:1]
    worse = words.clearly_worse(f.segments, f.metrics["churn_rate"].value)
    for segment in worse.sort_values("lost", ascending=False).head(1).to_dict("records"):
        at_risk = texts.rough(segment["revenue_at_risk"], f.outlook["revenue_at_risk"], f.currency)
        money = "" if at_risk == "–" else f"{at_risk} at risk"
        churn = texts.share_and_range(segment, "churn")[0]
        detail = f"{churn} {words.has_left(f)} in the last period, clearly more than all others"
        title = f"Look into {segment['segment']} ({f.segmentations[segment['segmentation']].lower()})"
        found.append(ToDo(title, int(segment["at_risk"]), money, detail, "segments"))
    return [*found, *reasons[1:]]


def _ranks(f: Findings) -> bool:
    """Return whether the probabilities in use tell customers apart, by a test on a later period."""
    found, used = f.evaluation["verdict"], f.evaluation["scored_by"]
    if found["word"] in (NO_MODEL, "no usable signal"):
        return False
    (low,) = [row["auc_low"] for row in f.evaluation["comparison"] if row["model"] == used]
    return bool(low > words.CHANCE)


def trust(f: Findings) -> str:
    """Return in one sentence how far to trust the risk per customer."""
    found, used = f.evaluation["verdict"], f.evaluation["scored_by"]
    if found["word"] == NO_MODEL:
        why = words.lower(found["sentence"]).partition(" Choose ")[0]  # what to choose is the analyst's business
        return f"The risk of single customers is not known: {why}"
    if any(warning["kind"] == "suspects" for warning in f.evaluation.get("warnings", [])):
        return DOUBTED
    (row,) = [row for row in f.evaluation["comparison"] if row["model"] == used]
    ranked = (
        f"in a test on a later period it ranked the one who left above the one who stayed in {row['auc'] * 100:.0f} of "
        "100 pairs (50 is chance)"
    )
    if row["auc_low"] <= words.CHANCE:
        return f"Take the risk of single customers as an average only: {ranked}."
    if found["word"] == "no usable signal":
        return (
            f"Take the risk of single customers as an average only: {ranked}, but as the best of several rules, so "
            "chance may have a part in it."
        )
    if used != MODEL:
        simple = "model" if "regression" in used else "rule"
        return (
            f"The risk of single customers comes from a simple {simple}; {ranked}, and nothing more elaborate was "
            "surely better."
        )
    better = found["word"] == "better"
    claim = "and did better than every simple rule" if better else "but is not surely better than a simple rule"
    return f"The risk of single customers is by a model; {ranked}, {claim}."


def in_two_minutes(f: Findings) -> list[str]:
    """Return the report in a handful of sentences, each with the figure it rests on."""
    expected = f.outlook["expected_churn"]
    sentences = [
        headline(f),
        *changed(f),
        f"Of the {f.n_at_risk:,} customers active on {texts.day(f.as_of)}, about {expected.count:,.0f} "
        f"({texts.figure(expected)}) are expected to {words.will_leave(f)} by {texts.day(f.until)}. "
        f"{words.at_stake(f)}",
        *why(f),
        words.contact(f),
        trust(f),
    ]
    return [sentence for sentence in sentences if sentence]
