"""The columns of the workbook's sheets: head, form and meaning of each."""

from __future__ import annotations

from workbench.report.exports.workbook_sheet import Column

FIGURES = (
    Column("name", "Figure", "text", "its name; first those of the last period, then those expected of the next"),
    Column("value", "Value", "unit", "in the unit of its row"),
    Column("low", "From (95 %)", "unit", "lower bound of the 95 % interval of the value"),
    Column("high", "To (95 %)", "unit", "upper bound of it"),
    Column("count", "Counted", "whole", "what was counted: the numerator"),
    Column("of", "Of", "whole", "of how many: the denominator"),
    Column("n", "Rests on", "whole", "how many things the figure rests on"),
    Column("n_of", "Things", "text", "which things those are"),
    Column("unit", "Unit", "text", "share (in percent), points, hours, days or currency"),
    Column("definition", "Definition", "text", "the formula in words"),
    Column("named", "Also called", "text", "whose definition it is, where there are several"),
)
CHANGES = (
    Column("name", "Figure", "text", "its name"),
    Column("before", "Run before", "unit", "the value of the run before"),
    Column("now", "This run", "unit", "the value of this run"),
    Column("change", "Change", "unit", "this run less the run before"),
    Column("low", "From (95 %)", "unit", "lower bound of the 95 % interval of the change"),
    Column("high", "To (95 %)", "unit", "upper bound of it"),
    Column("clear", "Beyond chance", "text", "yes: the interval does not hold 0"),
)
PERIODS = (
    Column("start", "First day", "date", "the first day of the period"),
    Column("end", "Day after the last", "date", "the day after the period; it is not in it"),
    Column("churn", "Churn", "share", "lost / customers at the start"),
    Column("low", "From (95 %)", "share", "lower bound of the 95 % Wilson interval of churn"),
    Column("high", "To (95 %)", "share", "upper bound of it"),
    Column("lost", "Lost", "whole", "customers at risk at the start who were lost in the period", summed=True),
    Column("at_start", "Customers at the start", "whole", "customers at risk at the start of the period"),
)
BRIDGE = (
    Column("movement", "Movement", "text", "start, what came and went, end"),
    Column("amount", "Amount", "money", "monthly recurring revenue it brought or took"),
    Column("level", "Level after it", "money", "monthly recurring revenue after it"),
    Column("customers", "Customers", "whole", "customers it comes from"),
)


