"""What the raw files are checked for concerns the rows that loading takes, under the customers that it gives them."""

from __future__ import annotations

from pathlib import Path

from workbench.check.raw_rows import raw_rows
from workbench.crm import load_tables
from workbench.sources import note_accounts, open_source, read_source

SOURCE = """
name: t
currency: EUR
not_customers: [guest]
files: {o: {path: o.csv}, c: {path: c.csv}}
tables:
  customers: {from: c, merged_into: survivor, deleted: gone, columns: {customer_id: id}}
  orders:
    from: o
    currency_column: currency
    status: [{column: type, values: {sale: keep, quote: refuse}}, {column: test, values: {'1': refuse, '0': keep}}]
    columns:
      order_id: id
      customer_id: coalesce(customer, max(customer) OVER (PARTITION BY parent))
      ordered_at: day
      amount: amount
"""
ORDERS = """id,customer,day,amount,currency,type,test,parent
1,a,2024-01-01,5,EUR,sale,0,1
2,b,2024-01-02,6,EUR,sale,0,2
3,guest,2024-01-03,7,EUR,sale,0,3
4,d,2024-01-04,8,EUR,sale,0,4
5,a,2024-01-05,9,USD,sale,0,5
6,a,2024-01-06,9,,quote,0,6
7,a,2024-01-07,9,,sale,1,7
8,c,2024-01-08,9,,sale,0,8
9,,2024-01-09,-2,EUR,sale,0,2
"""
CUSTOMERS = "id,survivor,gone\na,b,0\nb,,0\nc,,0\nd,,1\n"


def test_raw_rows_are_those_that_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS)
    (tmp_path / "c.csv").write_text(CUSTOMERS)
    (tmp_path / "source.yaml").write_text(SOURCE)
    crm, source = load_tables(tmp_path / "source.yaml"), read_source(tmp_path / "source.yaml")
    with open_source(source) as con:
        accounts = note_accounts(con, source)
        for name, key in (("orders", "id"), ("customers", "id")):
            rows = raw_rows(con, name, source, accounts=accounts)
            seen = con.execute(f'SELECT {key}, "read as customer_id" FROM ({rows.select}) ORDER BY 1').fetchall()
            loaded = crm[name].execute()
            ids = loaded["order_id" if name == "orders" else "customer_id"]
            assert seen == sorted(zip(ids, loaded["customer_id"], strict=True))
