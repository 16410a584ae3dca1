"""What exports in other alphabets than the Latin one call their columns, and what their words of status mean."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_SCRIPTS = {
    "Japanese": """
顧客 customer|会員 customer|お客様 customer|得意先 customer|取引先 customer|加入者 customer|契約者 customer
ユーザー user|利用者 user|番号 id|コード id|ID id|注文 order|受注 order|購入 order|購買 order|売上 sales
取引 transaction|予約 booking|日時 date|年月日 date|日付 date|日 date|金額 amount|合計 total|総額 total
価格 price|単価 unitprice|料金 fee|月額 monthly fee|年額 annual fee|税込 incl tax|税抜 excl tax|消費税 tax
数量 quantity|個数 quantity|状態 status|ステータス status|状況 status|契約 subscription|定期購読 subscription
購読 subscription|プラン plan|開始 start|終了 end|満了 end|解約 cancel|退会 cancel|申込 signup|入会 signup
登録 signup|更新 renew|理由 reason|商品 product|品名 product name|製品 product|名前 name|氏名 name
請求書 invoice|請求 invoice|発行 issue|支払期限 due date|期限 due date|支払 pay|入金 pay|支払方法 method
決済 payment|返品 returned|返金 refund|問い合わせ ticket|問合せ ticket|休止 pause|休会 pause|利用 usage
ログイン login|都道府県 region|国 country|明細 line|データ data|一覧 list|作成 created|メール email|電話 phone
キャンセル cancelled|取消 cancelled|発送済み shipped|発送済 shipped|配達完了 delivered|完了 completed
入金待ち unpaid|支払い待ち unpaid|支払待ち unpaid|待ち pending|入金済み paid
支払済み paid|新規受付 received|受付 received|決済処理中 pending payment|購入処理中 pending|対応中 processing
処理済 paid|処理済み paid
出荷済み shipped|出荷済 shipped|発送準備中 processing|出荷準備中 processing|注文取消し cancelled
未入金 unpaid|未払い unpaid|保留 pending|処理中 processing|有効 active|無効 inactive
送料 shipping|代引料 fee|手数料 fee|ポイント point|クーポン coupon|値引 discount
解約済み cancelled|下書き draft|送付済み sent|送付済 sent
""",
    "Chinese": """
客户 customer|客戶 customer|会员 customer|會員 customer|用户 user|買家 buyer|买家 buyer|编号 id|編號 id|号 id
订单 order|訂單 order|交易 transaction|日期 date|时间 date|時間 date|金额 amount|金額 amount|总额 total
總額 total|总价 total|价格 price|單價 unitprice|单价 unitprice|数量 quantity|數量 quantity|状态 status
狀態 status|合同 subscription|订阅 subscription|訂閱 subscription|套餐 plan|开始 start|開始 start|生效 start
结束 end|結束 end|到期 end|取消 cancel|退订 cancel|注册 signup|註冊 signup|续费 renew|原因 reason|商品 product
产品 product|名称 name|姓名 name|发票 invoice|發票 invoice|付款 pay|支付 pay|退款 refund|退货 returned
国家 country|下单 order|创建 created|已取消 cancelled|已完成 completed|已付款 paid|已支付 paid|待付款 unpaid
已发货 shipped|已退款 refunded|关闭 cancelled|成功 completed|已收货 delivered|待收货 shipped|待发货 paid
等待卖家发货 paid|等待买家付款 unpaid|等待买家确认 shipped|待支付 unpaid|未付款 unpaid
未支付 unpaid|失败 failed|审核 pending
""",
    "Korean": """
고객 customer|회원 customer|사용자 user|번호 id|코드 id|주문 order|구매 order|매출 sales|일자 date|날짜 date
일시 date|금액 amount|합계 total|가격 price|단가 unitprice|수량 quantity|상태 status|구독 subscription
계약 subscription|요금제 plan|시작 start|종료 end|만료 end|해지 cancel|취소 cancelled|가입 signup|갱신 renew
사유 reason|상품 product|이름 name|청구서 invoice|결제 payment|환불 refunded|반품 returned|완료 completed
배송완료 delivered|국가 country|구매자 buyer|구매확정 completed|결제일 payment date|주문일 order date|가입일 signup date
시작일 start date|종료일 end date|해지일 cancel date|총 total|배송비 shipping|배송 shipping|취소완료 cancelled
반품완료 returned|환불완료 refunded
""",
    "Russian and Ukrainian": """
клиент customer|клиента customer|клиенты customer|клиентов customer
покупатель customer|покупателя customer|клієнт customer|контрагент customer
абонент customer|абонента customer|пользователь user|пользователя user
номер id|код id|ид id|заказ order|заказа order|заказы order
замовлення order|продажи sales|покупка order|покупки order|дата date
время date|сумма amount|сума amount|итого total|всего total|стоимость amount
цена price|ціна price|количество quantity|кол-во quantity|кількість quantity
статус status|состояние status|договор subscription|договора subscription
подписка subscription|подписки subscription|тариф plan|начало start
начала start|окончание end|окончания end|конец end|расторжения cancel
расторжение cancel|отмена cancel|отмены cancel|отключения cancel
регистрации signup|регистрация signup|создания created|причина reason
товар product|наименование name|название name|имя name|фио name|счет invoice
счёт invoice|накладная invoice|срок due|оплаты pay|оплата pay|оплачен paid
оплачено paid|отменен cancelled|отменён cancelled|выполнен completed
доставлен delivered|возврат returned|возвращен returned|новый created
ожидает pending|активен active|активна active|неактивен inactive
страна country|ежемесячно monthly|пауза pause|стадия stage|стадии stage|этап stage|сделка deal|сделки deal
сделку deal|завершения close|закрытия close|закрыта closed|закрыт closed|успешна won|успешно won|выиграна won
реализована won|реализовано won|провалена lost|проиграна lost|не реализована lost|не реализовано lost|компания company
компании company|организация company|организации company|тип kind|изменения changed|ответственный owner
угода deal|угоди deal|стадія stage|успішна won|програна lost|компанія company
""",
    "Greek": """
