"""The report's sentences on contacting: what the money rests on, whom it pays for, and why nobody."""

from __future__ import annotations

from workbench.actions import NO_CONSENT
from workbench.model import NO_MODEL
from workbench.report.findings.contents import Findings
from workbench.report.formats.number_texts import amount, few, scenario, share, share_and_range, stated
from workbench.report.privacy.privacy_counts import few_unknown, shown_lists
from workbench.segments import ALL
from workbench.stats import Estimate


def no_amounts(f: Findings) -> str:
    """Return why no amount is known on the day of the report."""
    if f.recurring and f.subscribers:
        return (
            "the source has amounts of the day of the export only (subscriptions.mrr); a report as of that day has them"
        )
    return "the source has no amounts (orders.amount, invoices.amount or subscriptions.mrr)"


def money_rests_on(f: Findings) -> str:
    """Return which of the money's figures were measured by campaigns with a control arm, and which are assumed."""
    basis, parts = f.money_basis, []
    if basis.save_share is not None:
        by = f" (by {basis.segmentation.replace('_', ' ')}: {_by_segment(f)})" if basis.segmentation else ""
        kept = _measured(basis.save_share)
        parts.append(f"campaigns with a control arm kept {kept} of those who would have left{by}")
    if basis.win_back_share is not None:
        parts.append(f"they brought back {_measured(basis.win_back_share)} of those who would not have returned")
    if not parts:
        return (
            f"The share of leavers an offer keeps ({stated(f.money.save_share)}) and its cost are assumed: {basis.why}."
        )
    if basis.cost_each is not None:
        parts.append(f"each customer assigned cost {amount(basis.cost_each, f.currency)}, all included")
    return " ".join(
        filter(None, (f"Measured, not assumed: {'; '.join(parts)}.", _learned_by(f), _stated(f), _not_learned(f)))
    )


def _learned_by(f: Findings) -> str:
    """Return which features set apart the customers of whom an offer keeps more; empty where that was not learned."""
    sides = {side: [name for name, of in f.money_basis.learned_by if of == side] for side in ("high", "low")}
    parts = [f"with {side} values of: {', '.join(names)}" for side, names in sides.items() if names]
    return f"An offer keeps more of the customers {'; and '.join(parts)}." if parts else ""


def _not_learned(f: Findings) -> str:
    """Return why whom an offer keeps most was not learned, where campaigns measured how many it keeps."""
    why = f.money_basis.not_learned if f.money_basis.save_share is not None else ""
    return f"Whom an offer keeps most is not learned from features: {why}." if why else ""


def _stated(f: Findings) -> str:
    """Return what the run's parameters state of what was measured: the measured figure counts."""
    given, used = f.money_basis.assumed, f.money_basis.money
    pairs = {
        f"an offer keeps {stated(given.save_share)}": given.save_share != used.save_share,
        f"an offer brings back {stated(given.win_back_share)}": given.win_back_share != used.win_back_share,
        f"an offer costs {amount(given.offer_cost, f.currency)}": given.offer_cost != used.offer_cost,
        f"a contact costs {amount(given.contact_cost, f.currency)}": given.contact_cost != used.contact_cost,
    }
    differing = [words for words, differs in pairs.items() if differs]
    if not differing:
        return ""
    return f"These count before what the parameters state: {', '.join(differing)}."


def _measured(found: Estimate) -> str:
    found_share, bounds = share_and_range({"share": found.value, "low": found.low, "high": found.high}, "share")
    return f"{found_share} ({bounds})"


def _by_segment(f: Findings) -> str:
    shares = f.money_basis.shares
    return ", ".join(f"{name} {share(x)}" for name, x in zip(shares["segment"], shares["save_share"], strict=True))


