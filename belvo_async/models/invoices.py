"""
Invoices: what a taxpayer billed and was billed, as the tax office has it.

`Invoice` serves Mexico, and Colombia as 1.35.0 documents it: both come from one endpoint. Chile has an
endpoint and a shape of its own.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class InvoiceType(OpenEnum):
    """
    The direction of an invoice, seen from the owner of the link.
    """

    INFLOW = "INFLOW"
    """Received: the owner has to pay."""

    OUTFLOW = "OUTFLOW"
    """Sent: the owner is to be paid."""


class InvoiceInvoiceType(OpenEnum):
    """
    The tax office's word for the kind of an invoice.
    """

    EGRESO = "Egreso"
    INGRESO = "Ingreso"
    NOMINA = "Nómina"
    PAGO = "Pago"
    TRASLADO = "Traslado"
    FACTURA_ELECTRONICA_DE_VENTA = "Factura Electrónica de Venta"  # only 1.35.0, Colombia


class InvoicePaymentMethod(OpenEnum):
    """
    The tax office's code for how an invoice is to be paid.
    """

    PUE = "PUE"
    """At once."""

    PPD = "PPD"
    """Later, or in parts."""

    PIP = "PIP"  # only 1.35.0
    CONTADO = "Contado"  # only 1.35.0, Colombia
    CREDITO = "Crédito"  # only 1.35.0, Colombia


class InvoiceTaxFraudStatus(OpenEnum):
    """
    Whether a taxpayer stands on the list of those that Mexico's tax office suspects of fraud.
    """

    INVESTIGATING = "INVESTIGATING"

    DISMISSED = "DISMISSED"
    """The suspicion was unfounded."""

    CONFIRMED = "CONFIRMED"

    OVERTURNED = "OVERTURNED"
    """It was confirmed at first, and then no more."""

    NO_TAX_FRAUD_STATUS = "NO_TAX_FRAUD_STATUS"
    """Not on the list."""


class InvoicePayrollPeriodicity(OpenEnum):
    """
    How often a wage is paid.
    """

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    TENTH_DAY = "TENTH_DAY"
    FOURTEENTH_DAY = "FOURTEENTH_DAY"
    FIFTEENTH_DAY = "FIFTEENTH_DAY"
    MONTHLY = "MONTHLY"
    BIMONTHLY = "BIMONTHLY"
    PER_TASK = "PER_TASK"
    COMMISSION = "COMMISSION"
    ONE_OFF = "ONE_OFF"
    OTHER_PERIODICITY = "OTHER_PERIODICITY"
    NULL = "null"  # text in the specification; what is not known should come as `None`


class ChileInvoiceStatus(OpenEnum):
    """
    How far an invoice in Chile has come.
    """

    REGISTERED = "REGISTERED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


@attrs.frozen(kw_only=True)
class InvoiceRetainedTax:
    """
    One tax that is held back from what an invoice pays.

    Attributes:
        tax_type: How the tax comes about, in the tax office's words, such as `Tasa`.

        tax: The name of the tax, such as `ISR`.

        tax_percentage: In per cent.
    """

    tax_type: str | None = None
    tax: str | None = None
    tax_percentage: Decimal | None = None
    pre_tax_amount: Decimal | None = None
    tax_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoiceTransferredTax:
    """
    One tax that an invoice adds to its price.

    Attributes:
        tax_type: How the tax comes about, in the tax office's words, such as `Tasa`.

        tax: The name of the tax, such as `IVA`.

        tax_percentage: In per cent.
    """

    tax_type: str | None = None
    tax: str | None = None
    tax_percentage: Decimal | None = None
    pre_tax_amount: Decimal | None = None
    tax_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoiceTaxDetails:
    """
    The taxes of an invoice as a whole.
    """

    total_tax_retained: Decimal | None = None
    total_tax_transferred: Decimal | None = None
    retained_taxes: tuple[InvoiceRetainedTax, ...] | None = None
    transferred_taxes: tuple[InvoiceTransferredTax, ...] | None = None


@attrs.frozen(kw_only=True)
class InvoiceSenderDetails:
    """
    Who sent an invoice in Colombia.

    Attributes:
        tax_payer_type: `Persona Jurídica` or `Persona Natural`.

        regimen: The rules of taxation that apply, in the tax office's words.

        tax_scheme: The taxes that are owed, in the tax office's words, such as `01-IVA`.

        country: Where the taxes are paid.
    """

    collected_at: Instant | None = None
    tax_payer_type: str | None = None
    regimen: str | None = None
    tax_scheme: str | None = None
    country: str | None = None
    address: str | None = None
    phone_number: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class InvoiceReceiverDetails:
    """
    Who received an invoice in Colombia.

    Attributes:
        tax_payer_type: `Persona Jurídica` or `Persona Natural`.

        regimen: The rules of taxation that apply, in the tax office's words.

        tax_scheme: The taxes that are owed, in the tax office's words, such as `01-IVA`.

        country: Where the taxes are paid.
    """

    collected_at: Instant | None = None
    tax_payer_type: str | None = None
    regimen: str | None = None
    tax_scheme: str | None = None
    country: str | None = None
    address: str | None = None
    phone_number: str | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class InvoiceDetailRetainedTax:
    """
    One tax that is held back from what an item of an invoice pays.

    Attributes:
        tax_type: How the tax comes about, in the tax office's words, such as `Tasa`.

        tax: The name of the tax, such as `ISR`.

        tax_percentage: In per cent.
    """

    collected_at: Instant | None = None
    tax_type: str | None = None
    tax: str | None = None
    tax_percentage: Decimal | None = None
    retained_tax_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoiceDetailTransferredTax:
    """
    One tax that an item of an invoice adds to its price.

    Attributes:
        tax_type: How the tax comes about, in the tax office's words, such as `Tasa`.

        tax: The name of the tax, such as `IVA`.

        tax_percentage: In per cent.
    """

    collected_at: Instant | None = None
    tax_type: str | None = None
    tax: str | None = None
    tax_percentage: Decimal | None = None
    transferred_tax_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoiceDetail:
    """
    One item of an invoice: a product or a service.

    Attributes:
        product_identification: The tax office's code for the kind of product.

        unit_code: The tax office's code of the unit that is counted.

        tax_subject_code: The tax office's code for whether and how the item is taxed.

        identifier_number: The seller's own number of the product.

        pre_tax_amount: `quantity` times `unit_amount`.

        tax_percentage: In per cent.

        total_amount: With tax.

        tax_type: The name of the tax, in Colombia.
    """

    collected_at: Instant | None = None
    description: str | None = None
    product_identification: str | None = None
    # A whole number in 1.35.0, for Mexico; 1.223.0 has fractions.
    quantity: Decimal | None = None
    unit_code: str | None = None
    unit_description: str | None = None
    unit_amount: Decimal | None = None
    discount: Decimal | None = None
    tax_subject_code: str | None = None
    identifier_number: str | None = None
    pre_tax_amount: Decimal | None = None
    tax_percentage: Decimal | None = None
    tax_amount: Decimal | None = None
    total_amount: Decimal | None = None
    retained_taxes: tuple[InvoiceDetailRetainedTax, ...] | None = None
    transferred_taxes: tuple[InvoiceDetailTransferredTax, ...] | None = None
    tax_type: str | None = None


@attrs.frozen(kw_only=True)
class RelatedInvoice:
    """
    Another invoice that an invoice refers to.

    Attributes:
        relationship_type: The tax office's code for what one is to the other.

        related_invoice_identification: `Invoice.invoice_identification` of the other.
    """

    relationship_type: str | None = None
    related_invoice_identification: str | None = None


@attrs.frozen(kw_only=True)
class InvoicePaymentRelatedDocument:
    """
    One invoice that a payment pays, in full or in part.

    Attributes:
        invoice_identification: `Invoice.invoice_identification` of what is paid.

        partiality_number: Counts the parts in which it is paid, from 1.

        previous_balance: What was owed before the payment.

        outstanding_balance: What is owed after it.
    """

    invoice_identification: str | None = None
    currency: str | None = None
    payment_method: str | None = None
    partiality_number: int | None = None
    previous_balance: Decimal | None = None
    amount_paid: Decimal | None = None
    outstanding_balance: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoicePayment:
    """
    One payment that an invoice is about.

    Attributes:
        payment_type: The tax office's code for what was paid with, such as cash or a card.

        exchange_rate: Of `currency` to Mexican pesos; Belvo sends text.

        operation_number: The tax office's number of the payment.

        beneficiary_rfc: The tax number of who was paid.

        payer_rfc: The tax number of who paid.

        related_documents: The invoices that it pays.
    """

    date: Instant | None = None
    payment_type: str | None = None
    currency: str | None = None
    exchange_rate: str | None = None
    amount: Decimal | None = None
    operation_number: str | None = None
    beneficiary_rfc: str | None = None
    beneficiary_account_number: str | None = None
    payer_rfc: str | None = None
    payer_account_number: str | None = None
    payer_bank_name: str | None = None
    related_documents: tuple[InvoicePaymentRelatedDocument, ...] | None = None


@attrs.frozen(kw_only=True)
class InvoicePayrollEarningsBreakdown:
    """
    One part of what an employee earned.

    Attributes:
        type: What it was paid for, in Belvo's words, such as `CHRISTMAS_BONUS`.

        vat_free_amount: What of it is not taxed.
    """

    type: str | None = None
    taxable_amount: Decimal | None = None
    vat_free_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoicePayrollTaxDeduction:
    """
    One part that was taken off an employee's wage.

    Attributes:
        type: What it was taken off for, in Belvo's words, such as `UNION_FEES`.
    """

    type: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoicePayrollOtherPayment:
    """
    One thing besides the wage that an employee was paid.

    Attributes:
        type: What it was paid for, in Belvo's words, such as `EMPLOYMENT_SUBSIDY`.
    """

    type: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvoicePayroll:
    """
    What only payrolls have: the wage that an invoice of the type `Nómina` is about.

    Attributes:
        days: How many days were paid.

        type: The tax office's code for whether the wage is an ordinary one.

        version: Of the form that the tax office prescribes for payrolls.

        date_from: The first day that was paid.

        date_to: The last day that was paid.
    """

    days: int | None = None
    type: str | None = None
    amount: Decimal | None = None
    version: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    collected_at: Instant | None = None
    payment_date: date | None = None
    periodicity: InvoicePayrollPeriodicity | None = None
    # The specification lets the entries of these lists be null.
    earnings_breakdown: tuple[InvoicePayrollEarningsBreakdown | None, ...] | None = None
    tax_deductions: tuple[InvoicePayrollTaxDeduction | None, ...] | None = None
    other_payments: tuple[InvoicePayrollOtherPayment | None, ...] | None = None


@attrs.frozen(kw_only=True)
class InvoiceWarnings:
    """
    Why an invoice may lack something.

    Attributes:
        code: `sat_xml_limit_reached` or `sat_service_unavailable`.
    """

    code: str | None = None
    message: str | None = None


@attrs.frozen(kw_only=True)
class Invoice:
    """
    An invoice in Mexico, or in Colombia.

    Attributes:
        invoice_identification: The id of the invoice at the tax office, by which lists can be filtered.
        status: In the tax office's words: `Vigente`, `Cancelado`, in Colombia also `Aprobado`.

        invoice_type: What it is for.

        type: Whether the owner of the link sent or received it.

        sender_id: The sender's tax number.

        sender_fiscal_regime: The tax office's code for the rules that the sender is taxed by.

        receiver_id: The receiver's tax number.

        receiver_fiscal_regime: The tax office's code for the rules that the receiver is taxed by.

        cancelation_status: How far its cancellation has come.

        certification_authority: The tax number of who certified it.

        payment_type: The tax office's code for what is paid with, such as cash or a card.

        payment_method: Whether it is paid at once.

        usage: The tax office's code for what the receiver uses the purchase for.

        version: Of the form that the tax office prescribes for invoices.

        place_of_issue: A postal code.

        currency: Three letters (ISO 4217).

        subtotal_amount: Before tax and discount.

        total_amount: What is to be paid.

        payments: Only for invoices that acknowledge payments.

        payroll: Only for payrolls.

        folio: The sender's own number of the invoice.

        series: The sender's own name for a group of invoices.

        export_type: The tax office's code for whether goods leave the country.

        xml: The document itself, where it was asked for.

        sender_blacklist_status: Use `sender_tax_fraud_status` in its place.

        receiver_blacklist_status: Use `receiver_tax_fraud_status` in its place.

        expiration_date: When it is to be paid; only in Colombia.

        sender_details: Only in Colombia.

        receiver_details: Only in Colombia.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/invoices

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    invoice_identification: str | None = None
    invoice_date: date | None = None
    status: str | None = None
    invoice_type: InvoiceInvoiceType | None = None
    type: InvoiceType | None = None
    tax_details: InvoiceTaxDetails | None = None
    sender_id: str | None = None
    sender_fiscal_regime: str | None = None
    sender_name: str | None = None
    sender_tax_fraud_status: InvoiceTaxFraudStatus | None = None
    receiver_id: str | None = None
    receiver_postal_code: str | None = None
    receiver_fiscal_regime: str | None = None
    receiver_name: str | None = None
    receiver_tax_fraud_status: InvoiceTaxFraudStatus | None = None
    cancelation_status: str | None = None
    cancelation_update_date: date | None = None
    certification_date: date | None = None
    certification_authority: str | None = None
    payment_type: str | None = None
    payment_type_description: str | None = None  # deprecated by Belvo
    payment_method: InvoicePaymentMethod | None = None
    payment_method_description: str | None = None  # deprecated by Belvo
    usage: str | None = None
    version: str | None = None
    place_of_issue: str | None = None
    invoice_details: tuple[InvoiceDetail, ...] | None = None
    currency: str | None = None
    subtotal_amount: Decimal | None = None
    exchange_rate: Decimal | None = None
    tax_amount: Decimal | None = None
    discount_amount: Decimal | None = None
    total_amount: Decimal | None = None
    related_invoices: tuple[RelatedInvoice, ...] | None = None
    payments: tuple[InvoicePayment, ...] | None = None
    payroll: InvoicePayroll | None = None
    folio: str | None = None
    series: str | None = None
    export_type: str | None = None
    xml: str | None = None
    warnings: InvoiceWarnings | None = None
    sender_blacklist_status: str | None = None  # deprecated by Belvo
    receiver_blacklist_status: str | None = None  # deprecated by Belvo
    # The rest is in 1.35.0 only.
    expiration_date: date | None = None
    sender_details: InvoiceSenderDetails | None = None
    receiver_details: InvoiceReceiverDetails | None = None


