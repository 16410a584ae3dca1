"""A simulated company with known causes of churn: every table of the contract, and the truth beside it."""

from workbench.demo.company import Simulated, simulate

__all__ = ["Simulated", "simulate"]
