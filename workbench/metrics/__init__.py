"""Retention metrics over a period, each with its definition, its numbers and a 95 % interval."""

from workbench.metrics.bridge import customer_bridge as customer_bridge
from workbench.metrics.bridge import mrr_bridge as mrr_bridge
from workbench.metrics.definitions import Metric as Metric
from workbench.metrics.definitions import ratio_of_sums as ratio_of_sums
from workbench.metrics.definitions import share as share
from workbench.metrics.population import by_segment as by_segment
from workbench.metrics.retention import churn_by_period as churn_by_period
from workbench.metrics.retention import churn_rate as churn_rate
from workbench.metrics.retention import cohort_retention as cohort_retention
from workbench.metrics.retention import cohorts as cohorts
from workbench.metrics.retention import life_cohorts as life_cohorts
from workbench.metrics.retention import movements as movements
from workbench.metrics.retention import renewal_churn as renewal_churn
from workbench.metrics.retention import repeat_purchase_rate as repeat_purchase_rate
from workbench.metrics.retention import rescale as rescale
from workbench.metrics.retention import retention_rate as retention_rate
from workbench.metrics.retention import return_rate as return_rate
from workbench.metrics.revenue import gross_revenue_retention as gross_revenue_retention
from workbench.metrics.revenue import mrr as mrr
from workbench.metrics.revenue import mrr_movements as mrr_movements
from workbench.metrics.revenue import net_revenue_retention as net_revenue_retention