@attrs.frozen(kw_only=True)
class ChileInvoicePurchaseDetails:
    """
    What only an invoice in Chile has that the owner of the link received.

    Attributes:
        vat_refundable_amount: What of the VAT the buyer may claim back.

        vat_non_refundable_code: The tax office's code for why the rest cannot be claimed back.

        net_amount_fixed_assets: The price, without VAT, of what becomes a fixed asset.

        vat_common_use: The VAT on what serves both taxed and tax-free business.

        tax_non_credit_amount: The taxes that cannot be claimed back.

        vat_non_withheld: What of the VAT the buyer did not hold back.

        tax_exempt_amount: What of the price is free of VAT.

        credit_or_debit_note_on_purchase: Whether a credit or debit note belongs to the invoice.

        additional_tax_rate: Belvo sends text.
    """

    vat_refundable_amount: Decimal | None = None
    vat_non_refundable_amount: Decimal | None = None
    vat_non_refundable_code: int | None = None
    net_amount_fixed_assets: Decimal | None = None
    vat_fixed_assets: Decimal | None = None
    vat_common_use: Decimal | None = None
    tax_non_credit_amount: Decimal | None = None
    vat_non_withheld: Decimal | None = None
    tax_exempt_amount: Decimal | None = None
    credit_or_debit_note_on_purchase: bool | None = None
    tax_cigarettes_amount: Decimal | None = None
    tax_cigar_amount: Decimal | None = None
    tax_processed_tobacco_amount: Decimal | None = None
    additional_tax_amount: Decimal | None = None
    additional_tax_rate: str | None = None
    additional_tax_code: int | None = None


