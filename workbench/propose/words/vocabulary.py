"""The words of the field and what they mean, as CRM, billing, shop and help-desk systems write them.

English first; Dutch, Turkish, German, French, Spanish and Persian in Latin letters beside it.
A word may carry several meanings.
"""

from __future__ import annotations

from functools import cache

from workbench.propose.words.languages import LANGUAGES

MEANINGS = """
customer: debiteur debiteuren debiteurnr
customer: kd profile profiles loyalty consument consumenten kunnr kunag kunrg kundennr knr debitorennummer
customer: societe soc
customer: customer client account company organisation organization org tenant workspace buyer shopper patron subscriber
customer: member consumer business acct cust guest household user kunde klant relatie afnemer gebruiker lid bedrijf
customer: auftraggeber regulierer warenempfanger rechnungsempfanger kaufer kaeufer zleceniodawca nabywca odbiorca
id: fk rowid
invoice: doc boekstuk boekstuknr boekstuknummer fiche ficheno fis fisno
invoice: faktura fakturen fakturnr fakturanummer
price: jahrespreis jaarprijs monatspreis maandprijs
amount: jahresgebuhr jahresentgelt jahreswert jaarbedrag nettowert bruttowert warenwert
customer: visitor msno distinct userpseudo appuser cliente clientes
customer: mitgl mgl abon leden klanten mitglied mitglieder abonne socio msisdn
customer: musteri uye hesap kullanici firma sirket moshtari karbar cari logo party
contact: contact contacted person requester people stakeholder user employee contactpersoon kisi shakhs
subscription: subscription sub contract membership agreement licence license abonnement abonelik eshterak sozlesme
subscription: overeenkomst uyelik policy
ticket: ticket case issue helpdesk support request incident complaint inquiry enquiry destek talep sikayet melding
ticket: fault faults klacht verzoek tiket darkhast question servicedesk conversation chat
event: event usage activity action log click session interaction telemetry use pageview track visit login engagement
event: used checkin checkins gebruik activiteit kullanim etkinlik olay estefade feature
cancel: churn churned cancel cancellation canceled cancelled attrition departure departed exit offboard offboarding
cancel: offboarded terminated termination leaver leave left lost loss quit unsubscribe unsubscribed opzegging opgezegd
cancel: uitgeschreven afgemeld cancelling canceling
cancel: notice opzegdatum iptal ayrilma enseraf laghv lapse lapsed deactivated defection
order: order purchase sale transaction basket checkout receipt bestelling siparis sefaresh satis verkoop
order: sales aankoop kharid trx txn sold placed
deal: deal opportunity
line: line lineitem invoiceline regel satir
invoice: invoice bill billing factuur fatura surathesab faktur inv
charge: charge payment transaction attempt attempted collection betaling odeme pardakht trx txn
message: message email mail communication outreach sms notification bericht mesaj payam newsletter mailing
survey: survey nps csat response feedback rating review questionnaire poll enquete anket nazarsanji
consent: consent optin permission gdpr toestemming izin preference
goal: goal expectation objective target doel hedef hadaf
text: text body words content
transfer: escalation escalations transfer handover handoff reassigned reassignment
reply: reply replies touches interactions
agent: agent sender author assignee assigned handler handled representative engineer technician adviser advisor operator
agent: medewerker temsilci bearbeiter sachbearbeiter behandelaar technicien tecnico
budget: budget
refer: referrer referred recommended introduced
treatment: treatment experiment assignment holdout
change: change changed history changelog modification amendment wijziging degisiklik taghir changes
effective: effective
process: process processed
date: occurred date at time timestamp on datetime dt day datum tarih tarihi tarikh ts utc stamp tijd zaman saat gmt
id: id identifier key no nr num number code cod ref reference uuid guid nummer kod kodu numara pk sid oid shenase record
birth: birth birthdate birthday birthdates dob born geburt geburtsdatum geburtstag naissance nacimiento nascimento
birth: geboortedatum geboren geboorte nascita dogum fodelsedatum fodt urodzenia narozeni
start: start started begin began begins activated activation effective from commenced commence begindatum ingangsdatum
start: startdatum baslangic baslama shoru ingang valid live
end: lastday sistadag ultimodia letztertag exp cease ceased cessation disconnect disconnection disconnected discontinued
order: scontrino scontrini kassenbon kassenbons bon bons kassabon kassabonnen paragon paragony cupom
customer: tessera tessere kundenkarte kundenkarten klantenkaart tarjeta cartao
start: act entry admission enrolment subscribed
cancel: deact deaktivierung leaving dropout
end: end ended finish finished expire expired expires expiry expiration until einde einddatum bitis payan stopped to
create: entry create created creation added inserted aangemaakt olusturma ijad aanmaak opened
signup: signup sign signed register registered registration join joined onboard onboarded enrol enrolled enrollment
signup: ingeschreven aangemeld onboarding
signup: kayit registratie inschrijving aanmelding sabtnam acquired since member became
close: close closed closing closure kapanis gesloten afgesloten deactivated kapatma baste
resolve: resolve resolved resolution solve solved fixed completed done opgelost cozum cozulme close closed hal
respond: response respond responded reply replied answer answered reaction reacted antwoord yanit cevap pasokh
open: open opened submit submitted raise raised logged filed received report reported geopend ingediend acilis lodged
open: read asked gemeld requested created
reopen: reopen reopened heropend
first: firsttouch first initial eerste erste erster premiere premier primera primer ilk avval
last: last latest recent laatste son
send: sent send delivered dispatched verzonden verstuurd gonderim ersal
due: vencimento scadenza
due: due deadline payable vervaldatum vade sarresid
renew: renew renewable renewal renews next rebill yenileme verlenging tamdid
current: current
cent: cents cent minor pence paise kurus groszy centavos centimos
kind: tipi turu
period: duration period term interval frequency cycle cadence recurrence periode periyot dore termijn
trial: trial proef deneme azmayeshi pilot evaluation
pay: paiement zahlung pagamento pago pagato cleared
pay: paid pay payment settled betaald odendi odeme pardakht
void: void voided credited annulled
writeoff: writeoff writtenoff uncollectible baddebt
dispute: dispute disputed chargeback
issue: posting issue issued invoiced finalized finalised
amount: grand acv arr sales
amount: amount total value sum subtotal revenue gross bedrag tutar mablagh totaal toplam spend omzet ciro fee turnover
price: price rate prijs fiyat gheymat unitprice tariff
quantity: quantity qty count hits units aantal adet miktar tedad volume times
mrr: mrr mrc
invoice: vbeln belnr oinv
return: orin
customer: ocrd kna
amount: netwr dmbtr wrbtr imponibile
date: fkdat budat bldat erdat audat
kind: fkart blart auart vbtyp trcode
cancel: stornierung stornierungsdatum storno stornodatum
product: matnr
monthly: mensal mensile mensuale mtl
monthly: monthly month maandelijks aylik mahane maand monat monatlich mensuel mensual
recurring: recurring recur
margin: margin profit marge sood contribution
product: product item sku stock description article artikel urun kala merchandise goods variant
plan: plan tier tariff package edition level paket pakket tarife tarh bundle
reason: reason cause why motive rationale reden neden sebep dalil driver
comment: comment note text feedback remark verbatim body opmerking toelichting yorum aciklama tozih explanation
country: country nation land ulke keshvar geo territory market
industry: sic naics industry sector vertical branche sektor sanat
segment: segment class klasse group tier
size: size employees staff headcount fte band grootte buyukluk andaze
source: source channel hear heard referral acquisition origin utm medium lead herkomst kaynak kanal manba
source: referrer attribution firsttouch came werbekanal aufmerksam
channel: channel kanal medium via
owner: owner manager advisor adviser csm agent rep sorumlu beheerder responsible
priority: priority severity urgency importance prioriteit oncelik olaviat aciliyet urgentie criticality
kind: kind type category class topic soort categorie tur kategori noe
stage: stage
won: won gewonnen gagne ganado vinto
open: open
start: open
status: statut statuts situacao situacion stato estado estatus situation
status: status state stage durum toestand vaziat
score: score rating mark grade stars points recommend recommendation likelihood likely puan emtiaz
score: beoordeling waardering cijfer
satisfaction: satisfaction csat happiness tevredenheid memnuniyet rezayat
feature: feature function module functie ozellik vijegi component capability screen page
name: name naam ad adi isim nam title label full display
flag: is has flag was
auto: auto automatic automatically autorenew otomatik automatisch
success: succeeded success successful captured approved collected basarili geslaagd
failure: failure failed reject rejected decline declined error rejet rejets rejection impaye insoluto
method: method gateway wijze yontem
card: card kaart kart
direction: direction inbound outbound yon richting
campaign: campaign kampanya campagne
role: role job function position rol gorev
instrument: instrument survey
arm: control arm variant group bucket cell
cost: cost expense kosten maliyet hazine cac
outcome: outcome result disposition
return: terugbetaald erstattet zuruckerstattet rimborsato rimborso rembourse reembolsado zwrot aterbetalt
return: return refund returned iade retour creditnote creditnotes creditmemo creditmemos gutschrift avoir avoirs
return: creditnota creditfactuur erstattung storno stornorechnung reembolso devolucion remboursement
parent: parent hq ultimate
exclude: exclusion exclude excluded internal deleted
preferred: preferred preference preferences favourite favorite voorkeur tercih
hours: hour hours hrs uur
minutes: minute minutes min mins minuten
seconds: second seconds sec secs
region: region province county city town provinz bundesland stadt wohnort provincia ciudad provincie plaats stad
region: billingstate mailingstate shippingstate shipstate
region: ort regione citta ville commune sehir bolge ostan shahr cidade miasto wojewodztwo mesto
grant: granted given grant accepted opt opted
withdraw: withdrawn withdrawal revoked withdraw optout optedout unsubscribe unsubscribed unsubscribes
email: email mail
phone: phone mobile tel telephone
seats: seats seat headcount
customer: cliente kundin konto tenants policyholder insured holder accountholder donor constituent supporter reader
customer: debitor inquilino assinante utente socia partner
subscription: mandat mandats mandate mandates mandato mandati
subscription: vertrag abo suscripcion abonelik contrat contrato assinatura apolice police polizze
ticket: anfrage meldung incidencia demande claim claims
event: nutzung usage uso utilisation evento aktivitat
cancel: deactivation cancelamento cancelacao churned notificado encerramento disdetta recesso
cancel: inactive attrited kundigung kuendigung gekundigt gekuendigt resiliation baja cancelacion
order: bestellung commande pedido venta vente verkauf
invoice: rechnung facture factura facturen document beleg belge
charge: zahlung paiement pago incasso einzug lastschrift
charge: prelevement prelevements lastschriften einzuge domiciliacion adeudo addebito
start: issued beginn debut inicio inception activation inizio
end: revoked ende fin stop termino fim fine scadenza
create: angelegt erstellt cree creado emissao emision emissione emission cadastro
signup: cadastro contact alta provisioned anmeldung inscription sinds seit depuis
close: geschlossen ferme cerrado
resolve: reached cleared settled achieved fix erledigt gelost resolu resuelto ttr
respond: antwort ack acknowledged acknowledgement frt reaktion reponse respuesta
open: eingang ouvert abierto
date: fecha tag am data datas mes mese month monat mois maand manad miesiac yyyymm yrmo yearmo abrechnungsmonat
date: leistungsmonat
id: lfd key
trial: trialing test testphase prueba essai
reason: grund motif motivo
comment: bemerkung kommentar commentaire comentario remark
country: staat pays pais location
industry: sparte secteur
quantity: anzahl menge quantite cantidad
amount: valor premium premie pramie
amount: amt betrag montant importe val beitrag cuota cotisation netto brutto
price: prix precio preis
due: echeance faellig faelligkeit vencimiento
product: produkt produit producto sku articulo artikel
plan: tarif sku formule plano piano
priority: prio sev impact prioritat priorite prioridad
kind: art classification thema themen onderwerp sujet tema asunto
score: bewertung nota
satisfaction: zufriedenheit
feature: funktion fonction
source: quelle origen
period: zahlweise periodicite periodicidad
currency: currency valuta usd eur gbp try dollar euro irr kr sek nok dkk chf pln czk huf ron
"""


@cache
def meanings() -> dict[str, frozenset[str]]:
    """Return each known word with its meanings.

    >>> sorted(meanings()["klant"])
    ['customer']
    """
    found: dict[str, set[str]] = {}
    lines = MEANINGS.strip().splitlines() + "".join(LANGUAGES.values()).strip().splitlines()
    for line in filter(None, lines):
        meaning, words = line.split(": ")
        for word in [meaning, *words.split()]:
            found.setdefault(word, set()).add(meaning)
    return {word: frozenset(several) for word, several in found.items()}
