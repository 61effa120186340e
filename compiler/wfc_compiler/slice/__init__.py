"""Decide which statements each route needs: a statement-level slice of each module that it reaches."""

from .known import Known
from .plan import Kept, ModuleSlice, Plan, RoutePlan
from .routes import Some, plan_routes

__all__ = ["Kept", "Known", "ModuleSlice", "Plan", "RoutePlan", "Some", "plan_routes"]
