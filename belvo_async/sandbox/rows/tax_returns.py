"""
Tax returns of Mexico: months that bring the year about, of persons and of companies.

Belvo leaves open what is in the sections; their members here are those of the tax office's forms. Amounts are
whole pesos, as on the forms.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import DAY_BITS, DAY_MASK, identity
from belvo_async.sandbox.periods import MONTHLY, month_due, year_due
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws, share
from belvo_async.sandbox.rows.financial_statements import balance_sheet, income_statement, year_of
from belvo_async.sandbox.rows.papers import pdf
from belvo_async.sandbox.rows.people import rfc, some_company, taxpayer
from belvo_async.sandbox.rows.taxes import MONTHS
from belvo_async.sandbox.users import Dataset


VAT: Final = 160
WITHHELD: Final = 20
"""Thousandths of what is earned: VAT, and what customers withhold."""

RATES: Final = {False: 200, True: 300}
"""Thousandths of a profit that are income tax, of persons and of companies."""

SHORT_FORM: Final = 2022
"""Since this year companies leave out their books."""

DEDUCTIBLE: Final = (
    "honorarios_medicos_dentales_hospitalarios",
    "donativos",
    "aportaciones_voluntarias_complementarias_al_sar",
    "primas_por_seguros_de_gasto_medico",
)
"""What persons may deduct."""

BANK: Final = "BANCO DEL CENTRO"


@attrs.frozen
class Month:
    """
    A month with what came before it in its year, in pesos.

    Attributes:
        earned: In this month, with `spent` and `withheld`.

        earned_before: In the months before, with `spent_before` and `withheld_before`.

        paid_before: Advances on income tax for the months before.

        due: The advance for this month.
    """

    earned: int
    spent: int
    withheld: int
    earned_before: int
    spent_before: int
    withheld_before: int
    paid_before: int
    base: int
    tax: int
    due: int


def months_of(access: Access, year: int, rate: int) -> list[Month]:
    """
    Return the months of a *year*, of which *rate* thousandths of the profit are tax.
    """
    is_losing = access.persona.dataset is Dataset.NEGATIVE
    months: list[Month] = []
    earned_before = spent_before = withheld_before = paid = 0
    for number in range(12):
        draws = Draws(access, "tax month", year * 12 + number)
        earned = draws.amount(2_000_000, 12_000_000) // 100
        spent = share(earned, draws.between(1000, 1300) if is_losing else draws.between(300, 900))
        withheld = share(earned, WITHHELD)
        base = max(earned_before + earned - spent_before - spent, 0)
        tax = share(base, rate)
        due = max(tax - paid - withheld_before - withheld, 0)
        months.append(
            Month(earned, spent, withheld, earned_before, spent_before, withheld_before, paid, base, tax, due)
        )
        earned_before, spent_before = earned_before + earned, spent_before + spent
        withheld_before, paid = withheld_before + withheld, paid + due
    return months


def return_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/tax-returns/`.
    """
    which = identity(number)
    day = date.fromordinal(which & DAY_MASK)
    is_monthly = which >> DAY_BITS == MONTHLY
    company = taxpayer(access).company is not None
    months = months_of(access, day.year, RATES[company])
    if is_monthly:
        shape = _company_month if company else _person_month
        sections = {**shape(months[day.month - 1]), "type": "monthly"}
    elif company:
        sections = _company_year(access, day.year, months)
    else:
        sections = {"link": access.id, **_person_year(access, day.year, months)}
    period = MONTHS[day.month - 1].capitalize() if is_monthly else "Del Ejercicio"
    title = f"{day.year} {period}"
    return {
        "collected_at": at,
        "created_at": at,
        "informacion_general": _general(
            access, which, period, month_due(day) if is_monthly else year_due(day.year)
        ),
        **sections,
        "pdf": pdf(number, f"Declaración {title}"),
        "receipt_pdf": pdf(number, f"Acuse de recibo {title}"),
    }


def _general(access: Access, which: int, period: str, sent: date) -> Json:
    whose = taxpayer(access)
    return {
        "rfc": whose.id,
        "denominacion_razon_social" if whose.company else "nombre": whose.name,
        "tipo_declaracion": "Normal",
        "tipo_complementaria": None,
        "ejercicio": date.fromordinal(which & DAY_MASK).year,
        "periodo_declaracion": period,
        "fecha_hora_presentacion": f"{sent}T17:28:00-06:00",
        "numero_operacion": Draws(access, "return", which).digits(9),
    }