πελάτης customer|πελάτη customer|κωδικός id|αριθμός id|παραγγελία order
παραγγελίας order|ημερομηνία date|ποσό amount|σύνολο total|τιμή price
ποσότητα quantity|κατάσταση status|συνδρομή subscription|έναρξη start
έναρξης start|λήξη end|λήξης end|ακύρωση cancel|λόγος reason|προϊόν product
τιμολόγιο invoice|πληρωμή pay|ακυρώθηκε cancelled
""",
    "Arabic and Persian": """
العميل customer|عميل customer|العملاء customer|الزبون customer|مشتری customer|مشتريان customer|مشتریان customer
کاربر user|رقم id|رمز id|شماره id|شناسه id|کد id|طلب order|الطلب order|سفارش order|سفارشات order|خرید order
تاريخ date|تاریخ date|المبلغ amount|مبلغ amount|جمع total|الإجمالي total|سعر price|قیمت price|کمية quantity
الكمية quantity|تعداد quantity|الحالة status|وضعیت status|اشتراك subscription|اشتراک subscription
قرارداد subscription|بداية start|شروع start|نهاية end|پایان end|إلغاء cancel|لغو cancel|سبب reason|دلیل reason
المنتج product|محصول product|کالا product|فاتورة invoice|فاکتور invoice|صورتحساب invoice|دفع pay|پرداخت pay
نام name|الاسم name|لغو شده cancelled|تکمیل شده completed|مرجوعی returned|مرجوع شده returned|برگشت خورده returned
پرداخت شده paid|تحویل شده delivered
ملغي cancelled|ملغى cancelled|ملغاة cancelled|قيد الانتظار pending|معلق pending|مرفوض declined
مسترجع returned|تم التوصيل delivered|تم الشحن shipped|در انتظار pending|مكتمل completed|مدفوع paid
""",
    "Thai": """
ลูกค้า customer|สมาชิก customer|รหัส id|เลขที่ id|หมายเลข id|คำสั่งซื้อ order|สั่งซื้อ order|การขาย sales|วันที่ date|วัน date
สถานะ status|ยอดรวม total|รวม total|ยอด amount|จำนวนเงิน amount|จำนวน quantity|ราคา price|สินค้า product|ชื่อ name
แพ็กเกจ plan|สัญญา subscription|เริ่ม start|สิ้นสุด end|หมดอายุ end|ใบแจ้งหนี้ invoice|ชำระ pay|เหตุผล reason
สำเร็จ completed|เสร็จสิ้น completed|ยกเลิก cancelled|รอชำระ unpaid|ชำระแล้ว paid|จัดส่งแล้ว shipped|คืนเงิน refunded
คืนสินค้า returned
""",
    "Hebrew": """
לקוח customer|מספר id|הזמנה order|תאריך date|סכום amount|מחיר price|כמות quantity|סטטוס status|מנוי subscription
התחלה start|סיום end|ביטול cancel|סיבה reason|מוצר product|חשבונית invoice|תשלום pay|בוטל cancelled
הושלם completed
""",
}


@cache
def _english() -> dict[str, str]:
    """Return the English of each word: what follows its first space that stands before a Latin letter."""
    entries = "|".join(words.strip().replace("\n", "|") for words in _SCRIPTS.values()).split("|")
    pairs = (re.match(r"(.+?) ([a-z ]+)$", unicodedata.normalize("NFKC", entry)) for entry in entries)
    return {found[1].lower(): found[2] for found in pairs if found}


@cache
def _known() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(_english(), key=len, reverse=True)))


def in_latin(text: str) -> str:
    """Return a text with the words of other alphabets in English; what nobody knows stays.

    >>> in_latin("顧客番号"), in_latin("Дата заказа"), in_latin("KlantNr"), in_latin("Mensalidade (€)")
    ('customer id', 'date order', 'KlantNr', 'Mensalidade (€)')
    """
    if text.isascii() or not any(sign > "\u036f" and (sign.isalpha() or sign == "№") for sign in text):
        return text
    plain = unicodedata.normalize("NFKC", text)
    return re.sub(" +", " ", _known().sub(lambda found: f" {_english()[found[0]]} ", plain.lower())).strip()


def count_known(text: str) -> int:
    """Return how many words of other alphabets a text has.

    >>> count_known("客户编号,金额"), count_known("와빵긍뵀,쏜띨")
    (3, 0)
    """
    return len(_known().findall(unicodedata.normalize("NFKC", text.lower())))
