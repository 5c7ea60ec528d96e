"""
Risk insights: figures about a user's accounts, cards, loans and transactions, for lenders.

A figure's name ends in the time that it is about, counted back from the request: `3d` is three days, `1w` a week,
`1m`, `3m`, `6m` and `12m` are months. What an account is too young for is `None`.
"""

from __future__ import annotations

from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always
from belvo_async.models.transactions import TransactionCategory, TransactionSubcategory


@attrs.frozen(kw_only=True)
class RiskInsightsAssetMetrics:
    """
    Figures about checking and savings accounts.

    Attributes:
        institutions: `Institution.name` of each.
    """

    institutions: tuple[str, ...] | None = None
    num_assets_accounts: int | None = None
    num_checking_accounts: int | None = None
    num_savings_accounts: int | None = None
    checking_accounts_balance: Decimal | None = None
    savings_accounts_balance: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsCreditCardMetrics:
    """
    Figures about credit cards.

    Attributes:
        credit_card_limit_utilization: `sum_credit_used` as a fraction of `sum_credit_limit`.
    """

    num_accounts: int | None = None
    sum_credit_limit: Decimal | None = None
    sum_credit_used: Decimal | None = None
    credit_card_limit_utilization: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsLoansMetrics:
    """
    Figures about loans, and about accounts that may be overdrawn.

    Attributes:
        loan_limit_utilization: A fraction.

        overdraft_limit_utilization: A fraction.
    """

    num_accounts: int | None = None
    sum_loans_principal: Decimal | None = None
    sum_loans_outstanding_principal: Decimal | None = None
    sum_loans_monthly_payment: Decimal | None = None
    loan_limit_utilization: Decimal | None = None
    overdraft_limit: Decimal | None = None
    overdraft_limit_utilization: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsBalanceMetrics:
    """
    Figures about the balances of checking and savings accounts.

    `min`, `mean`, `max` and `std` (the standard deviation) are of the daily balances, and so is the trend;
    `days_balance_below` counts the days that ended at most at 0, at the mean or at `balance_threshold_x`.

    Attributes:
        closing_balance: Of all accounts together.

        balance_threshold_x: Belvo's choice for the country.
    """

    closing_balance: Decimal | None = None
    min_balance_3d: Decimal | None = None
    min_balance_1w: Decimal | None = None
    min_balance_1m: Decimal | None = None
    min_balance_3m: Decimal | None = None
    min_balance_6m: Decimal | None = None
    min_balance_12m: Decimal | None = None
    mean_balance_3d: Decimal | None = None
    mean_balance_1w: Decimal | None = None
    mean_balance_1m: Decimal | None = None
    mean_balance_3m: Decimal | None = None
    mean_balance_6m: Decimal | None = None
    mean_balance_12m: Decimal | None = None
    max_balance_3d: Decimal | None = None
    max_balance_1w: Decimal | None = None
    max_balance_1m: Decimal | None = None
    max_balance_3m: Decimal | None = None
    max_balance_6m: Decimal | None = None
    max_balance_12m: Decimal | None = None
    std_balance_3d: Decimal | None = None
    std_balance_1w: Decimal | None = None
    std_balance_1m: Decimal | None = None
    std_balance_3m: Decimal | None = None
    std_balance_6m: Decimal | None = None
    std_balance_12m: Decimal | None = None
    balance_trend_3d: Decimal | None = None
    balance_trend_1w: Decimal | None = None
    balance_trend_1m: Decimal | None = None
    balance_trend_3m: Decimal | None = None
    balance_trend_6m: Decimal | None = None
    balance_trend_12m: Decimal | None = None
    days_balance_below_0_3d: int | None = None
    days_balance_below_0_1w: int | None = None
    days_balance_below_0_1m: int | None = None
    days_balance_below_0_3m: int | None = None
    days_balance_below_0_6m: int | None = None
    days_balance_below_0_12m: int | None = None
    days_balance_below_mean_3d: int | None = None
    days_balance_below_mean_1w: int | None = None
    days_balance_below_mean_1m: int | None = None
    days_balance_below_mean_3m: int | None = None
    days_balance_below_mean_6m: int | None = None
    days_balance_below_mean_12m: int | None = None
    days_balance_below_x_3d: int | None = None
    days_balance_below_x_1w: int | None = None
    days_balance_below_x_1m: int | None = None
    days_balance_below_x_3m: int | None = None
    days_balance_below_x_6m: int | None = None
    days_balance_below_x_12m: int | None = None
    balance_threshold_x: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsTransactionMetrics:
    """
    Figures about transactions on all accounts.

    `num` counts them, with `max` and `mean` for a day; an `amount` is of money: the `sum` of all, the `max` and
    the `mean` of one.

    Attributes:
        days_history: How many days before the request the first transaction was.
    """

    num_transactions_3d: int | None = None
    num_transactions_1w: int | None = None
    num_transactions_1m: int | None = None
    num_transactions_3m: int | None = None
    num_transactions_6m: int | None = None
    num_transactions_12m: int | None = None
    max_num_transactions_3d: int | None = None
    max_num_transactions_1w: int | None = None
    max_num_transactions_1m: int | None = None
    max_num_transactions_3m: int | None = None
    max_num_transactions_6m: int | None = None
    max_num_transactions_12m: int | None = None
    mean_num_transactions_3d: Decimal | None = None
    mean_num_transactions_1w: Decimal | None = None
    mean_num_transactions_1m: Decimal | None = None
    mean_num_transactions_3m: Decimal | None = None
    mean_num_transactions_6m: Decimal | None = None
    mean_num_transactions_12m: Decimal | None = None
    num_incoming_transactions_3d: int | None = None
    num_incoming_transactions_1w: int | None = None
    num_incoming_transactions_1m: int | None = None
    num_incoming_transactions_3m: int | None = None
    num_incoming_transactions_6m: int | None = None
    num_incoming_transactions_12m: int | None = None
    max_num_incoming_transactions_3d: int | None = None
    max_num_incoming_transactions_1w: int | None = None
    max_num_incoming_transactions_1m: int | None = None
    max_num_incoming_transactions_3m: int | None = None
    max_num_incoming_transactions_6m: int | None = None
    max_num_incoming_transactions_12m: int | None = None
    mean_num_incoming_transactions_3d: Decimal | None = None
    mean_num_incoming_transactions_1w: Decimal | None = None
    mean_num_incoming_transactions_1m: Decimal | None = None
    mean_num_incoming_transactions_3m: Decimal | None = None
    mean_num_incoming_transactions_6m: Decimal | None = None
    mean_num_incoming_transactions_12m: Decimal | None = None
    sum_incoming_amount_3d: Decimal | None = None
    sum_incoming_amount_1w: Decimal | None = None
    sum_incoming_amount_1m: Decimal | None = None
    sum_incoming_amount_3m: Decimal | None = None
    sum_incoming_amount_6m: Decimal | None = None
    sum_incoming_amount_12m: Decimal | None = None
    max_incoming_amount_3d: Decimal | None = None
    max_incoming_amount_1w: Decimal | None = None
    max_incoming_amount_1m: Decimal | None = None
    max_incoming_amount_3m: Decimal | None = None
    max_incoming_amount_6m: Decimal | None = None
    max_incoming_amount_12m: Decimal | None = None
    mean_incoming_amount_3d: Decimal | None = None
    mean_incoming_amount_1w: Decimal | None = None
    mean_incoming_amount_1m: Decimal | None = None
    mean_incoming_amount_3m: Decimal | None = None
    mean_incoming_amount_6m: Decimal | None = None
    mean_incoming_amount_12m: Decimal | None = None
    num_outgoing_transactions_3d: int | None = None
    num_outgoing_transactions_1w: int | None = None
    num_outgoing_transactions_1m: int | None = None
    num_outgoing_transactions_3m: int | None = None
    num_outgoing_transactions_6m: int | None = None
    num_outgoing_transactions_12m: int | None = None
    max_num_outgoing_transactions_3d: int | None = None
    max_num_outgoing_transactions_1w: int | None = None
    max_num_outgoing_transactions_1m: int | None = None
    max_num_outgoing_transactions_3m: int | None = None
    max_num_outgoing_transactions_6m: int | None = None
    max_num_outgoing_transactions_12m: int | None = None
    mean_num_outgoing_transactions_3d: Decimal | None = None
    mean_num_outgoing_transactions_1w: Decimal | None = None
    mean_num_outgoing_transactions_1m: Decimal | None = None
    mean_num_outgoing_transactions_3m: Decimal | None = None
    mean_num_outgoing_transactions_6m: Decimal | None = None
    mean_num_outgoing_transactions_12m: Decimal | None = None
    sum_outgoing_amount_3d: Decimal | None = None
    sum_outgoing_amount_1w: Decimal | None = None
    sum_outgoing_amount_1m: Decimal | None = None
    sum_outgoing_amount_3m: Decimal | None = None
    sum_outgoing_amount_6m: Decimal | None = None
    sum_outgoing_amount_12m: Decimal | None = None
    max_outgoing_amount_3d: Decimal | None = None
    max_outgoing_amount_1w: Decimal | None = None
    max_outgoing_amount_1m: Decimal | None = None
    max_outgoing_amount_3m: Decimal | None = None
    max_outgoing_amount_6m: Decimal | None = None
    max_outgoing_amount_12m: Decimal | None = None
    mean_outgoing_amount_3d: Decimal | None = None
    mean_outgoing_amount_1w: Decimal | None = None
    mean_outgoing_amount_1m: Decimal | None = None
    mean_outgoing_amount_3m: Decimal | None = None
    mean_outgoing_amount_6m: Decimal | None = None
    mean_outgoing_amount_12m: Decimal | None = None
    days_without_transactions_3d: int | None = None
    days_without_transactions_1w: int | None = None
    days_without_transactions_1m: int | None = None
    days_without_transactions_3m: int | None = None
    days_without_transactions_6m: int | None = None
    days_without_transactions_12m: int | None = None
    days_since_last_transaction: int | None = None
    days_since_last_incoming_transaction: int | None = None
    days_since_last_outgoing_transaction: int | None = None
    days_history: int | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsCashflowMetrics:
    """
    Figures about what came in and went out, transfers between the user's own accounts left out.

    A ratio is of `sum_positive` to `sum_negative`: above 1, more came in than went out.
    """

    max_positive_3d: Decimal | None = None
    max_positive_1w: Decimal | None = None
    max_positive_1m: Decimal | None = None
    max_positive_3m: Decimal | None = None
    max_positive_6m: Decimal | None = None
    max_positive_12m: Decimal | None = None
    max_negative_3d: Decimal | None = None
    max_negative_1w: Decimal | None = None
    max_negative_1m: Decimal | None = None
    max_negative_3m: Decimal | None = None
    max_negative_6m: Decimal | None = None
    max_negative_12m: Decimal | None = None
    mean_positive_3d: Decimal | None = None
    mean_positive_1w: Decimal | None = None
    mean_positive_1m: Decimal | None = None
    mean_positive_3m: Decimal | None = None
    mean_positive_6m: Decimal | None = None
    mean_positive_12m: Decimal | None = None
    mean_negative_3d: Decimal | None = None
    mean_negative_1w: Decimal | None = None
    mean_negative_1m: Decimal | None = None
    mean_negative_3m: Decimal | None = None
    mean_negative_6m: Decimal | None = None
    mean_negative_12m: Decimal | None = None
    sum_positive_3d: Decimal | None = None
    sum_positive_1w: Decimal | None = None
    sum_positive_1m: Decimal | None = None
    sum_positive_3m: Decimal | None = None
    sum_positive_6m: Decimal | None = None
    sum_positive_12m: Decimal | None = None
    sum_positive_trend_3d: Decimal | None = None
    sum_positive_trend_1w: Decimal | None = None
    sum_positive_trend_1m: Decimal | None = None
    sum_positive_trend_3m: Decimal | None = None
    sum_positive_trend_6m: Decimal | None = None
    sum_positive_trend_12m: Decimal | None = None
    sum_negative_3d: Decimal | None = None
    sum_negative_1w: Decimal | None = None
    sum_negative_1m: Decimal | None = None
    sum_negative_3m: Decimal | None = None
    sum_negative_6m: Decimal | None = None
    sum_negative_12m: Decimal | None = None
    sum_negative_trend_3d: Decimal | None = None
    sum_negative_trend_1w: Decimal | None = None
    sum_negative_trend_1m: Decimal | None = None
    sum_negative_trend_3m: Decimal | None = None
    sum_negative_trend_6m: Decimal | None = None
    sum_negative_trend_12m: Decimal | None = None
    positive_to_negative_ratio_3d: Decimal | None = None
    positive_to_negative_ratio_1w: Decimal | None = None
    positive_to_negative_ratio_1m: Decimal | None = None
    positive_to_negative_ratio_3m: Decimal | None = None
    positive_to_negative_ratio_6m: Decimal | None = None
    positive_to_negative_ratio_12m: Decimal | None = None
    net_cashflow_3d: Decimal | None = None
    net_cashflow_1w: Decimal | None = None
    net_cashflow_1m: Decimal | None = None
    net_cashflow_3m: Decimal | None = None
    net_cashflow_6m: Decimal | None = None
    net_cashflow_12m: Decimal | None = None
    net_cashflow_trend_3d: Decimal | None = None
    net_cashflow_trend_1w: Decimal | None = None
    net_cashflow_trend_1m: Decimal | None = None
    net_cashflow_trend_3m: Decimal | None = None
    net_cashflow_trend_6m: Decimal | None = None
    net_cashflow_trend_12m: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsightsCategoryMetrics:
    """
    Figures about the transactions of one category.

    Attributes:
        net_amount_3m: What came in, less what went out.

        category_inflow_ratio_3m: `net_amount_3m` as a fraction of all that came in; `None` if nothing did.

        trend_3m: Of the net amount.
    """

    category: TransactionCategory | None = None
    subcategory: TransactionSubcategory | None = None
    net_amount_3m: Decimal | None = None
    category_inflow_ratio_3m: Decimal | None = None
    trend_3m: Decimal | None = None


@attrs.frozen(kw_only=True)
class RiskInsights:
    """
    All figures about the accounts of one link.

    Attributes:
        link: `Link.id`.

        accounts: `Account.id` of each account that was looked at.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/risk-insights

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    accounts: tuple[str, ...] | None = None
    assets_metrics: RiskInsightsAssetMetrics | None = None
    credit_cards_metrics: RiskInsightsCreditCardMetrics | None = None
    loans_metrics: RiskInsightsLoansMetrics | None = None
    balances_metrics: RiskInsightsBalanceMetrics | None = None
    transactions_metrics: RiskInsightsTransactionMetrics | None = None
    cashflow_metrics: RiskInsightsCashflowMetrics | None = None
    category_metrics: tuple[RiskInsightsCategoryMetrics, ...] | None = None
