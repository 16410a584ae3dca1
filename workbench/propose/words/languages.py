"""How the languages of Europe, and Indonesian, name what exports hold: per language, a meaning and its words.

Words stand without accents, as names are compared. Words of two meanings stand twice.
"""

from __future__ import annotations

LANGUAGES = {
    "German": """
customer: geschaftspartner geschaeftspartner gp vertragspartner versicherungsnehmer besteller mieter patient teilnehmer
customer: debitoren abonnent abonnenten bezieher spender schuler
subscription: vertragskonto liefer lieferung mitgliedschaft versicherung mietvertrag abonnement lizenz wartungsvertrag
order: bestell auftrag auftrage kauf einkauf umsatz buchung aufladung
line: position pos zeile
invoice: rechnungs
id: vertragskonto
start: beginn eintritt lieferbeginn aktivierung vertragsbeginn
end: austritt ablauf lieferende abmeldung vertragsende schluss
signup: anmelde eintritt beitritt registrierung kundeseit erstkontakt
cancel: kundigungs kuendigungs austritt abmelde
amount: gesamt summe umsatz erlos erloes gesamtbetrag rechnungsbetrag abschlag beitrage jahresbeitrag jahrespramie
price: einzel stuckpreis einzelpreis gebuhr entgelt
recurring: abschlag grundgebuhr monatsbeitrag
monthly: monatsbeitrag monatsgebuhr monats monatlicher monatliche
quantity: stuck stueck verbrauch zahlerstand zaehlerstand
event: zahlerstand zaehlerstand zahlerstande zaehlerstaende ablese ablesung ablesungen besuch besuche einwahl
pay: bezahlt zahlungs zahlungseingang
due: fallig fallige faelliges zahlungsziel
period: laufzeit rhythmus zahlungsrhythmus intervall turnus zahlungsweise
renew: verlangerung verlaengerung hauptfalligkeit
return: gutschriften retouren rucksendung ruecksendung
pause: pause pausen pausiert ruhezeit ruhezeiten stilllegung unterbrechung unterbrechungen lieferunterbrechung
pause: lieferunterbrechungen lieferpause lieferpausen urlaubsunterbrechung nachsendung
ticket: anfragen storung beschwerde beschwerden reklamation schaden
survey: umfrage befragung zufriedenheitsumfrage
method: zahlungsart zahlart
phone: telefon handy
name: bezeichnung vorname nachname
due: falligkeit faelligkeit
order: transaktion transaktionen
return: ruckerstattung rueckerstattung
period: zeitraum
""",
    "French": """
customer: adherent adherents assure assures souscripteur acheteur donateur beneficiaire locataire abonnes clientele
subscription: souscription adhesion abonnements bail police polices contrats
order: commandes achat achats panier vente ventes recharge
line: ligne lignes
id: numero matricule identifiant
start: effet debut souscription ouverture activation
end: echeance fin expiration terme
signup: adhesion inscription creation
cancel: resiliation resilie desabonnement annulation rupture depart
amount: prime cotisation total somme encaissement loyer
recurring: cotisation loyer
price: tarif unitaire
monthly: mensuelle mensualite
quantity: qte nombre nb consommation
event: releve releves passage visite connexion
issue: emission
due: exigibilite
period: fractionnement frequence
renew: renouvellement reconduction
return: avoirs retours
pause: suspension suspensions gel gels pause pauses interruption interruptions
start: signature
status: etat
ticket: reclamation reclamations sinistre sinistres tickets
survey: enquete enquetes
method: moyen mode
source: canal
product: designation libelle
cancel: desactivation preavis
amount: forfait
plan: forfait
name: nom prenom
""",
    "Spanish": """
customer: socios abonado abonados tomador asegurado comprador donante alumno inquilino titular usuario usuarios
subscription: poliza polizas suscripciones contratos membresia abonos
order: pedidos compra compras ventas recarga recargas
line: linea lineas
id: numero numeros codigo identificador
start: efecto comienzo activacion
end: finalizacion caducidad termino
signup: alta registro inscripcion creacion
cancel: bajas cancelada cese desactivacion rescision
amount: prima total monto totales cuotas
recurring: cuota
monthly: mensualidad
quantity: cantidades unidades consumo
event: lectura lecturas visita visitas acceso accesos accion acciones
source: fuente
invoice: facturas
pay: cobro pagos abonado
due: vence
period: frecuencia
renew: renovacion
return: devoluciones
pause: congelacion congelaciones pausa pausas pausada pausado suspension suspensiones excedencia
ticket: incidencias reclamacion reclamaciones queja quejas siniestro
survey: encuesta encuestas
method: forma medio
plan: tarifa
product: descripcion
email: correo
name: nombre apellidos
cancel: aviso
order: transaccion transacciones
kind: tipo
phone: telefono
period: periodo
""",
    "Portuguese": """
customer: clientes assinantes aluno alunos comprador segurado doador titular
subscription: assinaturas contratos adesao matricula plano apolices
order: pedidos compra compras vendas venda recarga
line: item itens
id: numero codigo
start: vigencia ativacao adesao inicial
end: encerramento vencimento final desligamento
plan: tarifario
signup: matricula cadastro adesao
cancel: cancelados desativacao rescisao desistencia saida
amount: premio mensalidade total quantia receita faturamento
monthly: mensalidade
recurring: mensalidade
price: unitario
quantity: qtd quantidades
event: acesso acessos leitura leituras visitas
invoice: faturas nota notas boleto
period: periodicidade
pause: trancamento trancamentos pausa pausas suspensao suspensoes congelamento
return: devolucoes
ticket: chamado chamados reclamacao reclamacoes atendimento
survey: pesquisa
method: forma
name: nome
cancel: aviso
price: preco precos
product: produto produtos
quantity: quantidade
order: transacao transacoes
kind: tipo
renew: renovacao
phone: telefone celular
create: criado criacao
period: periodo
source: origem
customer: usuario usuarios
id: documento
""",
    "Italian": """
customer: clienti abbonato abbonati iscritto iscritti socio soci contraente assicurato acquirente donatore inquilino
subscription: abbonamento abbonamenti contratto contratti polizza iscrizione
order: ordine ordini acquisto acquisti vendita vendite ricarica ricariche
line: riga righe
id: numero codice
start: decorrenza attivazione
end: cessazione scade
signup: iscrizione registrazione
cancel: cessazione disattivazione disdette annullamento
amount: importo importi totale premio canone rata fatturato quota quote
recurring: canone rata quota
price: prezzo
monthly: mensili
quantity: quantita consumo
event: accessi accesso lettura letture visite
invoice: fattura fatture
pay: pagamenti incassato
period: frazionamento periodicita
renew: rinnovo
return: reso resi rimborso
pause: sospensione sospensioni congelamento pausa interruzione interruzioni
ticket: segnalazione segnalazioni reclamo reclami
survey: sondaggio
method: modalita metodo
status: stato
name: nome cognome
product: prodotto prodotti descrizione
country: paese
order: transazione transazioni
kind: tipo
phone: telefono cellulare
create: creato creazione
period: periodo
source: origine
trial: prova
""",
    "Dutch": """
customer: abonnee abonnees donateur verzekerde huurder leerling deelnemer
subscription: lidmaatschap polissen polis lidmaatschappen
order: opdracht verkopen aankopen opwaardering
start: begin ingang vanaf van activatie
end: eind afloop
signup: inschrijf aanmeld lidsinds klantsinds
cancel: opzeg beeindiging uitschrijving opzegreden
amount: contributie totaalbedrag premiebedrag omzet
recurring: termijnbedrag contributie
monthly: maandbedrag maandelijkse
event: bezoek bezoeken meterstand meterstanden inlog
quantity: meterstand verbruik
period: looptijd betaalperiode termijnen
pause: bevriezing bevriezingen pauze pauzes onderbreking onderbrekingen bezorgonderbreking bezorgonderbrekingen
pause: gepauzeerd opschorting opschortingen vakantiestop vakantiestops bezorgstop bezorgstops leveringsstop
return: retouren creditnotas
cancel: deactivatie
pay: betaal
order: transactie transacties
method: betaalwijze
phone: telefoon
return: terugbetaling
""",
    "Scandinavian": """
customer: kund kunder kunde medlem medlemmar medlemmer abonnent prenumerant forsikringstager bruker brukere
subscription: prenumeration prenumerationer abonnemang medlemskap avtal avtale aftale kontrakt forsikring forsakring
order: bestallning bestallningar ordre bestilling bestillinger kop salg forsaljning
line: rad linje
id: nummer
start: start startar gyldigfra
end: slut sluttdato ophor utgang utlop
signup: registrerad innmeldt indmeldt skapad oprettet opprettet
cancel: uppsagning uppsagd uppsagningsdatum opsigelse oppsigelse opsagt avslut avslutad avslutning
amount: belopp summa belob belop totalt omsattning kontingent
price: pris styckpris avgift
monthly: manadsavgift manads maned manedlig manatlig
recurring: manadsavgift kontingent
quantity: antal antall forbrukning forbrug
date: datum dato dag
invoice: fakturor fakturaer fakturanr
pay: betalning betald betalt betaling betalningsdatum
due: forfallo forfald forfall
period: periode betalningsperiod
pause: uppehall uppehallen paus frysning pause
reason: orsak arsag
return: retur kreditnota kreditfaktura
ticket: arende arenden sag henvendelse
event: handelse handelser handling inloggning besok
product: produkt vara varor
country: land
plan: abonnemangstyp
start: aktivering
cancel: avaktivering deaktivering
pay: betal
order: transaktion transaktioner transaksjon
method: betalsatt betalingsmetode
name: namn navn
renew: fornyelse
source: kalla kilde
trial: provperiod proveperiode
plan: pakke
return: aterbetalning refusion
""",
    "Polish": """
customer: klient klienci klienta kontrahent kontrahenci kontrahenta nabywca odbiorca abonent abonenta abonenci nip
customer: uzytkownika uzytkownik uzytkownicy czlonek czlonkowie ubezpieczajacy
subscription: umowa umowy abonament abonamenty subskrypcja subskrypcje polisa polisy czlonkostwo
order: zamowienie zamowienia zakup zakupy sprzedaz transakcja transakcje doladowanie doladowania
line: pozycja pozycje
id: numer nr lp nip
start: rozpoczecia rozpoczecie poczatek aktywacji aktywacja zawarcia
end: zakonczenia zakonczenie koniec wygasniecia zamkniecia zamkniecie
start: otwarcia otwarcie
event: operacja operacje operacji
signup: rejestracji rejestracja
create: utworzenia utworzenie zlozenia
cancel: dezaktywacji dezaktywacja rezygnacja rezygnacji wypowiedzenie wypowiedzenia rozwiazania
amount: kwota kwoty wartosc suma skladka razem
recurring: abonamentowa
monthly: miesieczna miesieczny miesiecznie miesiac
price: cena ceny
quantity: ilosc liczba zuzycie
invoice: faktury dokument dokumentu dokumenty rachunek
issue: wystawienia wystawienie
due: terminplatnosci wymagalnosci
pay: platnosc platnosci zaplaty zaplata zaplacono wplata wplaty oplacono
charge: platnosc platnosci wplata wplaty
status: stan
kind: typ rodzaj
reason: powod przyczyna
return: korekta korekty korygowany korygowanego korygujaca zwrot zwroty
pause: zawieszenie zawieszenia zamrozenie
ticket: zgloszenie zgloszenia reklamacja reklamacje
event: zdarzenie zdarzenia logowanie wizyta odczyt odczyty
product: towar towary usluga uslugi
plan: taryfa
country: kraj
industry: branza
name: nazwa imie nazwisko
method: metoda sposob
channel: kanal
amount: oplata oplaty
renew: odnowienie odnowienia
create: utworzono
period: okres
order: sprzedazy
source: zrodlo
trial: probny
""",
    "Czech and Slovak": """
customer: zakaznik zakaznici zakaznika odberatel klient klienti predplatitel
subscription: smlouva smlouvy zmluva predplatne predplatneho clenstvi
order: objednavka objednavky objednavek nakup prodej
id: cislo
start: zacatek zahajeni aktivace platnostod
end: konec ukonceni platnostdo
create: vytvoreni vytvoreno
cancel: vypoved ukonceni zruseni
amount: castka celkem suma
price: cena
monthly: mesicni
quantity: mnozstvi pocet
invoice: faktury doklad dokladu
issue: vystaveni
due: splatnost splatnosti
pay: uhrada uhrady zaplaceno platba platby
status: stav
reason: duvod
return: dobropis vratka
pause: preruseni pozastaveni
kind: druh
product: zbozi vyrobek
cancel: deaktivace
price: poplatek
order: transakce prodeje
method: zpusob
name: nazev jmeno
country: zeme
renew: obnoveni
period: obdobi
source: zdroj
trial: zkusebni
""",
    "Hungarian": """
customer: ugyfel ugyfelek vevo elofizeto tag
subscription: elofizetes szerzodes tagsag
order: rendeles rendelesek vasarlas
id: szam szama azonosito
start: kezdete kezdet kezdo
end: vege lejarat megszunes
cancel: lemondas felmondas
amount: osszeg vegosszeg
price: ar egysegar
monthly: havi
quantity: mennyiseg darab
invoice: szamla szamlak
pay: fizetes fizetve
due: esedekesseg hatarido
status: statusz allapot
reason: oka indok
kind: tipus
end: befejezo befejezes
start: aktivalas
cancel: deaktivalas
date: datuma datum
amount: osszesen dij
period: gyakorisag
monthly: havidij
product: termek
order: tranzakcio eladas
plan: csomag
method: modja
name: nev
country: orszag
renew: megujitas
create: letrehozva
return: visszaterites
period: idoszak
source: forras
trial: probaidoszak
issue: kiallitas
""",
    "Finnish": """
customer: asiakas asiakkaat asiakkaan tilaaja jasen
subscription: tilaus sopimus jasenyys liittyma
order: tilaus tilaukset ostos myynti
id: numero tunnus
start: alku alkaa alkoi alkamis
end: loppu paattyy paattymis
cancel: irtisanominen irtisanottu
date: pvm paiva paivamaara
amount: summa yhteensa
price: hinta
monthly: kuukausi kuukausimaksu
quantity: maara kpl
invoice: lasku laskut
pay: maksu maksettu
due: erapaiva
status: tila
reason: syy
start: aktivointi
cancel: deaktivointi irtisanomis
product: tuote
order: tapahtuma
kind: tyyppi
plan: paketti
method: maksutapa
name: nimi
country: maa
phone: puhelin
create: luotu
return: hyvitys
period: jakso
source: lahde
""",
    "Romanian": """
customer: client clienti abonat abonati
subscription: abonament abonamente
order: comanda comenzi vanzare
id: numar
start: inceput incepere
end: sfarsit expirare
cancel: reziliere anulare
amount: suma valoare
price: pret
quantity: cantitate
status: stare
reason: motiv
start: inceperii activarii
end: incheierii incheiere
cancel: dezactivarii rezilierii
monthly: lunara lunar
product: produs
pay: plata platii platit
due: scadentei scadenta
order: tranzactie tranzactii vanzarii vanzari
name: nume
renew: reinnoire
create: creat
return: rambursare
period: perioada
source: sursa
issue: emiterii
invoice: factura facturi
""",
    "Indonesian": """
customer: pelanggan anggota
subscription: langganan kontrak
order: pesanan penjualan
date: tanggal tgl
amount: jumlah
price: harga
start: mulai
end: selesai berakhir
cancel: batal berhenti
reason: alasan
status: keadaan
id: nomor
start: aktivasi
cancel: nonaktif
amount: biaya
monthly: bulanan
product: produk
quantity: kuantitas
pay: pembayaran bayar
due: jatuh
order: transaksi
kind: jenis
method: metode
name: nama
country: negara
renew: perpanjangan
phone: telepon
create: dibuat
return: pengembalian
source: sumber
issue: terbit
invoice: faktur
plan: paket
""",
    "Turkish": """
customer: musteriler uyeler aboneler abone sigortali
subscription: aboneler uyelikler policeler police
order: siparisler satislar satin yukleme
line: satirlar kalem
id: no numarasi
start: baslangici giris
end: bitisi cikis
cancel: iptali fesih
amount: ucret bedel ciro prim toplami aidat
price: birimfiyat
monthly: ayligi
recurring: aidat
invoice: faturalar belge
pay: odenme odemeler tahsilat
due: sonodeme vadesi
pause: dondurma dondurmalar
ticket: talepler sikayetler
product: urunler
plan: tarifesi
country: ulkesi
start: aktivasyon
cancel: deaktivasyon
order: islem islemler
period: donem donemi
""",
    "English": """
customer: cif policyholders insureds accountholders donors constituents supporters passenger pupil student tenant
customer: shipper consignee debtor payer purchaser purchasers
subscription: policies contracts memberships cover tenancy lease maintenance retainer
order: topup topups recharge gift gifts booking bookings reservation reservations donation donations
order: sales pos appointment appointments consultation consultations rendezvous rdv citas afspraak afspraken
event: appointment appointments consultation consultations rendezvous rdv citas afspraak afspraken termin
event: appuntamenti behandlungen termine wizyty randevu randevular agendamentos tidsbokning tidsbokningar
order: appuntamenti behandlungen termin termine wizyty randevu randevular agendamentos tidsbokning tidsbokningar
agent: stylist therapist practitioner physician dentist groomer tutor mechanic
service: services behandlung dienstleistung prestation servicio servizio behandeling zabieg
start: inception open opened commencement onboard effective
end: lapse
cancel: terminate closedown disenrolled
amount: premium premiums donation cmrr rent dues
recurring: premium dues rent
mrr: cmrr
monthly: pcm
event: reading readings meterreading visit visits attendance checkin checkins swipe
quantity: reading consumption kwh
pause: pause pauses freeze freezes frozen hold holds suspension suspensions holidaystop stop stops vacation
pause: interruption interruptions paused
ticket: claims complaints
name: surname firstname
""",
}

_IN_ENGLISH = """
discount: rabatt remise descuento desconto sconto korting rabat sleva kedvezmeny reducere indirim diskon alennus skonto
discount: alennu disc discnt nachlass dto dcto reduction rebate markdown
tax: steuer impuesto imposto imposta podatek adoszam pajak vergi mwst ust moms btw iva tva kdv dph afa alv
shipping: versand versandkosten livraison envio frete spedizione verzendkosten dostawa doprava szallitas livrare kargo
shipping: frakt fragt toimitus ongkir
net: liquido neto neta nett nettobedrag
commission: comision comissao commissione provision provize prowizja komisyon kommission komisi jutalek
"""
IN_ENGLISH = {word: line.split(": ")[0] for line in _IN_ENGLISH.strip().splitlines() for word in line.split()[1:]}
"""Words of what is added to a sale or taken off it, as they are asked for in English."""
_FROM, _UNTIL = "von ab od du dal desde fran fra vanaf sedert", "bis do au al hasta ate tot met till til"
LAST_WORDS = {**dict.fromkeys(_FROM.split(), "start"), **dict.fromkeys(_UNTIL.split(), "end")}
"""Small words that say from when and until when where they end a name: Datum od, Laufzeit bis."""
