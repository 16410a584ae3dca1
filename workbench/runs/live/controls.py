"""Live controls for a notebook: move a slider, see the numbers; where nobody watches, the present ones as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from workbench.crm import KEY
from workbench.engines import in_notebook
from workbench.errors import UserError
from workbench.report import Findings
from workbench.runs.live import choices
from workbench.runs.live.choices import OFFER, Answer
from workbench.runs.live.prepared_labels import HORIZON
from workbench.runs.live.thresholds import LabelChoices, label_choices
from workbench.runs.publishing.drafts import open_run
from workbench.runs.stages.folders import Run
from workbench.segments import condition

DAYS = (7, 14, 21, 30, 45, 60, 75, 91, 120, 150, 182, 270, 365)
LABEL_SETTINGS = {"inactive_days": DAYS, HORIZON: DAYS[3:]}
CONTRACT_SETTINGS = {"overdue_days": (0, *DAYS[:8]), "grace_days": (0, *DAYS[:8])}
RULE = "churn_probability > 0.5"
WAIT = "Computing …"


def label_controls(run: Run | str | None = None) -> Any:
    """Return sliders for the thresholds of churn labels: what they make of the customers, and who changes.

    ``run`` is a run (``here``), its name, or the run opened last. It begins with the labels of the run as they are, and
    in a scheduled run is no more than their table. A moved slider compares thresholds on the newest day whose outcomes
    are settled under all of them. The first move writes the label rules as SQL, which takes some seconds with
    subscriptions; every other is answered by running it.
    """
    opened = run if isinstance(run, Run) else open_run(run)
    present = choices.present_labels(opened.read("labels", columns=["kind"]))
    if not in_notebook():
        return present
    known = label_choices(opened)
    stops = _stops(known)
    widest = label_choices(opened, as_of=None, **dict[str, Any](stops))
    return control(
        {name: _stop_slider(name, values, widest.present[name]) for name, values in stops.items()},
        lambda **values: choices.label_answer(widest, **values),
        first=present,
    )


def _stops(known: LabelChoices) -> dict[str, list[int]]:
    """Return the values of each threshold that leave enough history to compare them."""
    history = (known.crm.facts.known_until - known.crm.facts.begins_at).days
    asked = LABEL_SETTINGS | (CONTRACT_SETTINGS if "subscriptions" in known.crm else {})
    return {
        name: sorted({*(d for d in days if d <= history / 3), *filter(None, [known.present[name]])})
        for name, days in asked.items()
    }


def offer_controls(findings: Findings, budget: float = 0.0) -> Any:
    """Return sliders for budget, costs, and shares of offers taken: how long the list gets, and what it brings.

    ``findings`` are those of the report, ``budget`` its parameter. All sums are a scenario, in currency. In a
    scheduled run it is the table of the present values.
    """
    now, basis = findings.now, findings.money_basis
    if not in_notebook():
        return choices.offer_answer(now, basis, budget=budget, present_budget=budget)
    import ipywidgets

    present = {"budget": budget, **{name: getattr(basis.money, name) for name in OFFER if name != "budget"}}
    sliders = {
        name: ipywidgets.FloatSlider(
            value=value, min=0.0, max=_most(name, value, now), step=_step(name), description=name, **_LOOK
        )
        for name, value in present.items()
    }
    return control(sliders, lambda **values: choices.offer_answer(now, basis, present_budget=budget, **values))


def _most(name: str, value: float, now: Any) -> float:
    if name == "budget":
        return float(max(100, 100 * round(len(now) / 10), 2 * value))
    return 1.0 if name in ("save_share", "taken_by_stayers") else max(50.0, 4 * value)


def _step(name: str) -> float:
    return {"budget": 50.0, "save_share": 0.01, "taken_by_stayers": 0.01}.get(name, 0.5)


def segment_editor(findings: Findings, when: str = RULE) -> Any:
    """Return a field for a segment's rule: the customers it holds for, their risk and revenue, beside all others.

    The rule is written as in the file of ``own_segments``, such as ``days_since_order > 60 and plan = 'pro'``; a
    mistake is answered with the nearest column. In a scheduled run it is the table of the rule given.
    """
    if not in_notebook():
        return choices.segment_answer(_read_by(findings, when), when)
    import ipywidgets

    fields = {
        "name": ipywidgets.Text(value="mine", description="name", continuous_update=False),
        "when": ipywidgets.Text(value=when, description="when", continuous_update=False, layout={"width": "44em"}),
    }
    return control(fields, lambda **values: choices.segment_answer(_read_by(findings, values["when"]), **values))


def _read_by(findings: Findings, when: str) -> Any:
    """Return the customers with all that a rule reads: the report reads less of them than there is."""
    now, there = findings.now, findings.read_features(customer_id=[])
    rule = condition(when, where="when")
    rule.check_names({*now, *there})
    lacking = [name for name in rule.columns if name not in now]
    return now.merge(findings.read_features(columns=lacking), on=KEY, how="left") if lacking else now


def health_controls(findings: Findings) -> Any:
    """Return a slider for the health score under which a customer gets a warning: how many there are, and their risk.

    In a scheduled run it is the table of the present threshold.
    """
    now, health = findings.now, findings.health
    if not in_notebook():
        return choices.health_answer(health, now, health.score.below)
    import ipywidgets

    slider = ipywidgets.IntSlider(value=health.score.below, min=0, max=100, description="below", **_LOOK)
    return control({"below": slider}, lambda below: choices.health_answer(health, now, below))


_LOOK: Mapping[str, Any] = {
    "continuous_update": False,
    "style": {"description_width": "10em"},
    "layout": {"width": "36em"},
}


def _stop_slider(name: str, values: Iterable[int], present: int | None) -> Any:
    import ipywidgets

    options = list(values)
    value = present if present in options else options[-1]
    return ipywidgets.SelectionSlider(options=options, value=value, description=name, **_LOOK)


def control(inputs: Mapping[str, Any], answer: Callable[..., Answer], first: Answer | None = None) -> Any:
    """Return widgets above what they make of the customers, which follows each change; a mistake is shown in words.

    ``first`` stands there until something is changed; without it the widgets' own values are computed.
    """
    import ipywidgets

    shown = ipywidgets.HTML()

    def update(_: object = None) -> None:
        shown.value = f"<p>{WAIT}</p>"
        try:
            shown.value = answer(**{name: widget.value for name, widget in inputs.items()})._repr_html_()
        except UserError as mistake:
            shown.value = f"<p>{escape(str(mistake))}</p>"

    for widget in inputs.values():
        widget.observe(update, "value")
    if first is None:
        update()
    else:
        shown.value = first._repr_html_()
    return ipywidgets.VBox([*inputs.values(), shown])
