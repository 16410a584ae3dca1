"""Small exports in the shape of well-known systems: their column names and forms of values, the rows invented here.

Column names from each system's public documentation: Stripe dashboard exports, Chargebee and Recurly exports, Paddle
and RevenueCat data exports, Shopify, WooCommerce, HubSpot, Salesforce, Zendesk and Intercom exports, Mixpanel and
Amplitude raw exports, Segment warehouse tables, the GA4 export to BigQuery, and the KKBox and Olist data sets.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

START = datetime(2023, 1, 5, 9)


def day(number: int, form: str = "%Y-%m-%d %H:%M") -> str:
    return f"{START + timedelta(days=number):{form}}"


def csv(header: str, rows: list[tuple[object, ...]], mark: str = ",") -> str:
    return "\n".join([header, *(mark.join("" if v is None else str(v) for v in row) for row in rows)]) + "\n"


def json_lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def stripe() -> dict[str, str]:
    left = {i: (day(90 + i), day(120 + i)) for i in range(0, 12, 3)}
    subscriptions = [
        (
            *(f"sub_{i}", f"cus_{i}", "price_pro", 1, "eur", "month", "30.00", "canceled" if i in left else "active"),
            *(day(i), day(i), day(360), None, None, *left.get(i, (None, None)), "false"),
        )
        for i in range(12)
    ]
    payments = [
        (
            *(f"ch_{i}_{k}", day(i + 30 * k), "30.00", "0.00", "eur", "true", "", "Subscription update"),
            *("Paid", f"cus_{i}", f"cus{i}@example.com", f"in_{i}_{k}"),
        )
        for i in range(12)
        for k in range(3)
    ]
    return {
        "subscriptions.csv": csv(
            "id,Customer ID,Plan,Quantity,Currency,Interval,Amount,Status,Created (UTC),Start Date (UTC),"
            "Current Period End (UTC),Trial Start (UTC),Trial End (UTC),Canceled At (UTC),Ended At (UTC),"
            "Cancel At Period End",
            subscriptions,
        ),
        "unified_payments.csv": csv(
            "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Decline Reason,Description,Status,"
            "Customer ID,Customer Email,Invoice ID",
            payments,
        ),
    }


def chargebee() -> dict[str, str]:
    rows = [
        (
            *(f"sub{i}Az", f"cust{i}Bq", "pro-monthly", 1, "49.00", 1, "Month", "USD"),
            *("Cancelled" if i % 4 == 0 else "Active", day(i), day(i), None, day(200) if i % 4 == 0 else None),
            *("not_paid" if i % 4 == 0 else None, day(330), day(360), "49.00"),
        )
        for i in range(12)
    ]
    customers = [(f"cust{i}Bq", f"c{i}@example.com", f"Firm {i}", day(i), "NL", "on") for i in range(12)]
    return {
        "subscriptions.csv": csv(
            "subscriptions.id,subscriptions.customer_id,subscriptions.plan_id,subscriptions.plan_quantity,"
            "subscriptions.plan_unit_price,subscriptions.billing_period,subscriptions.billing_period_unit,"
            "subscriptions.currency_code,subscriptions.status,subscriptions.created_at,subscriptions.started_at,"
            "subscriptions.trial_end,subscriptions.cancelled_at,subscriptions.cancel_reason,"
            "subscriptions.current_term_start,subscriptions.current_term_end,subscriptions.mrr",
            rows,
        ),
        "customers.csv": csv(
            "customers.id,customers.email,customers.company,customers.created_at,customers.billing_address.country,"
            "customers.auto_collection",
            customers,
        ),
    }


def recurly() -> dict[str, str]:
    rows = [
        (
            *(f"4{i:031x}", f"acct-{i}", "gold", "Gold plan", "expired" if i % 4 == 0 else "active", 1, "8.00", "EUR"),
            *(day(i), day(150) if i % 4 == 0 else None, day(170) if i % 4 == 0 else None, day(330), day(360)),
        )
        for i in range(12)
    ]
    return {
        "subscriptions.csv": csv(
            "subscription_id,account_code,plan_code,plan_name,state,quantity,unit_amount,currency,activated_at,"
            "canceled_at,expires_at,current_period_started_at,current_period_ends_at",
            rows,
        ),
        "accounts.csv": csv(
            "account_code,account_email,account_company_name,account_created_at,account_state,account_country",
            [(f"acct-{i}", f"a{i}@example.com", f"Firm {i}", day(i), "active", "DE") for i in range(12)],
        ),
    }


def paddle() -> dict[str, str]:
    iso = "%Y-%m-%dT%H:%M:%SZ"
    rows = [
        (
            *(f"sub_01h{i:04d}", f"ctm_01h{i:04d}", "canceled" if i % 4 == 0 else "active", "USD", "pri_01", 1),
            *("29.00", "month", 1, day(i, iso), day(i, iso), day(360, iso), None),
            day(200, iso) if i % 4 == 0 else None,
        )
        for i in range(12)
    ]
    return {
        "subscriptions.csv": csv(
            "id,customer_id,status,currency_code,price_id,quantity,unit_price,billing_interval,billing_frequency,"
            "created_at,started_at,next_billed_at,paused_at,canceled_at",
            rows,
        )
    }


def revenuecat() -> dict[str, str]:
    """Each first term is a trial; the last customer pays by the year."""
    rows = [
        (
            *(
                f"$RCAnonymousID:{i:032x}",
                "GB",
                "P1Y" if i == 11 else "P1M",
                day(i + 365 * k if i == 11 else i + 30 * k),
            ),
            *(ends := [day(i + 365 * k + 365 if i == 11 else i + 30 * k + 30)], None, *ends, "app_store"),
            *("true", "false" if k else "true", "true" if k == 1 else "false", "false", "false"),
            *(
                "0.0" if k == 0 else "119.88" if i == 11 else "9.99",
                "USD",
                f"{70000 + 100 * i + k}",
                f"{70000 + 100 * i}",
            ),
            *(None, day(i + 80) if i % 4 == 0 and k == 2 else None, k + 1),
        )
        for i in range(12)
        for k in range(3)
    ]
    return {
        "transactions.csv": csv(
            "rc_original_app_user_id,country,product_duration,start_time,end_time,grace_period_end_time,"
            "effective_end_time,store,is_auto_renewable,is_trial_period,is_trial_conversion,is_in_intro_offer_period,"
            "is_sandbox,price_in_usd,purchased_currency,store_transaction_id,original_store_transaction_id,refunded_at,"
            "unsubscribe_detected_at,renewal_number",
            rows,
        )
    }


def shopify() -> dict[str, str]:
    rows: list[tuple[object, ...]] = []
    for i in range(12):
        at, name, email = day(5 * i, "%Y-%m-%d %H:%M:%S +0100"), f"#10{i:02d}", f"p{i % 6}@example.com"
        paid = "voided" if i == 7 else "paid"
        cancelled = at if i == 7 else None
        rows.append(
            (
                *(name, email, paid, at, "fulfilled", "EUR", "23.00", "5.00", "0.00", "28.00", at, 1, "Mug", "15.00"),
                *(cancelled, "0.00", f"Shop {i}", f"50000000000{i:02d}"),
            )
        )
        rows.append((name, email, *[None] * 8, at, 1, "Spoon", "8.00", None, None, None, None))
    return {
        "orders_export_1.csv": csv(
            "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
            "Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Vendor,Id",
            rows,
        )
    }


def woocommerce() -> dict[str, str]:
    statuses = ("completed", "completed", "processing", "cancelled", "failed", "refunded")
    rows = [
        (
            *(100 + i, 100 + i, day(3 * i, "%Y-%m-%d %H:%M:%S"), statuses[i % 6], "4.95", "0", "40.00", "44.95"),
            *("EUR", "ideal", f"c{i % 8}@example.com", 10 + i % 8, "NL"),
        )
        for i in range(24)
    ]
    return {
        "orders.csv": csv(
            "order_id,order_number,order_date,status,shipping_total,tax_total,order_subtotal,order_total,"
            "order_currency,payment_method,customer_email,customer_user,billing_country",
            rows,
        )
    }


def hubspot() -> dict[str, str]:
    companies = [
        (8000000000 + i, f"Firm {i}", day(i), "Netherlands", "SOFTWARE", 50 + i, f"Owner {i % 3}") for i in range(12)
    ]
    deals = [
        (
            *(15000000000 + 10 * i + k, f"Deal {i}-{k}", "Closed Lost" if (i + k) % 4 == 0 else "Closed Won"),
            *("Sales Pipeline", f"{500 + i}.00", day(i + 30 * k), day(i + 30 * k - 3), f"Owner {i % 3}"),
            *(8000000000 + i, f"Firm {i}"),
        )
        for i in range(12)
        for k in range(2)
    ]
    tickets = [
        (
            *(9100000000 + i, f"Help {i}", "Closed", "HIGH" if i % 2 else "LOW", day(i + 10), day(i + 12)),
            *(8000000000 + i, f"Firm {i}"),
        )
        for i in range(12)
    ]
    return {
        "hubspot-crm-exports-all-companies.csv": csv(
            "Record ID,Company name,Create Date,Country/Region,Industry,Number of Employees,Company owner", companies
        ),
        "hubspot-crm-exports-all-deals.csv": csv(
            "Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Deal owner,Associated Company IDs,"
            "Associated Company",
            deals,
        ),
        "hubspot-crm-exports-all-tickets.csv": csv(
            "Ticket ID,Ticket name,Ticket status,Priority,Create date,Close date,Associated Company IDs,"
            "Associated Company",
            tickets,
        ),
    }


def salesforce() -> dict[str, str]:
    iso = "%Y-%m-%dT%H:%M:%S.000Z"
    accounts = [
        (
            *(f"0015g00000ABCd{i:02d}AAA", "false", None, f"Firm {i}", "Customer - Direct", None, "Germany"),
            *("Energy", 100 + i, f"0055g0000012{i % 3}aAAA", day(i, iso), "Web"),
        )
        for i in range(12)
    ]
    opportunities = [
        (
            *(
                f"0065g00000XYz{i}{k}AAA",
                "false",
                f"0015g00000ABCd{i:02d}AAA",
                f"Deal {i}",
                "Closed Lost" if k else "Closed Won",
            ),
            *(
                f"{1000 + i}.0",
                "100.0",
                day(i + 30 * k, "%Y-%m-%d"),
                "true",
                "false" if k else "true",
                day(i + 20 * k, iso),
            ),
        )
        for i in range(12)
        for k in range(2)
    ]
    cases = [
        (
            *(f"5005g00000KLm{i:02d}AAA", "false", f"0000{1000 + i}", f"0035g00000QRs{i:02d}AAA"),
            *(f"0015g00000ABCd{i:02d}AAA", "Problem", "Closed", None, "Phone", f"Help {i}", "High", day(i + 9, iso)),
            day(i + 11, iso),
        )
        for i in range(12)
    ]
    return {
        "Account.csv": csv(
            "Id,IsDeleted,MasterRecordId,Name,Type,ParentId,BillingCountry,Industry,NumberOfEmployees,OwnerId,"
            "CreatedDate,AccountSource",
            accounts,
        ),
        "Opportunity.csv": csv(
            "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,CloseDate,IsClosed,IsWon,CreatedDate",
            opportunities,
        ),
        "Case.csv": csv(
            "Id,IsDeleted,CaseNumber,ContactId,AccountId,Type,Status,Reason,Origin,Subject,Priority,CreatedDate,"
            "ClosedDate",
            cases,
        ),
    }


def zendesk() -> dict[str, str]:
    iso = "%Y-%m-%dT%H:%M:%SZ"
    organizations = [(36000 + i, f"Firm {i}", day(i, iso), None) for i in range(12)]
    users = [(9000 + i, f"Ann {i}", f"a{i}@example.com", 36000 + i % 12, "end-user", day(i, iso)) for i in range(20)]
    tickets = [
        (
            *(500 + i, f"Help {i}", "solved", "high", "question", 9000 + i % 20, 36000 + i % 20 % 12),
            *(day(i + 30, iso), day(i + 31, iso), 30 + i),
        )
        for i in range(30)
    ]
    visits = [(9000 + i % 20, day(i, iso), "/report") for i in range(60)]
    return {
        "organizations.csv": csv("id,name,created_at,deleted_at", organizations),
        "users.csv": csv("id,name,email,organization_id,role,created_at", users),
        "tickets.csv": csv(
            "id,subject,status,priority,type,requester_id,organization_id,created_at,solved_at,"
            "first_reply_time_in_minutes",
            tickets,
        ),
        "page_views.csv": csv("user_id,viewed_at,page", visits),
    }


def intercom() -> dict[str, str]:
    rows = [
        (
            *(210000000 + i, day(i), day(i, "%Y-%m-%d %H:%M:%S"), day(i + 2), f"user-{i % 8}", f"c{i % 8}@example.com"),
            *(5 if i % 3 else 2, "closed"),
        )
        for i in range(24)
    ]
    users = [(f"user-{i}", f"Ann {i}", f"c{i}@example.com", day(-30 + i), day(90 + i)) for i in range(8)]
    events = [(f"user-{i % 8}", "exported-report", day(i)) for i in range(80)]
    return {
        "conversations.csv": csv(
            "Conversation ID,Conversation started at,First reply at,Last closed at,User ID,User email,"
            "Conversation rating,Conversation state",
            rows,
        ),
        "users.csv": csv("User ID,Name,Email,Signed up at,Last seen at", users),
        "events.csv": csv("user_id,event_name,created_at", events),
    }


def mixpanel() -> dict[str, str]:
    base = int(START.timestamp())
    rows: list[dict[str, object]] = [
        {
            "event": "Report Viewed" if i % 2 else "Login",
            "properties": {
                "time": base + 3600 * i,
                "distinct_id": f"13b20239a2935{i % 9}",
                "$browser": "Chrome",
                "$insert_id": f"29fc2962-6d9c-455d-95ad-95b84f09b9{i:02d}",
            },
        }
        for i in range(60)
    ]
    return {"export.jsonl": json_lines(rows)}


def amplitude() -> dict[str, str]:
    stamp = "%Y-%m-%d %H:%M:%S.105000"
    rows: list[dict[str, object]] = [
        {
            "$insert_id": f"29fc2962-6d9c-455d-95ad-95b84f09b9{i:02d}",
            "amplitude_id": 82500 + i % 9,
            "app": 123,
            "country": "Germany",
            "device_id": f"C8F9E604-F01A-4BD9-95C6-8E5357DF26{i % 9}",
            "event_id": i + 1,
            "event_properties": {"page": "home"},
            "event_time": day(i, stamp),
            "event_type": "watch_tutorial" if i % 2 else "share",
            "server_upload_time": day(i, stamp),
            "user_id": f"u{i % 9}@example.com",
            "uuid": f"95ad95b8-6d9c-455d-95ad-95b84f09b9{i:02d}",
        }
        for i in range(60)
    ]
    return {"export.jsonl": json_lines(rows)}


def segment() -> dict[str, str]:
    rows = [
        (
            *(f"ajs-{i:032x}", day(i), day(i), day(i), f"anon-{i % 9}", f"user-{i % 9}", "order_completed"),
            *("Order Completed", "analytics.js", "1.2.3.4"),
        )
        for i in range(60)
    ]
    identifies = [(f"idt-{i:032x}", day(-20 + i), f"user-{i}", f"u{i}@example.com", "pro") for i in range(9)]
    return {
        "tracks.csv": csv(
            "id,received_at,sent_at,timestamp,anonymous_id,user_id,event,event_text,context_library_name,context_ip",
            rows,
        ),
        "identifies.csv": csv("id,received_at,user_id,email,plan", identifies),
    }


def ga4() -> dict[str, str]:
    base = int(START.timestamp() * 1_000_000)
    rows = [
        (
            *(day(i, "%Y%m%d"), base + 86_400_000_000 * i, "page_view" if i % 2 else "session_start", None),
            *(f"1000{i % 9}.1670000000", None, "web", "Netherlands", "desktop"),
        )
        for i in range(60)
    ]
    return {
        "events_20230105.csv": csv(
            "event_date,event_timestamp,event_name,event_value_in_usd,user_pseudo_id,user_id,platform,geo_country,"
            "device_category",
            rows,
        )
    }


def kkbox() -> dict[str, str]:
    ymd = "%Y%m%d"
    members = [(f"u{i:03d}=", 1, 0, None, 7, day(i, ymd)) for i in range(12)]
    transactions = [
        (f"u{i:03d}=", 41, 30, 149, 149, 1, day(i + 30 * k, ymd), day(i + 30 * k + 30, ymd), 0)
        for i in range(12)
        for k in range(3)
    ]
    logs = [
        (f"u{i:03d}=", day(i + 3 * k, ymd), 2, 1, 0, 1, 30 + k, 20 + k, f"{1000 + 7 * k + i}.5")
        for i in range(12)
        for k in range(12)
    ]
    return {
        "members.csv": csv("msno,city,bd,gender,registered_via,registration_init_time", members),
        "transactions.csv": csv(
            "msno,payment_method_id,payment_plan_days,plan_list_price,actual_amount_paid,is_auto_renew,"
            "transaction_date,membership_expire_date,is_cancel",
            transactions,
        ),
        "user_logs.csv": csv("msno,date,num_25,num_50,num_75,num_985,num_100,num_unq,total_secs", logs),
    }


def olist() -> dict[str, str]:
    stamp = "%Y-%m-%d %H:%M:%S"
    customers = [(f"c{i:031x}", f"u{i % 8:031x}", 14409, "franca", "SP") for i in range(24)]
    orders = [
        (
            *(f"0{i:031x}", f"c{i:031x}", "canceled" if i == 5 else "delivered", day(i, stamp), day(i, stamp)),
            *(day(i + 2, stamp), day(i + 8, stamp), day(i + 20, stamp)),
        )
        for i in range(24)
    ]
    items = [
        (f"0{i:031x}", k + 1, f"p{k:031x}", f"s{k:031x}", day(i + 5, stamp), "10.00", "2.50")
        for i in range(24)
        for k in range(1 + i % 2)
    ]
    reviews = [
        (
            f"r{i:031x}",
            f"0{i:031x}",
            5 if i % 3 else 1,
            None,
            "muito bom o produto",
            day(i + 9, stamp),
            day(i + 10, stamp),
        )
        for i in range(24)
    ]
    payments = [(f"0{i:031x}", 1, "credit_card", 1, f"{12.5 * (1 + i % 2):.2f}") for i in range(24)]
    return {
        "olist_customers_dataset.csv": csv(
            "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state", customers
        ),
        "olist_orders_dataset.csv": csv(
            "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
            "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
            orders,
        ),
        "olist_order_items_dataset.csv": csv(
            "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value", items
        ),
        "olist_order_reviews_dataset.csv": csv(
            "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,"
            "review_answer_timestamp",
            reviews,
        ),
        "olist_order_payments_dataset.csv": csv(
            "order_id,payment_sequential,payment_type,payment_installments,payment_value", payments
        ),
    }