def _payment(due: int) -> Json:
    return {
        "a_cargo": due,
        "parte_actualizada": 0,
        "recargos": 0,
        "total_contribuciones": due,
        "total_aplicaciones": 0,
        "cantidad_a_cargo": due,
        "cantidad_a_pagar": due,
    }


def _vat(month: Month) -> Json:
    charged, credited = share(month.earned, VAT), share(month.spent, VAT)
    return {
        "actividades_gravadas_tasa_16": month.earned,
        "actividades_gravadas_tasa_0": 0,
        "actividades_exentas": 0,
        "iva_cobrado_periodo_tasa_16": charged,
        "iva_acreditable_periodo": credited,
        "iva_retenido": 0,
        "cantidad_a_cargo": max(charged - credited, 0),
        "impuesto_a_cargo": max(charged - credited, 0),
        "saldo_a_favor": max(credited - charged, 0),
        "impuesto_a_favor": max(credited - charged, 0),
    }


def _person_month(month: Month) -> Json:
    vat = _vat(month)
    return {
        "isr": {
            "tipo": "PFAE",
            "determinacion": {
                "ingresos_periodos_anteriores": month.earned_before,
                "ingresos_periodo": month.earned,
                "total_ingresos": month.earned_before + month.earned,
                "compras_gastos_periodos_anteriores": month.spent_before,
                "compra_gastos_periodo": month.spent,
                "total_compras_gastos": month.spent_before + month.spent,
                "base_gravable_pago_provisional": month.base,
                "isr_causado": month.tax,
                "pagos_provisionales_efectuados_anterioridad": month.paid_before,
                "isr_retenido_periodos_anteriores": month.withheld_before,
                "impuesto_retenido": month.withheld,
                "isr_cargo": month.due,
            },
            "detalle_del_pago": _payment(month.due),
        },
        "iva": {
            "determinacion": vat,
            "detalle_del_pago": {**_payment(vat["cantidad_a_cargo"]), "a_favor": vat["saldo_a_favor"]},
        },
    }


def _company_month(month: Month) -> Json:
    vat = _vat(month)
    return {
        "determinacion_isr": {
            "personas_morales_regimen_general": {
                "suma_ingresos_nominales_meses_anteriores_ejercicio": month.earned_before,
                "ingresos_nominales_mes_que_declara": month.earned,
                "total_ingresos_nominales": month.earned_before + month.earned,
                "utilidad_fiscal_pago_provisional": month.base,
                "base_gravable_pago_provisional": month.base,
                "isr_causado": month.tax,
                "pagos_provisionales_efectuados_anterioridad": month.paid_before,
                "impuesto_retenido": month.withheld_before + month.withheld,
                "impuesto_a_cargo": month.due,
            }
        },
        "detalle_pago_isr": {"r1_isr_personas_morales": _payment(month.due)},
        "determinacion_iva": vat,
        "detalle_pago_iva": {"r21_impuesto_al_valor_agregado": _payment(vat["cantidad_a_cargo"])},
    }


def _settled(tax: int, advances: int, withheld: int) -> Json:
    """
    Return what a year's tax leaves to pay, or to claim back.
    """
    left = tax - advances - withheld
    return {
        "pagos_provisionales": advances,
        "isr_retenido": withheld,
        "isr_cargo": max(left, 0),
        "isr_favorable": max(-left, 0),
    }


def _totals(months: list[Month]) -> tuple[int, int, int, int]:
    last = months[-1]
    return (
        last.earned_before + last.earned,
        last.spent_before + last.spent,
        last.withheld_before + last.withheld,
        last.paid_before + last.due,
    )


