"""
The rows of the fiscal and employment families, and the vocabularies that their requests list.
"""

from __future__ import annotations

from typing import Final

from models.specification import NEW, OLD, answer

from belvo_async import models


FISCAL: Final = (
    (models.Invoice, NEW, answer("/api/invoices/")),
    (models.Invoice, OLD, "#/components/schemas/InvoiceDian"),
    (models.InvoiceDetailRetainedTax, OLD, "#/components/schemas/InvoiceDetailRetainedTaxSat"),
    (models.InvoicePayment, OLD, "#/components/schemas/InvoicesPaymentsSat"),
    (models.InvoicePayroll, OLD, "#/components/schemas/InvoicesPayrollSat"),
    (models.InvoiceWarnings, OLD, "#/components/schemas/InvoiceWarningsSat"),
    (models.ChileInvoice, NEW, answer("/api/cl/invoices/")),
    (models.TaxStatus, NEW, answer("/api/tax-status/")),
    (models.TaxStatus, OLD, "#/components/schemas/TaxStatusSat"),
    (models.TaxStatus, OLD, "#/components/schemas/TaxStatusDian"),
    (models.TaxComplianceStatus, NEW, answer("/api/tax-compliance-status/")),
    (models.TaxComplianceStatus, OLD, "#/components/schemas/TaxComplianceStatus"),
    (models.TaxRetention, NEW, answer("/api/tax-retentions/")),
    (models.TaxRetention, OLD, "#/components/schemas/TaxRetentions"),
    (models.TaxDeclaration, OLD, "#/components/schemas/TaxDeclarationIndividual"),
    (models.TaxDeclaration, OLD, "#/components/schemas/TaxDeclarationBusiness"),
    (models.FinancialStatement, NEW, answer("/api/financial-statements/")),
    (models.DebtReport, NEW, answer("/api/cl/debt-reports/")),
    (models.EmploymentRecord, NEW, answer("/api/employment-records/")),
    (models.EmploymentRecord, OLD, "#/components/schemas/EmploymentRecord"),
    (models.Employment, NEW, answer("/api/br/employments/")),
    (models.CurrentEmployment, NEW, answer("/api/mx/current-employments/")),
    (models.EmploymentMetric, NEW, answer("/api/employment-metrics/")),
)

FISCAL_APART: Final = (
    # The two versions contradict each other, an example of Chile shows a day that is none, and nobody says what is
    # in a section of a tax return: see `test_fiscal`.
    (models.Invoice, OLD, "#/components/schemas/InvoiceWithIdSat"),
    (models.ChileTaxStatus, NEW, answer("/api/cl/tax-status/")),
    *(
        (models.TaxReturn, version, f"#/components/schemas/TaxReturn{shape}")
        for version in (NEW, OLD)
        for shape in ("Personal", "PersonalMonthly", "Business", "BusinessMonthly")
    ),
)

FISCAL_VOCABULARIES: Final = (
    (models.InvoicePaymentMethod, OLD, "#/components/schemas/EnumInvoiceSatPaymentMethod"),
)

FISCAL_SHOWN: Final = {
    models.ChileInvoice: ("sale_invoice_details", "invoice_identification"),
    models.ChileInvoiceSalesDetails: ("vat_amount",),
}
