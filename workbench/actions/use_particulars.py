"""What a customer uses and buys, gave up, and what similar customers use and buy besides."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, is_sale, not_cancelled
from workbench.engines import first_of, materialized
from workbench.features import KEY_FEATURES

GENERAL = "^(log|sign|session|visit|view|page|open|search|click|start|end)"
"""Events that are no use of a particular feature: logins, pages, searches."""
LONG_DAYS, UNUSED_DAYS = 365, 60
OFTEN = 5
"""A feature used as often as this was in use."""
POPULAR = 200
"""So many products, the most bought ones, are looked at for what goes with what."""
TOGETHER = 20
"""So many customers must have bought two products before the one is recommended with the other."""
LIFT = 1.5
"""And the one must be so many times as common among buyers of the other as among all."""
NO_PRODUCT = (
    "^(post|postage|dot|dotcom postage|m|manual|d|discount|c2|carriage|s|samples?|pads.*|bank charges|adjust.*|"
    "amazon ?fee|cruk.*|fees?|shipping|delivery|gift_.*)( \\(.*\\))?$"
)
"""Lines of an order that are no product to recommend, also with their code in brackets."""
BEST_RULES = 5
"""So many products, those bought most often with it, are looked at for each product."""


def features(known: Crm, at: datetime) -> ir.Table:
    """Return top_feature, used most in 60 days, and lost_feature with its uses: used often in the ten months before.

    Of features used equally often it is the first by name, so that two runs write the same.
    """
    now, rows = ibis.timestamp(str(at)), known["events"]
    rows = rows.filter((rows.occurred_at < now) & (rows.occurred_at >= now - ibis.interval(days=LONG_DAYS)))
    rows = rows.filter(~rows.event.lower().re_search(GENERAL))
    recent = rows.occurred_at >= now - ibis.interval(days=UNUSED_DAYS)
    used = rows.group_by("customer_id", "event").aggregate(
        recent=recent.cast("int64").sum(), earlier=(~recent).cast("int64").sum()
    )
    used = used.mutate(name=_readable(used.event))
    top = first_of(used.filter(used.recent > 0), ["customer_id"], ibis.desc("recent"), "name")
    lost = used.filter((used.recent == 0) & (used.earlier >= OFTEN))
    lost = first_of(lost, ["customer_id"], ibis.desc("earlier"), "name")
    both = top.select("customer_id", top_feature="name").outer_join(
        lost.select("customer_id", lost_feature="name", lost_feature_uses="earlier"), "customer_id"
    )
    return both.select(
        "top_feature",
        "lost_feature",
        "lost_feature_uses",
        customer_id=both.customer_id.coalesce(both.customer_id_right),
    )


def key_feature(known: Crm, at: datetime) -> ir.Table:
    """Return key_feature for all who subscribe: of the features the product is bought for, the one used most in a year.

    Without any row where no event is a use of a key feature: then nobody can be said not to use it.
    """
    now, rows = ibis.timestamp(str(at)), known["events"]
    rows = rows.filter((rows.occurred_at < now) & (rows.occurred_at >= now - ibis.interval(days=LONG_DAYS)))
    used = rows.filter(rows.event.lower().re_search(KEY_FEATURES)).group_by("event").aggregate(uses=ibis._.count())
    most = used.order_by(ibis.desc("uses"), "event").limit(1).select(key_feature=_readable(used.event))
    who = known["subscriptions" if "subscriptions" in known else "events"]
    return who.select("customer_id").distinct().cross_join(most)


def _readable(event: ir.Value) -> ir.Value:
    return event.re_replace("^feature[_ ]", "").re_replace("[_]+", " ")


def products(known: Crm, at: datetime) -> ir.Table:
    """Return last_product, and usual_product with usual_product_orders: the one in most orders, of two or more."""
    bought = _bought(known, at)
    each = bought.group_by("customer_id", "product").aggregate(
        orders=bought.order_id.nunique(), last=bought.ordered_at.max()
    )
    last = first_of(each, ["customer_id"], ibis.desc("last"), "product").select("customer_id", last_product="product")
    often = first_of(each.filter(each.orders > 1), ["customer_id"], ibis.desc("orders"), ibis.desc("last"), "product")
    often = often.select("customer_id", usual_product="product", usual_product_orders="orders")
    return last.left_join(often, "customer_id").select(
        "customer_id", "last_product", "usual_product", "usual_product_orders"
    )


def returned(known: Crm, at: datetime) -> ir.Table:
    """Return returned_product and returned_on: what came back last."""
    rows = known["orders"].filter(ibis._.ordered_at < ibis.timestamp(str(at)))
    back = rows.filter(~is_sale(rows) & rows["product"].notnull())
    back = back.filter(~back["product"].lower().re_search(NO_PRODUCT))
    last = first_of(back, ["customer_id"], ibis.desc("ordered_at"), "product")
    return last.select("customer_id", returned_product="product", returned_on=last.ordered_at.date())


def next_products(known: Crm, at: datetime) -> ir.Table:
    """Return next_product, next_to and next_product_share: what buyers of a product of the last year buy besides.

    Of the pairs of the most bought products that go together (bought by 20 customers or more, half again as common as
    among all) the one with the largest share; what the customer has bought already is left out.
    """
    now = ibis.timestamp(str(at))
    bought = _bought(known, at).filter(ibis._.ordered_at >= now - ibis.interval(days=LONG_DAYS))
    pairs = bought.select("customer_id", "product").distinct()
    everyone = pairs.aggregate(n=pairs.customer_id.nunique())
    sizes = pairs.group_by("product").aggregate(buyers=ibis._.count())
    sizes = sizes.order_by(ibis.desc("buyers"), "product").limit(POPULAR)
    # Numbered in the order of their names: pairs of numbers are counted several times as fast as pairs of texts.
    sizes = materialized(sizes.mutate(item=ibis.row_number().over(ibis.window(order_by="product"))))
    pairs = materialized(pairs.join(sizes, "product").select("customer_id", "item"))
    other = pairs.rename(also="item")
    both = pairs.join(other, "customer_id").filter(ibis._["item"] != ibis._.also)
    both = both.group_by("item", "also").aggregate(together=ibis._.count()).filter(ibis._.together >= TOGETHER)
    both = both.join(sizes.drop("product"), "item").join(sizes.select(also="item", also_buyers="buyers"), "also")
    both = both.cross_join(everyone)
    both = both.mutate(
        share=both.together / both.buyers, lift=both.together * both.n / (both.buyers * both.also_buyers)
    )
    both = both.filter(both.lift >= LIFT).select("item", "also", "share")
    place = ibis.row_number().over(ibis.window(group_by="item", order_by=[ibis.desc("share"), "also"]))
    rules = materialized(both.mutate(place=place).filter(ibis._.place < BEST_RULES).drop("place"))
    fitting = pairs.join(rules, "item").anti_join(other, ["customer_id", "also"])
    best = first_of(fitting, ["customer_id"], ibis.desc("share"), "also", "item")
    best = best.join(sizes.select("item", next_to="product"), "item")
    best = best.join(sizes.select(also="item", next_product="product"), "also")
    return best.select("customer_id", "next_product", "next_to", next_product_share="share")


def _bought(known: Crm, at: datetime) -> ir.Table:
    rows = not_cancelled(known["orders"]).filter(ibis._.ordered_at < ibis.timestamp(str(at)))
    rows = rows.filter(is_sale(rows) & rows["product"].notnull())
    return rows.filter(~rows["product"].lower().re_search(NO_PRODUCT))