REASONS = (
    Column("reason", "Reason given", "text", "the reason as the mapping names it"),
    Column("n", "Customers lost", "whole", "customers lost for it in the periods shown"),
    Column("share", "Share", "share", "of all customers lost"),
    Column("revenue", "Their yearly revenue", "money", "what they brought in the year before"),
    Column("avoidable", "Avoidable", "text", "whether the mapping calls it avoidable"),
)
BANDS = (
    Column("band", "Risk of being lost", "text", "probability of churn"),
    Column("customers", "Active customers", "whole", "customers at risk now", summed=True),
    Column("expected_lost", "Expected to be lost", "decimal", "sum of their probabilities", summed=True),
    Column("yearly_revenue", "Yearly revenue", "money", "what they bring in a year", summed=True),
    Column("revenue_at_risk", "Revenue at risk", "money", "probability times revenue, summed", summed=True),
)
SIGNS = (
    Column("family", "Sign", "text", "the group of signs"),
    Column("meaning", "Measured by", "text", "the feature"),
    Column("side", "From", "text", "at least or at most the limit"),
    Column("limit", "Limit", "decimal", "in the feature's unit"),
    Column("n", "With the sign", "whole", "customers at risk who showed it at the start of the last period"),
    Column("lost", "Lost", "whole", "those of them who were lost"),
    Column("churn", "Churn with it", "share", "lost / with the sign"),
    Column("others_churn", "Churn without it", "share", "of all others"),
    Column("differs", "Differs", "text", "yes: at 5 %, two-sided"),
)
CAMPAIGNS = (
    Column("campaign", "Campaign", "text", "its name; all: together"),
    Column("among", "Among", "text", "customers, or those lapsed"),
    Column("kind", "Kind of churn", "text", "all, or one"),
    Column("segment", "Segment", "text", "all, or one"),
    Column("treated", "Assigned", "whole", "to be contacted, reached or not"),
    Column("reached", "Reached", "whole", "those of them of whom a contact is recorded"),
    Column("control", "Left alone", "whole", "as assigned"),
    Column("churn_treated", "Lost of the assigned", "share", "in the horizon after"),
    Column("churn_control", "Lost of the others", "share", "in the horizon after"),
    Column("difference", "Difference", "share", "assigned less others"),
    Column("low", "From (95 %)", "share", "lower bound of the difference"),
    Column("high", "To (95 %)", "share", "upper bound of it"),
    Column("detectable", "Smallest fall it would show", "share", "in 80 % of trials; empty: not even a fall to 0"),
    Column("saved", "Customers kept", "decimal", "difference times the assigned"),
    Column("cost", "Cost", "money", "recorded"),
    Column("cost_per_saved", "Cost of one kept", "money", "cost / customers kept; empty: nobody was kept"),
)
FORECAST = (
    Column("what", "What", "text", "customers who leave, or the revenue of a year that leaves with them"),
    Column("kind", "Kind of churn", "text", "all, or one"),
    Column("expected", "Expected", "decimal", "customers, or currency"),
    Column("low", "From (95 %)", "decimal", "lower bound, chance and the spread between periods in it"),
    Column("high", "To (95 %)", "decimal", "upper bound of it"),
    Column("of", "Of", "whole", "customers at risk, or their revenue"),
)
VALUE = (
    Column("title", "Sorted by", "text", "what customers are sorted by"),
    Column("segment", "Segment", "text", "the group"),
    Column("customers", "Customers", "whole", "customers at risk"),
    Column("clv", "Value each", "money", "margin still to come per customer, mean"),
    Column("clv_low", "From (95 %)", "money", "lower bound of it"),
    Column("clv_high", "To (95 %)", "money", "upper bound of it"),
    Column("cac", "Cost of winning one", "money", "mean; empty: customers join the group later"),
    Column("clv_to_cac", "CLV to cost", "decimal", "value of a new customer / cost of winning one"),
    Column("payback_months", "Payback, months", "decimal", "until the margin of a new customer reaches that cost"),
    Column("contacts", "Contacts that pay", "whole", "customers whom contacting is expected to pay for"),
    Column("gain", "Expected gain (scenario)", "money", "what these contacts are expected to bring"),
    Column("cost", "Cost", "money", "what they cost"),
)
LISTED = {
    "rank": ("Rank", "whole"), "customer_id": ("Customer", "text"), "probability": ("Probability of leaving", "share"),
    "return_probability": ("Probability of returning", "share"), "yearly_revenue": ("Revenue of a year", "money"),
    "margin_if_retained": ("Margin if kept", "money"), "expected_gain": ("Expected gain (scenario)", "money"),
    "margin_at_stake": ("Margin at stake", "money"), "offer_cost": ("Offer cost", "money"),
    "contact_cost": ("Contact cost", "money"), "why": ("Why", "text"), "action": ("What to do", "text"),
    "value_segment": ("Value", "text"), "rfm_segment": ("Recency, frequency, money", "text"),
    "day": ("On", "date"), "due": ("Due", "date"), "as_of": ("As of", "date"), "say": ("What to say", "text"),
    "last_order_on": ("Last order on", "date"),
}  # fmt: skip
"""Heads and forms of the columns of a list; any other is text under its own name."""
READ = (
    "rank", "customer_id", "name", "owner", "channel", "when", "day", "due", "why", "action", "say", "offer",
    "expected_gain",
)  # fmt: skip
"""Columns of a list that a person reads: they stand first, and only they are printed."""
SUMMED = ("expected_gain", "offer_cost", "contact_cost")
"""Columns of a list that have a total."""
