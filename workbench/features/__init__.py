"""Features that know nothing of the future: built from the as-of view only, one small file per warning sign."""

from workbench.features.catalogue import CATEGORIES as CATEGORIES
from workbench.features.catalogue import FEATURES as FEATURES
from workbench.features.catalogue import ROOMS as ROOMS
from workbench.features.catalogue import SAMPLE_CUSTOMERS as SAMPLE_CUSTOMERS
from workbench.features.catalogue import dictionary as dictionary
from workbench.features.catalogue import read_words as read_words
from workbench.features.catalogue import usable_features as usable_features
from workbench.features.catalogue import worries as worries
from workbench.features.categories import build_categories as build_categories
from workbench.features.declare import Aggregate as Aggregate
from workbench.features.declare import Category as Category
from workbench.features.declare import Column as Column
from workbench.features.declare import Feature as Feature
from workbench.features.declare import Words as Words
from workbench.features.declare import columns as columns
from workbench.features.own import read_own as read_own
from workbench.features.panel import build_features as build_features
from workbench.features.panel import feature_batches as feature_batches
from workbench.features.panel import unknown_windows as unknown_windows
from workbench.features.panel_drift import drift as drift
from workbench.features.suspects import STOP_AUC as STOP_AUC
from workbench.features.suspects import WARN_AUC as WARN_AUC
from workbench.features.suspects import leaks as leaks
from workbench.features.suspects import refuse_leaks as refuse_leaks
from workbench.features.usage import KEY_FEATURES as KEY_FEATURES
from workbench.features.usage import key_features as key_features
