"""Named groups of customers, and the numbers of each."""

from workbench.segments.conditions import Condition as Condition
from workbench.segments.conditions import condition as condition
from workbench.segments.conditions import hold_each as hold_each
from workbench.segments.customer_base import compare_segments as compare_segments
from workbench.segments.customer_base import customer_base as customer_base
from workbench.segments.customer_base import past_base as past_base
from workbench.segments.customer_base import revenue_of_a_year as revenue_of_a_year
from workbench.segments.customer_base import segment_titles as segment_titles
from workbench.segments.customer_base import static_segmentations as static_segmentations
from workbench.segments.named_rules import Segmentation as Segmentation
from workbench.segments.named_rules import check_segments as check_segments
from workbench.segments.named_rules import own_segments as own_segments
from workbench.segments.named_rules import read_segments as read_segments
from workbench.segments.named_rules import segment_moves as segment_moves
from workbench.segments.segmentation import REPORTED as REPORTED
from workbench.segments.segmentation import STATIC as STATIC
from workbench.segments.segmentation import as_grouped as as_grouped
from workbench.segments.segmentation import observed_churn as observed_churn
from workbench.segments.segmentation import segment_all as segment_all
from workbench.segments.segmentation import segment_history as segment_history
from workbench.segments.segmentation import segment_report as segment_report
from workbench.segments.segmentation import static_segment as static_segment
from workbench.segments.value_report import Value as Value
from workbench.segments.value_report import value_report as value_report
