"""Encodings are recognised by the letters that their bytes would be."""

from __future__ import annotations

import pytest

from workbench.propose.raw_files.encodings import likeliest_encoding

WRITTEN = {
    "cp932": ["コーヒー豆,データベース", "顧客番号,注文日,合計金額\n1,2024年1月5日,￥1200", "ｺｰﾄﾞ,名前,契約開始日"],
    "gb18030": ["客户编号,订单日期,金额,状态\n1,2024-01-01,5,已完成"],
    "cp949": ["고객번호,주문일자,금액,상태\n1,2024-01-01,5,완료"],
    "big5": ["客戶編號,訂單日期,金額,狀態\n1,2024-01-01,5,已完成"],
    "windows-1251": ['Дата;Клиент;Сумма\n01.01.2024;ООО "Ромашка";5', "ДАТА;КЛИЕНТ"],
    "windows-1253": ["Ημερομηνία;Πελάτης;Ποσό"],
    "windows-1254": ["Müşteri No;Sipariş Tarihi;Durum\n1;1;İptal Edildi", "Ödeme;Çağrı;Şubat"],
    "windows-1250": ["Data płatności;Kwota", "Číslo zákazníka;Částka;Příjmení", "Ügyfélszám;Összeg;Előfizető"],
    "windows-1252": ["Größe;Straße", "Nº socio;Íñigo Núñez", "Date d'échéance;Œuvre", "Uppehåll;Från", "Situação;Ação"],
    "windows-1255": ["תאריך;לקוח;סכום"],
    "windows-1256": ["التاريخ;العميل;المبلغ"],
}


@pytest.mark.parametrize(("encoding", "text"), [(e, text) for e, texts in WRITTEN.items() for text in texts])
def test_a_text_is_read_in_the_encoding_it_was_written_in(encoding: str, text: str) -> None:
    assert likeliest_encoding(text.encode(encoding)) == encoding
