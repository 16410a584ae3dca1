"""Every chart of notebooks and report: figures of given tables, with no arithmetic of their own."""

from workbench.charts.figures import BLUE as BLUE
from workbench.charts.figures import KINDS as KINDS
from workbench.charts.figures import ORANGE as ORANGE
from workbench.charts.figures import SERIES as SERIES
from workbench.charts.figures import calibration as calibration
from workbench.charts.figures import churn_by_period as churn_by_period
from workbench.charts.figures import cohort_heatmap as cohort_heatmap
from workbench.charts.figures import comeback_curve as comeback_curve
from workbench.charts.figures import draw as draw
from workbench.charts.figures import driver_bars as driver_bars
from workbench.charts.figures import feature_by_kind as feature_by_kind
from workbench.charts.figures import incidence as incidence
from workbench.charts.figures import kinds_by_month as kinds_by_month
from workbench.charts.figures import medians_over_time as medians_over_time
from workbench.charts.figures import mrr_bridge as mrr_bridge
from workbench.charts.figures import segment_churn as segment_churn
from workbench.charts.figures import style as style
from workbench.charts.figures import survival_curves as survival_curves
