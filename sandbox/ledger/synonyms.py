"""What ledgers call their columns, Dutch and English, from the surest name (rank 0) to the vaguest."""

# Names are compared without case, accents, spaces and signs: "Factuur nr." is "factuurnr".
# A vague name counts only where no surer one stands in the same header.
REQUIRED = ("customer", "invoice", "issued", "due", "paid", "amount")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "customer": (
        (
            "customerid customernumber customerno customernr customercode custid custno custnumber custnr clientid "
            "clientnumber clientno clientcode debtorid debtornumber debtorno debtornr debtorcode  "
            "buyerid klantid klantnummer klantnr klantcode debiteurid debiteurnummer debiteurnr debiteurennummer "
            "debiteurennr debiteurcode debiteurencode relatienummer relatienr relatiecode relatieid afnemernummer"
        ),
        "customer klant debiteur debtor client relatie afnemer account buyer cust deb accountnumber accountid",
        "customername klantnaam debiteurnaam debiteurennaam namecustomer clientname debtorname bedrijfsnaam",
    ),
    "invoice": (
        (
            "invoiceid invoicenumber invoiceno invoicenr invoicenum invoicecode factuurnummer factuurnr factuurid "
            "factuurcode factnr factuurno billnumber billno billid inv invno invnr invnumber invid"
        ),
        (
            "invoice factuur bill documentnumber documentno documentid docnumber docno docid docnr boekstuknummer "
            "boekstuknr stuknummer"
        ),
        "reference referentie number nummer nr id kenmerk",
    ),
    "issued": (
        (
            "invoicedate invoicedon invoiceddate factuurdatum factuurdat factdatum factdat datumfactuur dateofinvoice "
            "issuedate issueddate issuedon dateissued dateinvoiced billdate billingdate invdate datuminvoice"
        ),
        (
            "documentdate docdate documentcreatedate boekstukdatum stukdatum issued uitgiftedatum datumuitgifte "
            "verzenddatum"
        ),
        "postingdate boekdatum boekingsdatum date datum createdate creationdate createdat createdon",
        "baselinecreatedate baselinedate",
    ),
    "due": (
        (
            "duedate dueon dueindate datedue paymentduedate invoiceduedate netduedate vervaldatum vervaldag vervaldat "
            "datumverval vervaltop factuurvervaldatum uiterstebetaaldatum betaaldatumuiterlijk tebetalenvoor betalenvoor "
            "uiterlijkebetaaldatum"
        ),
        "due duein payby paybefore maturitydate maturity expirydate expirationdate verval vervalt",
    ),
    "paid": (
        (
            "paymentdate paymentdt paiddate paidon datepaid dateofpayment settleddate settledon settlementdate cleardate "
            "cleareddate clearingdate betaaldatum betaaldat betaaldop betaaldatumwerkelijk datumbetaald datumbetaling "
            "betalingsdatum betaaldedatum ontvangstdatum datumontvangst ontvangenop voldaanop datumvoldaan "
            "paymentreceiveddate receiveddate receivedon datereceived afletterdatum invoicepaiddate paidat"
        ),
        "closeddate closedon cleared settled paid betaald voldaan payment betaling ontvangen",
    ),
    "amount": (
        (
            "invoiceamount invoicetotal invoicevalue factuurbedrag factuurtotaal factuurwaarde amountincl "
            "amountinclvat amountincludingvat bedragincl bedraginclbtw bedraginclusiefbtw totaalinclbtw totaalincl "
            "totalincl totalinclvat totaalbedrag totalamount grossamount brutobedrag totalopenamount invoiceamt invamount "
            "invamt amountgross"
        ),
        "amount bedrag amt total totaal gross bruto",
        "value waarde sum som amountdue openamount openstaand openstaandbedrag saldo balance",
    ),
    "currency": (
        "currency currencycode invoicecurrency factuurvaluta valuta valutacode munt muntsoort munteenheid curr cur",
    ),
    "disputed": (
        "disputed indispute isdisputed dispute betwist isbetwist indispuut dispuut geschil disputeflag",
    ),
    "disputed_on": ("disputedate disputedon disputeddate dateofdispute betwistop datumbetwist dispuutdatum",),
    "name": (
        (
            "customername custname namecustomer clientname debtorname accountname companyname klantnaam debiteurnaam "
            "debiteurennaam relatienaam afnemernaam bedrijfsnaam naamklant naamdebiteur handelsnaam"
        ),
        "name naam company bedrijf customer klant debiteur debtor client relatie organisation organization",
    ),
    "email": (
        (
            "email emailaddress mail mailaddress emailadres mailadres customeremail klantemail contactemail emailfactuur "
            "factuuremail invoiceemail"
        ),
    ),
    "mobile": (
        "mobile mobilephone mobilenumber mobiel mobielnummer mobieletelefoon gsm gsmnummer cell cellphone 06nummer",
    ),
    "phone": (
        "phone phonenumber telephone telephonenumber telefoon telefoonnummer telnr telefoonnr tel telno landline",
    ),
    "country": ("country countryiso landcode land countrycode iso2 customercountry landiso",),
    "language": ("language languagecode lang taal taalcode customerlanguage",),
    "kind": ("kind customerkind customertype klanttype klantsoort soortklant debiteurtype b2b typeklant",),
    "order_reference": (
        (
            "orderreference orderref ordernumber orderno orderid ponumber po pono purchaseorder ordernummer ordernr "
            "inkooporder inkoopordernummer bestelnummer"
        ),
    ),
    "payment_reference": (
        (
            "paymentreference paymentref betalingskenmerk betaalkenmerk betalingsreferentie betaalreferentie "
            "structuredreference remittancereference"
        ),
    ),
    "street": (
        "street streetaddress address addressline1 address1 straat straatnaam adres adresregel1 straathuisnummer",
    ),
    "postal_code": ("postalcode postcode zip zipcode zippostalcode",),
    "city": ("city town plaats woonplaats stad plaatsnaam",),
}
