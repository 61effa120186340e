"""Decide which statements each route needs: a statement-level slice of each module that it reaches."""

from .plan import Kept, ModuleSlice, Plan, RoutePlan
from .routes import plan_routes

__all__ = ["Kept", "ModuleSlice", "Plan", "RoutePlan", "plan_routes"]