@attrs.frozen(kw_only=True)
class ChileInvoiceSalesDetails:
    """
    What only an invoice in Chile has that the owner of the link sent.

    Attributes:
        construction_sector_tax_credit: What a builder may set off against tax.

        tax_free_trade_zone_amount: The tax on business in a free-trade zone.

        container_deposit_guarantee: What was paid as a deposit on containers.

        is_free_of_charge: Whether nothing was charged, as for samples.

        periodic_billing_type: Whether the service recurs.

        total_amount_for_period: Of all invoices for a service that recurs.

        branch_code: The tax office's code of the seller's branch.

        tax_exempt_amount: What of the price is free of VAT.

        credit_or_debit_note_on_purchase: Whether a credit or debit note belongs to the invoice.

        additional_tax_rate: Belvo sends text.

        vat_sales: The VAT on what the seller sold for itself.

        vat_third_party: The VAT on what the seller sold for others.

        vat_past_due: The VAT that is declared late.

        invoice_settlement_sender_id: The tax number of who settles the invoice for the seller.

        reference_document_type: The kind of document that the invoice refers to.

        reference_document_folio: The number of that document.
    """

    construction_sector_tax_credit: Decimal | None = None
    tax_free_trade_zone_amount: Decimal | None = None
    container_deposit_guarantee: Decimal | None = None
    is_free_of_charge: bool | None = None
    periodic_billing_type: bool | None = None
    non_billable_amount: Decimal | None = None
    total_amount_for_period: Decimal | None = None
    domestic_transportation_amount: Decimal | None = None
    international_transportation_amount: Decimal | None = None
    branch_code: int | None = None
    tax_exempt_amount: Decimal | None = None
    credit_or_debit_note_on_purchase: bool | None = None
    additional_tax_code: int | None = None
    additional_tax_rate: str | None = None
    additional_tax_amount: Decimal | None = None
    vat_total_withheld: Decimal | None = None
    vat_partially_withheld: Decimal | None = None
    vat_non_withheld: Decimal | None = None
    vat_sales: Decimal | None = None
    vat_third_party: Decimal | None = None
    vat_past_due: Decimal | None = None
    invoice_settlement_sender_id: str | None = None
    invoice_settlement_net_commission: Decimal | None = None
    invoice_settlement_exempt_commission: Decimal | None = None
    invoice_settlement_vat_commission: Decimal | None = None
    reference_document_type: str | None = None
    reference_document_folio: str | None = None
    foreign_recipient_id: str | None = None
    foreign_recipient_nationality: str | None = None
    vat_amount: Decimal | None = None  # not in the schema, only in its examples


