"""Retention metrics over a period, each with its definition, its numbers and a 95 % interval."""

from workbench.metrics.definitions import Metric as Metric
from workbench.metrics.definitions import ratio_of_sums as ratio_of_sums
from workbench.metrics.definitions import share as share
from workbench.metrics.retention import churn_by_period as churn_by_period
from workbench.metrics.retention import churn_rate as churn_rate
from workbench.metrics.retention import cohort_retention as cohort_retention
from workbench.metrics.retention import cohorts as cohorts
from workbench.metrics.retention import life_cohorts as life_cohorts
from workbench.metrics.retention import movements as movements
from workbench.metrics.retention import repeat_purchase_rate as repeat_purchase_rate
from workbench.metrics.retention import retention_rate as retention_rate
from workbench.metrics.retention import return_rate as return_rate
