"""
Tax returns: what a taxpayer in Mexico declared, for a year or a month, as a person or a business.

One class serves the four shapes that Belvo documents, which come from one endpoint and carry no mark of which
is which. What a shape does not have is `None`.

Belvo names the sections of a tax return and leaves open what is in them: the tax office's own form decides,
which differs from year to year. A section is the JSON object as it was sent, with Spanish keys.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from belvo_async.models._fields import Instant, always


Section: TypeAlias = dict[str, Any]
"""
A JSON object of any content.

A dictionary has no hash and a tax return has one: it is compared with its sections and hashed without them.
"""


@attrs.frozen(kw_only=True)
class TaxReturn:
    """
    One tax return.

    Attributes:
        link: Only for what a person declares for a year.

        informacion_general: Which year, who, what kind of return. The only section that all shapes have.

        sueldos_salarios: Wages and what was held back from them. From here to `datos_informativos`: what a
            person declares for a year.

        servicios_profesionales: Income from a profession.

        deducciones_personales: What a person may deduct.

        determinacion_impuesto: How the tax comes about.

        retenciones: Taxes that were held back.

        pdf: The document itself, where it was asked for.

        receipt_pdf: The tax office's receipt for it, where it was asked for.

        isr: Income tax that a person pays in advance, for a month.

        iva: VAT that a person pays, for a month.

        type: `monthly` or `annual`; only for what is declared for a month.

        datos_adicionales: From here to `determinacion`: what a business declares for a year.

        estado_resultados: Profit and loss; only before 2022.

        estado_posicion_financiera_balance: The balance sheet; only before 2022.

        conciliacion_entre_resultado_contable_fiscal: From the profit of the books to that which is taxed;
            only before 2022.

        deducciones_autorizadas: What a business may deduct.

        cifras_cierre_ejercicio: Figures at the end of the year.

        determinacion_del_impuesto_sobre_la_renta: How the income tax comes about.

        dividendos_o_utilidades_distribuidos: What was paid out to the owners.

        detalle_pago_r1_isr_personas_morales: How the income tax was paid.

        ingressos: What was earned; only since 2022.

        determinacion: How the tax comes about; only since 2022.

        determinacion_isr: How the income tax of a month comes about. From here on: what a business declares
            for a month.

        detalle_pago_isr: How the income tax of a month was paid.

        determinacion_iva: How the VAT of a month comes about.

        detalle_pago_iva: How the VAT of a month was paid.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-returns

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    informacion_general: Section | None = attrs.field(default=None, hash=False)
    sueldos_salarios: Section | None = attrs.field(default=None, hash=False)
    servicios_profesionales: Section | None = attrs.field(default=None, hash=False)
    deducciones_personales: Section | None = attrs.field(default=None, hash=False)
    determinacion_impuesto: Section | None = attrs.field(default=None, hash=False)
    retenciones: Section | None = attrs.field(default=None, hash=False)
    dividendos: Section | None = attrs.field(default=None, hash=False)
    datos_informativos: Section | None = attrs.field(default=None, hash=False)
    pdf: str | None = None
    receipt_pdf: str | None = None
    isr: Section | None = attrs.field(default=None, hash=False)
    iva: Section | None = attrs.field(default=None, hash=False)
    type: str | None = None
    datos_adicionales: Section | None = attrs.field(default=None, hash=False)
    estado_resultados: Section | None = attrs.field(default=None, hash=False)
    estado_posicion_financiera_balance: Section | None = attrs.field(default=None, hash=False)
    conciliacion_entre_resultado_contable_fiscal: Section | None = attrs.field(default=None, hash=False)
    deducciones_autorizadas: Section | None = attrs.field(default=None, hash=False)
    cifras_cierre_ejercicio: Section | None = attrs.field(default=None, hash=False)
    determinacion_del_impuesto_sobre_la_renta: Section | None = attrs.field(default=None, hash=False)
    dividendos_o_utilidades_distribuidos: Section | None = attrs.field(default=None, hash=False)
    detalle_pago_r1_isr_personas_morales: Section | None = attrs.field(default=None, hash=False)
    ingressos: Section | None = attrs.field(default=None, hash=False)
    determinacion: Section | None = attrs.field(default=None, hash=False)
    determinacion_isr: Section | None = attrs.field(default=None, hash=False)
    detalle_pago_isr: Section | None = attrs.field(default=None, hash=False)
    determinacion_iva: Section | None = attrs.field(default=None, hash=False)
    detalle_pago_iva: Section | None = attrs.field(default=None, hash=False)