def _person_year(access: Access, year: int, months: list[Month]) -> Json:
    draws = Draws(access, "tax year", year)
    earned, spent, withheld, advances = _totals(months)
    profit = max(earned - spent, 0)
    wages = draws.amount(8_000_000, 40_000_000) // 100
    exempt = share(wages, 60)
    from_wages = share(wages - exempt, RATES[False])
    deductions, deducted = _deductions(draws)
    income = wages - exempt + profit
    base = max(income - deducted, 0)
    tax = share(base, RATES[False])
    employer = some_company(draws)
    pay = {"ingreso_anual": wages, "ingresos_exentos": exempt, "subsidio_empleo": 0}
    return {
        "sueldos_salarios": {
            "retenedores": [
                {
                    "rfc_retenedor": rfc(draws, employer),
                    "nombre_denominacion_razon_social": employer.name,
                    **pay,
                }
            ],
            **pay,
            "ingresos_acumulables": wages - exempt,
            "impuesto_retenido": from_wages,
        },
        "servicios_profesionales": {
            "ingresos": {"ingresos_acumulables": earned, "ingresos_exentos": 0, "total_ingresos": earned},
            "deducciones_autorizadas": {
                "detalle_deducciones": [
                    {
                        "tipo_deduccion": "GASTOS",
                        "concepto": "COMPRAS Y GASTOS GENERALES",
                        "monto_detallado": spent,
                    }
                ],
                "total_deducciones_autorizadas": spent,
            },
            "resultado_fiscal": {
                "utilidad_fiscal": profit,
                "perdida_fiscal": max(spent - earned, 0),
                "utilidad_gravable": profit,
            },
            "pagos_provisionales": {"pagos_provisionales_efectuados_en_ejercicio": advances},
            "retenciones_isr": {"isr_retenido_personas_morales": withheld},
        },
        "deducciones_personales": deductions,
        "determinacion_impuesto": {
            "ingresos_acumulables": income,
            "deducciones_personales": deducted,
            "base_gravable": base,
            "isr_conforme_tarifa_final": tax,
            **_settled(tax, advances, withheld + from_wages),
            "num_clabe": draws.digits(18),
            "nombre_banco": BANK,
        },
        "retenciones": {
            "isr_retenido_sueldos_salarios": from_wages,
            "isr_retenido_personas_morales": withheld,
            "total_isr_retenido": withheld + from_wages,
        },
        "dividendos": {"ingresos_acumulables": 0, "isr_pagado": 0},
        "datos_informativos": {"prestamos": 0, "premios": 0, "donativos": 0},
    }


def _deductions(draws: Draws) -> tuple[Json, int]:
    """
    Return what is deducted for personal reasons, and the sum of it.
    """
    deductions: Json = {}
    deducted = 0
    for kind in DEDUCTIBLE:
        amounts = [draws.amount(20_000, 200_000) // 100 for _ in range(draws.between(0, 3))]
        deductions[kind] = [
            {"rfc_emisor": rfc(draws, some_company(draws)), "monto_deducible": amount} for amount in amounts
        ]
        deducted += sum(amounts)
    return deductions, deducted


def _company_year(access: Access, year: int, months: list[Month]) -> Json:
    earned, spent, withheld, advances = _totals(months)
    profit = earned - spent
    tax = share(max(profit, 0), RATES[True])
    settled = _settled(tax, advances, withheld)
    has_books = year < SHORT_FORM
    return {
        "datos_adicionales": {"indica_si_optas_por_dictaminar_tus_estados_financieros": "NO"},
        "estado_resultados": income_statement(year_of(access, year)) if has_books else None,
        "estado_posicion_financiera_balance": balance_sheet(access, year) if has_books else None,
        "conciliacion_entre_resultado_contable_fiscal": {
            "utilidad_o_perdida_neta": profit,
            "ingresos_fiscales_no_contables": 0,
            "deducciones_contables_no_fiscales": 0,
            "utilidad_o_perdida_fiscal": profit,
        }
        if has_books
        else None,
        "deducciones_autorizadas": {
            "compras_y_gastos_generales": spent,
            "total_deducciones_autorizadas": spent,
        },
        "cifras_cierre_ejercicio": {
            "total_ingresos_acumulables": earned,
            "total_deducciones_autorizadas": spent,
            "utilidad_o_perdida_fiscal": profit,
        },
        "determinacion_del_impuesto_sobre_la_renta": {
            "total_ingresos_acumulables": earned,
            "total_deducciones_autorizadas": spent,
            "resultado_fiscal": max(profit, 0),
            "perdida_fiscal": max(-profit, 0),
            "impuesto_causado_en_el_ejercicio": tax,
            **settled,
        },
        "dividendos_o_utilidades_distribuidos": {"total": 0},
        "detalle_pago_r1_isr_personas_morales": _payment(settled["isr_cargo"]),
        "ingressos": None if has_books else {"ingresos_nominales": earned, "total_ingresos": earned},
        "determinacion": None
        if has_books
        else {"resultado_fiscal": max(profit, 0), "impuesto_causado_en_el_ejercicio": tax, **settled},
    }