def why_nobody(f: Findings) -> str:
    """Return why a list of customers to contact is empty, as a sentence."""
    if f.evaluation["verdict"]["word"] in ("no usable signal", NO_MODEL):
        return "No list is ranked by risk: the score does not show who leaves."
    if not f.priced:
        return "No list is made for so short a horizon."
    if not f.amounts_known:
        return f"Whom contacting pays for cannot be computed: {no_amounts(f)}."
    if f.without_consent and not _left_for_more_than_consent(f):
        return f"Contact nobody because of this report: {without_consent(f)}"
    if _some_contact_pays(f):
        return (
            "Contact nobody at risk because of this report: each one whom a contact would pay for is left off the list."
        )
    return (
        "Contact nobody because of this report: under the assumed costs no contact is expected to bring more than it "
        "costs."
    )


def _left_for_more_than_consent(f: Findings) -> bool:
    """Whether some whom a contact would pay for are left off the list to keep for another reason than consent."""
    reasons = f.left_out.loc[f.left_out["list"] == "keep", "reason"]
    return bool((reasons != NO_CONSENT).any())


def _some_contact_pays(f: Findings) -> bool:
    rows = f.value.segments
    return bool((rows.loc[rows["segmentation"] == ALL, "contacts"] != 0).any())


def dashes_of_value(f: Findings) -> str:
    """Return what a dash stands for in the table of what segments are worth; empty where there is none."""
    rows = f.value.segments
    whole = rows[rows["segmentation"] == ALL]
    known = [name for name in ("cac", "gain") if whole[name].notna().any() and rows[name].isna().any()]
    reasons = {
        "cac": "what winning customers of this group costs is not known, since they join it later",
        "gain": f"fewer than {f.min_cell} contacts pay, or so few that another number would give them away",
    }
    return f" A dash: {'; or '.join(reasons[name] for name in known)}." if known else ""


def without_consent(f: Findings) -> str:
    """Return how many customers the lists leave out because no consent of theirs holds; empty where none."""
    if not f.without_consent:
        return ""
    n = few(few_unknown(f.without_consent, f.min_cell), f.min_cell)
    return f"{n} customer{'' if n == '1' else 's'} worth contacting cannot be: no consent to any channel holds."


def contact(f: Findings) -> str:
    """Return whom contacting pays for and what it is expected to bring, as a scenario."""
    if not len(f.keep):
        return why_nobody(f)
    if f.keep["expected_gain"].isna().all():
        return f"{without_amounts(f)} {without_consent(f)}".rstrip()
    n = few_unknown(int(f.keep["expected_gain"].notna().sum()), f.min_cell)
    total = "" if n != n else f", {scenario(float(f.keep['expected_gain'].sum()), f.currency)} in all"
    unmeasured = (
        "what contacting them brings shows only beside customers left alone"
        if f.control_group
        else "no campaign with a control group is recorded yet"
    )
    return (
        f"Contacting {few(n, f.min_cell)} of the active customers is expected to bring more than it costs{total}. "
        + f"This is a scenario under the assumptions below, not a gain: {unmeasured}. {without_consent(f)}".rstrip()
    )


def without_amounts(f: Findings) -> str:
    """Return why the lists at risk are without money, whom they hold, and in which order."""
    why = "what these customers bring is not known" if f.amounts_known else no_amounts(f)
    n = few(few_unknown(len(f.keep), f.min_cell), f.min_cell)
    return (
        f"What a contact brings cannot be computed: {why}. So the lists name customers without money: {n} of the "
        "active customers are more likely to leave than the average customer and show a sign to act on, the "
        "likeliest first."
    )


LOSSES = (
    "Below 0: contacting all of them costs more than it is expected to bring; they are listed for what is recorded "
    "about them."
)
"""The sentence under lists whose contacts are expected to lose money."""


HOURS = (
    "Hours on the lists are by the clock of the customer's time zone where one stands beside them, else by that of the "
    "source."
)
"""By whose clock customers want to be contacted."""


def hours(f: Findings) -> str:
    """Return by whose clock the contact hours on the lists are; empty where none are known."""
    return HOURS if any((rows["when"] != "").any() for rows in f.lists.values()) else ""


def losses(f: Findings) -> str:
    """Return why a list may be expected to lose money; empty where none is."""
    return LOSSES if (shown_lists(f)["expected_gain"] < 0).any() else ""
