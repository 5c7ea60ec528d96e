"""
Exchanges: currency that was bought or sold in Brazil's Open Finance network, and what became of the contract.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class ExchangeOperationType(OpenEnum):
    """
    What the user does with the foreign currency.
    """

    COMPRA = "COMPRA"
    """Buys it."""

    VENDA = "VENDA"
    """Sells it."""


class ExchangeSettlementMethod(OpenEnum):
    """
    How foreign currency changes hands, in the words of Brazil's central bank.
    """

    CONTA_DEPOSITO_MOEDA_ESTRANGEIRA_PAIS = "CONTA_DEPOSITO_MOEDA_ESTRANGEIRA_PAIS"
    CONTA_DEPOSITO_OU_PAGAMENTO_EXPORTADOR_INSTITUICAO_EXTERIOR = (
        "CONTA_DEPOSITO_OU_PAGAMENTO_EXPORTADOR_INSTITUICAO_EXTERIOR"
    )
    ESPECIE_CHEQUES_VIAGEM = "ESPECIE_CHEQUES_VIAGEM"
    CARTAO_PREPAGO = "CARTAO_PREPAGO"
    TELETRANSMISSAO = "TELETRANSMISSAO"
    SEM_MOVIMENTACAO_VALORES = "SEM_MOVIMENTACAO_VALORES"
    DEMAIS = "DEMAIS"
    CARTA_CREDITO_A_VISTA = "CARTA_CREDITO_A_VISTA"
    CARTA_CREDITO_A_PRAZO = "CARTA_CREDITO_A_PRAZO"
    CONTA_DEPOSITO = "CONTA_DEPOSITO"
    CHEQUE = "CHEQUE"
    TITULOS_VALORES = "TITULOS_VALORES"
    SIMBOLICA = "SIMBOLICA"
    CONTA_DEPOSITO_EXPORTADOR_MANTIDA_NO_EXTERIOR = "CONTA_DEPOSITO_EXPORTADOR_MANTIDA_NO_EXTERIOR"
    CONVENIO_PAGAMENTOS_E_CREDITOS_RECIPROCOS = "CONVENIO_PAGAMENTOS_E_CREDITOS_RECIPROCOS"
    OUTRO_NAO_MAPEADO_OFB = "OUTRO_NAO_MAPEADO_OFB"


@attrs.frozen(kw_only=True)
class Exchange:
    """
    One contract on foreign currency, as it was agreed.

    All currencies are three letters (ISO 4217).

    Attributes:
        link: `Link.id`.

        operation_identifier: The network's id of the contract.

        operation_number: The central bank's number of it; `None` until it is registered there.

        operation_requested_at: When it was agreed.

        authorized_institution_identifier: The tax number (CNPJ) of who carries it out, without leading zeros.

        intermediary_institution_identifier: The tax number (CNPJ) of who brought it about, without leading zeros.

        operation_due_date: When it is to be settled, changes included.

        local_operation_tax_amount: The rate of exchange; no tax in spite of its name.

        local_operation_tax_currency: The currency that the rate is in.

        local_operation_value_amount: What it is worth in local currency.

        foreign_operation_value_amount: What it is worth in foreign currency.

        operation_outstanding_balance_amount: What is yet to be settled, in foreign currency; may be `None`
            where all is settled within two days.

        tev_amount_amount: The rate with all costs (VET); may be `None` but for small sums that are settled
            within two days.

        local_currency_advance_percentage: How much of the sum was advanced.

        operation_category_code: The central bank's five digits for the purpose.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/exchanges

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    operation_identifier: str | None = None
    operation_number: str | None = None
    operation_type: ExchangeOperationType | None = None
    operation_requested_at: Instant | None = None
    authorized_institution_identifier: int | None = None
    authorized_institution_name: str | None = None
    intermediary_institution_identifier: int | None = None
    intermediary_institution_name: str | None = None
    operation_due_date: date | None = None
    local_operation_tax_amount: Decimal | None = None
    local_operation_tax_currency: str | None = None
    local_operation_value_amount: Decimal | None = None
    local_operation_value_currency: str | None = None
    foreign_operation_value_amount: Decimal | None = None
    foreign_operation_value_currency: str | None = None
    operation_outstanding_balance_amount: Decimal | None = None
    operation_outstanding_balance_currency: str | None = None
    tev_amount_amount: Decimal | None = None
    tev_amount_currency: str | None = None
    local_currency_advance_percentage: Decimal | None = None
    settlement_method: ExchangeSettlementMethod | None = None
    operation_category_code: str | None = None


@attrs.frozen(kw_only=True)
class ExchangeHistory:
    """
    One event in the life of a contract on foreign currency; what it left as it was is `None`.

    All currencies are three letters (ISO 4217).

    Attributes:
        link: `Link.id`.

        exchange_id: `Exchange.id`.

        operation_identifier: The network's id of the contract.

        event_sequence_number: The central bank's number of the event.

        event_type: The central bank's code: 1 agreed, 2 changed, 3 cancelled, 4 settled, 5 the rest written
            off, 6 what was written off restored, 9 an earlier event annulled.

        operation_due_date: When the contract is to be settled, from the event on.

        local_operation_tax_amount: The rate of exchange; no tax in spite of its name.

        local_operation_tax_currency: The currency that the rate is in.

        operation_outstanding_balance_amount: What is yet to be settled, in foreign currency.

        tev_amount_amount: The rate with all costs (VET).

        local_currency_advance_percentage: How much of the sum was advanced.

        operation_category_code: The central bank's five digits for the purpose.

        foreign_partie_relationship_code: The central bank's code for what the user and the other side are to
            each other.

        foreign_partie_name: Who pays or is paid abroad.

        foreign_partie_country_code: As ISO 3166-1 has it, such as `US`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/exchanges

    id: str = always()
    link: str | None = None
    exchange_id: str = always()
    created_at: Instant | None = None
    collected_at: Instant | None = None
    operation_identifier: str | None = None
    event_sequence_number: str | None = None
    event_type: int | None = None
    event_created_at: Instant | None = None
    operation_due_date: date | None = None
    local_operation_tax_amount: Decimal | None = None
    local_operation_tax_currency: str | None = None
    local_operation_value_amount: Decimal | None = None
    local_operation_value_currency: str | None = None
    foreign_operation_value_amount: Decimal | None = None
    foreign_operation_value_currency: str | None = None
    operation_outstanding_balance_amount: Decimal | None = None
    operation_outstanding_balance_currency: str | None = None
    tev_amount_amount: Decimal | None = None
    tev_amount_currency: str | None = None
    local_currency_advance_percentage: Decimal | None = None
    settlement_method: ExchangeSettlementMethod | None = None
    operation_category_code: str | None = None
    foreign_partie_relationship_code: str | None = None
    foreign_partie_name: str | None = None
    foreign_partie_country_code: str | None = None