@attrs.frozen(kw_only=True)
class ChileInvoiceSummaryDetails:
    """
    A month of receipts in Chile, which come as one invoice for all of them.

    Attributes:
        month: As `YYYY-MM`.

        updated_at: When a receipt was last added.

        total_documents: How many receipts there are.

        tax_exempt_amount: What of their sum is free of VAT.
    """

    month: str | None = None
    updated_at: Instant | None = None
    total_documents: int | None = None
    tax_exempt_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class ChileInvoice:
    """
    An invoice in Chile.

    Attributes:
        total_amount: With VAT and all other taxes.

        currency: Three letters (ISO 4217).

        acknowledged_at: When its receiver confirmed to have got it.

        claim_date: When it was disputed.

        document_code: The tax office's code for the kind of document, such as a credit note.

        category: In the tax office's words.

        folio: The tax office's number of the invoice.

        sender_id: The sender's tax number.

        receiver_id: The receiver's tax number.

        type: Whether the owner of the link sent or received it.

        purchase_invoice_details: Only for what was received.

        sales_invoice_details: Only for what was sent.

        summary_invoice_details: Only for receipts.

        sale_invoice_details: What `sales_invoice_details` holds, under the name that Belvo's examples
            have for it: look at both.

        invoice_identification: The id of the invoice at the tax office, by which lists can be filtered.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/invoices-chile

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    total_amount: Decimal | None = None
    net_amount: Decimal | None = None
    vat_amount: Decimal | None = None
    currency: str | None = None
    issue_date: date | None = None
    received_at: Instant | None = None
    acknowledged_at: Instant | None = None
    claim_date: date | None = None
    status: ChileInvoiceStatus | None = None
    document_code: int | None = None
    category: str | None = None
    folio: str | None = None
    sender_id: str | None = None
    sender_name: str | None = None
    receiver_id: str | None = None
    receiver_name: str | None = None
    type: InvoiceType | None = None
    purchase_invoice_details: ChileInvoicePurchaseDetails | None = None
    sales_invoice_details: ChileInvoiceSalesDetails | None = None
    summary_invoice_details: ChileInvoiceSummaryDetails | None = None
    # The next two are not in the schema, only in its examples.
    sale_invoice_details: ChileInvoiceSalesDetails | None = None
    invoice_identification: str | None = None
